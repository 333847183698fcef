using System.Text.Json;

namespace Sallyport.Evidence.Records;

/// <summary>The grants that somebody asked for, as records of commands name them.</summary>
internal static class AccessGrants
{
    /// <summary>What the names of such grants begin with; those of the configuration cannot.</summary>
    private const string Prefix = "gr_";

    /// <summary>The grants an intent ran by: the one that opened it, and those that showed it columns unmasked.</summary>
    public static IEnumerable<string> UsedBy(RecordLine intent)
    {
        var shown = intent.Items("unmasked").Select(static item =>
            item.ValueKind == JsonValueKind.Object && item.TryGetProperty("grant", out var grant) && grant.ValueKind == JsonValueKind.String ? grant.GetString()! : "");
        var opened = intent.Text("grant");
        return shown.Where(static grant => grant.StartsWith(Prefix, StringComparison.Ordinal)).Concat(opened.Length > 0 ? [opened] : []).Distinct(StringComparer.Ordinal);
    }
}
