using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>The untyped packets that open a connection (PostgreSQL docs, "Message Formats").</summary>
internal static class StartupMessages
{
    private const int ProtocolVersion30 = 3 << 16;
    private const int CancelRequestCode = 80877102;
    private const int SslRequestCode = 80877103;

    public static byte[] SslRequest() => Packet(static buffer => buffer.Int32(SslRequestCode));

    public static byte[] CancelRequest(BackendKey key) =>
        Packet(buffer => buffer.Int32(CancelRequestCode).Int32(key.ProcessId).Bytes(key.Secret.Span));

    /// <exception cref="ArgumentException">A parameter is one that only the target's configuration may set, or holds a NUL.</exception>
    public static byte[] Startup(string user, string database, IReadOnlyList<KeyValuePair<string, string>> parameters) => Packet(buffer =>
    {
        buffer.Int32(ProtocolVersion30).CString("user"u8).CString(user).CString("database"u8).CString(database);
        foreach (var (name, value) in parameters)
        {
            if (name is "user" or "database" or "replication" or "" || name.Contains('\0') || value.Contains('\0'))
            {
                throw new ArgumentException($"The start-up parameter '{name}' is not allowed.", nameof(parameters));
            }

            buffer.CString(name).CString(value);
        }

        buffer.Byte(0);
    });

    private static byte[] Packet(Action<MessageBuffer> write)
    {
        var buffer = new MessageBuffer();
        try
        {
            buffer.Int32(0);
            write(buffer);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(buffer.At(0, sizeof(int)), buffer.Length);
            return buffer.Written.ToArray();
        }
        finally
        {
            buffer.Clear();
        }
    }
}
