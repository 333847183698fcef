using System.Buffers;
using System.Globalization;
using System.Text;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>A record as a syslog message (RFC 5424), and its frame (RFC 5425: octet counting).</summary>
internal static class SyslogMessage
{
    /// <summary>The number of an enterprise in structured data: the one reserved for examples (RFC 5612), until there is one of our own.</summary>
    public const string Enterprise = "32473";

    // "security/authorization messages" that are not for everybody.
    private const int Facility = 10;
    private const int MaxHostBytes = 255;
    private const int MaxProcessBytes = 128;
    private const int MaxKindBytes = 32;
    private const char FirstPrintable = '!';
    private const char LastPrintable = '~';

    private static readonly string[] Shown =
        ["class", "decision", "rule", "reason", "status", "sqlstate", "rows", "approval", "request", "grant", "by", "pol", "role", "export", "state"];

    /// <summary>Appends <c>LENGTH SP MESSAGE</c>.</summary>
    public static void WriteFrame(ArrayBufferWriter<byte> output, ExportFormat format, string origin, ExportedRecord record)
    {
        var message = Compose(format, origin, record);
        output.Write(Encoding.ASCII.GetBytes(message.Length.ToString(CultureInfo.InvariantCulture) + " "));
        output.Write(message);
    }

    public static byte[] Compose(ExportFormat format, string origin, ExportedRecord record)
    {
        var line = record.Line;
        var header = line.Header;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"<{Facility * 8 + SeverityOf(RecordMeaning.GravityOf(line))}>1 {header.Time} ");
        text.Append(Printable(header.Node, MaxHostBytes)).Append(" sallyport ").Append(Printable(header.Boot, MaxProcessBytes)).Append(' ');
        text.Append(Printable(header.Kind, MaxKindBytes)).Append(" [sallyport@").Append(Enterprise);
        Parameter(text, "origin", origin);
        Parameter(text, "index", record.Index.ToString(CultureInfo.InvariantCulture));
        Parameter(text, "leaf", record.Hash);
        Parameter(text, "session", RecordMeaning.SessionOf(line));
        Parameter(text, "sub", header.Subject);
        Parameter(text, "agent", header.Agent);
        Parameter(text, "target", RecordMeaning.TargetOf(line));
        foreach (var name in Shown)
        {
            Parameter(text, name, line.Integer(name)?.ToString(CultureInfo.InvariantCulture) ?? line.Text(name));
        }
        text.Append("] ");
        return format == ExportFormat.Cef
            ? Encoding.UTF8.GetBytes(text.Append(CefMessage.Compose(origin, record)).ToString())
            : [.. Encoding.UTF8.GetBytes(text.ToString()), .. record.Leaf.Span];
    }

    private static int SeverityOf(Gravity gravity) => gravity switch
    {
        Gravity.Error => 3,
        Gravity.Warning => 4,
        Gravity.Notice => 5,
        _ => 6,
    };

    private static void Parameter(StringBuilder text, string name, string value)
    {
        if (value.Length == 0)
        {
            return;
        }
        text.Append(' ').Append(name).Append("=\"");
        foreach (var character in value)
        {
            if (character is '"' or '\\' or ']')
            {
                text.Append('\\');
            }
            text.Append(char.IsControl(character) ? '?' : character);
        }
        text.Append('"');
    }

    /// <summary>PRINTUSASCII of the specification; <c>-</c> for nothing.</summary>
    private static string Printable(string value, int maxBytes)
    {
        var kept = value.Length <= maxBytes ? value : value[..maxBytes];
        return kept.Length == 0 ? "-" : string.Concat(kept.Select(character => character is >= FirstPrintable and <= LastPrintable ? character : '?'));
    }
}
