using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace Sallyport.Gateway.Exports;

/// <summary>A record in ArcSight's Common Event Format, version 0: seven fields between pipes, then <c>key=value</c> pairs.</summary>
internal static class CefMessage
{
    private static readonly string Version = typeof(CefMessage).Assembly.GetName().Version?.ToString(3) ?? "0";

    public static string Compose(string origin, ExportedRecord record)
    {
        var line = record.Line;
        var text = new StringBuilder("CEF:0|Sallyport|Sallyport|");
        text.Append(Header(Version)).Append('|').Append(Header(line.Kind)).Append('|').Append(Header(RecordTitles.Of(line.Kind))).Append('|');
        text.Append(SeverityOf(RecordMeaning.GravityOf(line)).ToString(CultureInfo.InvariantCulture)).Append('|');
        var separator = "";
        Add("rt", RecordMeaning.TimeOf(line).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
        Add("externalId", string.Create(CultureInfo.InvariantCulture, $"{origin}/{record.Index}"));
        Add("dvchost", line.Header.Node);
        Add("suid", RecordMeaning.WhoOf(line));
        Add("sproc", line.Header.Agent);
        Add(IPAddress.TryParse(line.Text("client"), out _) ? "src" : "", line.Text("client"));
        Add("destinationServiceName", RecordMeaning.TargetOf(line));
        Add("cat", line.Text("class"));
        Add("act", line.Text("action").Length > 0 ? line.Text("action") : line.Text("decision"));
        Add("outcome", RecordMeaning.Succeeded(line) switch { true => "success", false => "failure", null => "" });
        Add("reason", RecordMeaning.Why(line));
        Add("duid", line.Text("by"));
        Labelled("cs1", "template", line.Text("tmpl"));
        Labelled("cs2", "rule", line.Text("rule"));
        Labelled("cs3", "leaf", record.Hash);
        Labelled("cs4", "session", RecordMeaning.SessionOf(line));
        Labelled("cs5", "objects", string.Join(' ', line.Items("objects").Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString())));
        Labelled("cs6", "policy", line.Text("pol"));
        Labelled("cn1", "rows", line.Integer("rows")?.ToString(CultureInfo.InvariantCulture) ?? "");
        return text.ToString();

        void Add(string key, string value)
        {
            if (key.Length > 0 && value.Length > 0)
            {
                text.Append(separator).Append(key).Append('=').Append(Value(value));
                separator = " ";
            }
        }

        void Labelled(string key, string label, string value)
        {
            Add(value.Length > 0 ? key + "Label" : "", label);
            Add(key, value);
        }
    }

    /// <summary>Pipes and backslashes are escaped; a header has one line.</summary>
    public static string Header(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ').Replace('\r', ' ');

    /// <summary>Backslashes, equals signs and line ends are escaped.</summary>
    public static string Value(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("=", "\\=", StringComparison.Ordinal)
        .Replace("\r", "\\r", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal);

    private static int SeverityOf(Gravity gravity) => gravity switch
    {
        Gravity.Error => 9,
        Gravity.Warning => 7,
        Gravity.Notice => 4,
        _ => 2,
    };
}
