using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Two readings of one text. After DDL or a change of the search path the server may use an old reading of a prepared statement or make a new
/// one, and shows which only when it is too late: so whatever is judged and masked is judged and masked for both.
/// </summary>
internal static class Readings
{
    /// <summary>Both readings in one, or null when they do not have the same number of columns.</summary>
    public static StatementAnalysis? Join(StatementAnalysis before, StatementAnalysis now)
    {
        if (before.OutputCount != now.OutputCount)
        {
            return null;
        }

        return now with
        {
            Class = (CommandClass)Math.Max((int)before.Class, (int)now.Class),
            Effects = before.Effects | now.Effects,
            Unbounded = before.Unbounded || now.Unbounded,
            TouchesPhi = before.TouchesPhi || now.TouchesPhi,
            Relations = [.. before.Relations.Union(now.Relations)],
            Functions = [.. before.Functions.Union(now.Functions, StringComparer.Ordinal)],
            PhiColumns = [.. before.PhiColumns.Union(now.PhiColumns, StringComparer.Ordinal)],
            Unmasked = [.. before.Unmasked.Union(now.Unmasked)],
            Outputs = [.. before.Outputs.Zip(now.Outputs, Join)],
            Inferences = before.Inferences.Length == now.Inferences.Length ? now.Inferences : [.. before.Inferences, .. now.Inferences],
        };
    }

    private static OutputColumn Join(OutputColumn before, OutputColumn now)
    {
        if (before.Tag is null || now.Tag is null)
        {
            return now.Tag is null ? before : now;
        }

        // Two stored columns under one name: only a constant fits both.
        return now with { IsDerived = before.IsDerived || now.IsDerived || before.Source != now.Source || before.Tag != now.Tag };
    }
}
