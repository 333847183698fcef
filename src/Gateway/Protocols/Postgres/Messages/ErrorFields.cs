using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>Reads and writes the fields of ErrorResponse and NoticeResponse (PostgreSQL docs, "Error and Notice Message Fields").</summary>
internal static class ErrorFields
{
    public const byte Severity = (byte)'S';
    public const byte SeverityNonLocalized = (byte)'V';
    public const byte Code = (byte)'C';
    public const byte Message = (byte)'M';
    public const byte Detail = (byte)'D';
    public const byte Hint = (byte)'H';
    public const byte Context = (byte)'W';
    public const byte SchemaName = (byte)'s';
    public const byte TableName = (byte)'t';
    public const byte Position = (byte)'P';
    public const byte Routine = (byte)'R';

    /// <summary>The value of <paramref name="field"/>, or empty when the message lacks it.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> body, byte field)
    {
        var reader = new MessageReader(body);
        while (true)
        {
            var type = reader.Byte();
            if (type == 0)
            {
                return default;
            }

            var value = reader.CString();
            if (type == field)
            {
                return value;
            }
        }
    }

    /// <summary>The SQLSTATE of an error, or XX000 when it is missing or malformed.</summary>
    public static string SqlState(ReadOnlySpan<byte> body)
    {
        var code = Find(body, Code);
        return code.Length == 5 ? Encoding.ASCII.GetString(code) : "XX000";
    }

    /// <summary>Appends one ErrorResponse or NoticeResponse.</summary>
    public static void Write(MessageBuffer output, byte messageType, string severity, string sqlState, string message, string detail = "", string hint = "")
    {
        output.Begin(messageType);
        output.Byte(Severity).CString(severity);
        output.Byte(SeverityNonLocalized).CString(severity);
        output.Byte(Code).CString(sqlState);
        output.Byte(Message).CString(message);
        if (detail.Length > 0)
        {
            output.Byte(Detail).CString(detail);
        }

        if (hint.Length > 0)
        {
            output.Byte(Hint).CString(hint);
        }

        output.Byte(0).End();
    }

    /// <summary>One whole ErrorResponse message.</summary>
    public static byte[] Error(string sqlState, string message, string detail = "", string hint = "", string severity = "ERROR")
    {
        var buffer = new MessageBuffer();
        Write(buffer, BackendMessage.ErrorResponse, severity, sqlState, message, detail, hint);
        var bytes = buffer.Written.ToArray();
        buffer.Clear();
        return bytes;
    }

    /// <summary>One whole NoticeResponse of severity WARNING.</summary>
    public static byte[] Warning(string sqlState, string message)
    {
        var buffer = new MessageBuffer();
        Write(buffer, BackendMessage.NoticeResponse, "WARNING", sqlState, message);
        var bytes = buffer.Written.ToArray();
        buffer.Clear();
        return bytes;
    }

    /// <summary>The same ErrorResponse with its position, a count of characters from 1, moved; without one where it counts in a text the client never sent.</summary>
    /// <param name="message">The whole message.</param>
    /// <param name="characters">How far to move it; null to take it away.</param>
    public static byte[] MovePosition(byte[] message, int? characters)
    {
        var reader = new MessageReader(message.AsSpan(5));
        var moved = new MessageBuffer();
        moved.Begin(message[0]);
        for (var field = reader.Byte(); field != 0; field = reader.Byte())
        {
            var value = reader.CString();
            if (field != Position)
            {
                moved.Byte(field).CString(value);
            }
            else if (characters is { } by && System.Buffers.Text.Utf8Parser.TryParse(value, out int position, out _))
            {
                moved.Byte(field).CString((position + by).ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        moved.Byte(0).End();
        var bytes = moved.Written.ToArray();
        moved.Clear();
        return bytes;
    }

    /// <summary>
    /// What a client may see of an error that could carry stored values: its severity, a code and a sentence of ours. Message, detail, hint, context,
    /// positions, the internal query and the names of objects are the server's and stay behind.
    /// </summary>
    public static void WriteScrubbed(MessageBuffer output, ReadOnlySpan<byte> body, string sqlState, string sentence)
    {
        var severity = Encoding.ASCII.GetString(Find(body, SeverityNonLocalized));
        Write(
            output,
            BackendMessage.ErrorResponse,
            severity is "FATAL" or "PANIC" ? severity : "ERROR",
            sqlState,
            $"{sentence} (the server's own text is withheld, because tagged columns are in use)",
            hint: "Statements that touch no tagged column keep their full error text.");
    }
}
