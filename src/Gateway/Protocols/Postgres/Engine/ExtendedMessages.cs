using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Takes the bodies of extended-query messages apart (Bind is <see cref="BindParts"/>). What is malformed is a <see cref="PostgresProtocolException"/>.</summary>
internal static class ExtendedMessages
{
    public static void ReadParse(ReadOnlyMemory<byte> body, out string name, out ReadOnlyMemory<byte> text, out ReadOnlyMemory<byte> types)
    {
        var reader = new MessageReader(body.Span);
        name = Encoding.UTF8.GetString(reader.CString());
        var start = reader.Position;
        text = body.Slice(start, reader.CString().Length);
        types = body[reader.Position..];
        var count = reader.Int16();
        if (count < 0 || reader.Rest.Length != count * 4)
        {
            throw new PostgresProtocolException("a parse message has another length than its parameter types");
        }
    }

    public static void ReadTarget(ReadOnlySpan<byte> body, out byte kind, out string name)
    {
        var reader = new MessageReader(body);
        kind = reader.Byte();
        name = Encoding.UTF8.GetString(reader.CString());
        if (kind is not ((byte)'S' or (byte)'P'))
        {
            throw new PostgresProtocolException("a message names neither a statement nor a portal");
        }
    }

    public static void ReadExecute(ReadOnlySpan<byte> body, out string name, out int maxRows)
    {
        var reader = new MessageReader(body);
        name = Encoding.UTF8.GetString(reader.CString());
        maxRows = reader.Int32();
    }
}
