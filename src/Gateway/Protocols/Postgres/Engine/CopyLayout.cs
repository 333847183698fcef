using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>How the rows of a COPY TO STDOUT that the gateway writes itself look (PostgreSQL docs, "COPY", "File Formats").</summary>
internal sealed record CopyLayout
{
    public required CopyFormat Format { get; init; }

    public required byte Delimiter { get; init; }

    public required byte[] Null { get; init; }

    public required byte Quote { get; init; }

    public required byte Escape { get; init; }

    /// <summary>One entry for each column.</summary>
    public required bool[] ForceQuote { get; init; }

    /// <summary>The messages in front of the first row: CopyOutResponse, and the header line where there is one.</summary>
    public byte[] Opening { get; init; } = [];

    /// <summary>The layout that options say, or null when they are not ones this can write.</summary>
    /// <param name="settings">The options as the client wrote them.</param>
    /// <param name="columns">The names of the copied columns.</param>
    public static CopyLayout? Of(CopySettings settings, IReadOnlyList<string> columns)
    {
        var isCsv = settings.Format == CopyFormat.Csv;
        var isTextWithQuotes = !isCsv && (settings.Quote is not null || settings.Escape is not null);
        if (!settings.IsReadable || isTextWithQuotes || OneByte(settings.Delimiter, isCsv ? "," : "\t") is not { } delimiter
            || OneByte(settings.Quote, "\"") is not { } quote || OneByte(settings.Escape, ((char)quote).ToString()) is not { } escape)
        {
            return null;
        }

        return new CopyLayout
        {
            Format = settings.Format,
            Delimiter = delimiter,
            Null = System.Text.Encoding.UTF8.GetBytes(settings.Null ?? (isCsv ? "" : "\\N")),
            Quote = quote,
            Escape = escape,
            ForceQuote = ForcedOf(settings, columns),
        };
    }

    /// <summary>A CopyOutResponse for so many columns.</summary>
    public static byte[] Response(CopyFormat format, int columns)
    {
        var code = (short)(format == CopyFormat.Binary ? 1 : 0);
        var buffer = new MessageBuffer();
        buffer.Begin(BackendMessage.CopyOutResponse).Byte((byte)code).Int16((short)columns);
        for (var i = 0; i < columns; i++)
        {
            buffer.Int16(code);
        }

        buffer.End();
        var bytes = buffer.Written.ToArray();
        buffer.Clear();
        return bytes;
    }

    /// <summary>As the server does, a name stands for the first column that has it.</summary>
    private static bool[] ForcedOf(CopySettings settings, IReadOnlyList<string> columns)
    {
        var forced = new bool[columns.Count];
        Array.Fill(forced, settings.ForcesAllQuotes);
        foreach (var name in settings.ForceQuote)
        {
            for (var i = 0; i < forced.Length; i++)
            {
                if (string.Equals(columns[i], name, StringComparison.Ordinal))
                {
                    forced[i] = true;
                    break;
                }
            }
        }

        return forced;
    }

    private static byte? OneByte(string? value, string otherwise) => (value ?? otherwise) is [< (char)128 and var one] ? (byte)one : null;
}
