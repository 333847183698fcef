using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sallyport.EndToEnd.Support;

/// <summary>A client that sends exactly the bytes a test wants (PostgreSQL documentation, "Message Formats").</summary>
internal sealed class RawClient : IDisposable
{
    private const int MaxMessageBytes = 64 * 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private Stream _stream = Stream.Null;

    private RawClient()
    {
    }

    public static async Task<RawClient> ConnectAsync(int port)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, port);
        client._stream = new NetworkStream(client._socket, ownsSocket: false);
        return client;
    }

    /// <summary>Connects, signs in with a token and reads to the first ReadyForQuery.</summary>
    public static async Task<RawClient> SignInAsync(int port, string token, string database = "clinic", params (string, string)[] parameters)
    {
        var client = await ConnectAsync(port);
        await client.SendAsync(Startup("agent-1", database, parameters));
        await client.SendAsync(Password(token));
        await client.ReadToReadyAsync();
        return client;
    }

    public static byte[] Startup(string user, string database, params (string Name, string Value)[] parameters) => Startup(3 << 16, user, database, parameters);

    public static byte[] Startup(int version, string user, string database, params (string Name, string Value)[] parameters)
    {
        var body = new List<byte>();
        AddInt32(body, version);
        foreach (var (name, value) in (IEnumerable<(string, string)>)[("user", user), ("database", database), .. parameters])
        {
            AddString(body, name);
            AddString(body, value);
        }

        body.Add(0);
        return [.. Int32(body.Count + 4), .. body];
    }

    public static byte[] Request(int code) => [.. Int32(8), .. Int32(code)];

    public static byte[] SslRequest => Request(80877103);

    public static byte[] GssEncRequest => Request(80877104);

    public static byte[] Password(string password) => Message('p', [.. Encoding.UTF8.GetBytes(password), 0]);

    public static byte[] Query(string sql) => Message('Q', [.. Encoding.UTF8.GetBytes(sql), 0]);

    public static byte[] Parse(string name, string sql) => Message('P', [.. CString(name), .. CString(sql), 0, 0]);

    public static byte[] Bind(string portal, string statement, bool binaryResults, params string?[] values)
    {
        var body = new List<byte>();
        AddString(body, portal);
        AddString(body, statement);
        body.AddRange([0, 0]);
        AddInt16(body, values.Length);
        foreach (var value in values)
        {
            if (value is null)
            {
                AddInt32(body, -1);
                continue;
            }

            var bytes = Encoding.UTF8.GetBytes(value);
            AddInt32(body, bytes.Length);
            body.AddRange(bytes);
        }

        body.AddRange(binaryResults ? [0, 1, 0, 1] : [0, 0]);
        return Message('B', [.. body]);
    }

    public static byte[] Describe(char kind, string name) => Message('D', [(byte)kind, .. CString(name)]);

    public static byte[] Execute(string portal, int rows = 0) => Message('E', [.. CString(portal), .. Int32(rows)]);

    public static byte[] Close(char kind, string name) => Message('C', [(byte)kind, .. CString(name)]);

    public static byte[] Sync => Message('S', []);

    public static byte[] Flush => Message('H', []);

    public static byte[] Terminate => Message('X', []);

    public static byte[] Message(char type, byte[] body) => [(byte)type, .. Int32(body.Length + 4), .. body];

    public async Task SendAsync(params byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, limit.Token);
    }

    /// <summary>The next message, or null when the peer has closed.</summary>
    public async Task<RawMessage?> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var header = new byte[5];
        var got = await ReadAtMostAsync(header, limit.Token);
        if (got == 0)
        {
            return null;
        }

        Assert.Equal(header.Length, got);
        var length = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1));
        Assert.InRange(length, 4, MaxMessageBytes);
        var body = new byte[length - 4];
        Assert.Equal(body.Length, await ReadAtMostAsync(body, limit.Token));
        return new RawMessage((char)header[0], body);
    }

    /// <summary>One byte: the answer to an SSLRequest or GSSENCRequest.</summary>
    public async Task<char> ReadByteAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var one = new byte[1];
        return await ReadAtMostAsync(one, limit.Token) == 1 ? (char)one[0] : '\0';
    }

    /// <summary>All messages up to and including ReadyForQuery. Fails when the peer closes before.</summary>
    public async Task<List<RawMessage>> ReadToReadyAsync()
    {
        var messages = new List<RawMessage>();
        while (true)
        {
            var message = await ReadAsync();
            Assert.True(message is not null, "the peer closed after: " + string.Join(", ", messages));
            messages.Add(message);
            if (message.Type == 'Z')
            {
                return messages;
            }
        }
    }

    /// <summary>All messages until the peer closes.</summary>
    public async Task<List<RawMessage>> ReadToEndAsync()
    {
        var messages = new List<RawMessage>();
        try
        {
            while (await ReadAsync() is { } message)
            {
                messages.Add(message);
            }
        }
        catch (IOException)
        {
            // A peer that gives up on a stream it does not understand may reset the connection.
        }

        return messages;
    }

    public async Task<List<RawMessage>> RoundTripAsync(params byte[][] messages)
    {
        await SendAsync([.. messages.SelectMany(m => m)]);
        return await ReadToReadyAsync();
    }

    /// <summary>Ends the connection as a crashed client does.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    /// <summary>Puts TLS or another layer on the connection.</summary>
    public async Task LayerAsync(Func<Stream, Task<Stream>> layer) => _stream = await layer(_stream);

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async Task<int> ReadAtMostAsync(byte[] buffer, CancellationToken cancellationToken) =>
        await _stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);

    private static byte[] CString(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static void AddInt32(List<byte> body, int value) => body.AddRange(Int32(value));

    private static void AddInt16(List<byte> body, int value) => body.AddRange([(byte)(value >> 8), (byte)value]);

    private static void AddString(List<byte> body, string text) => body.AddRange(CString(text));
}

/// <summary>One message of the server.</summary>
internal sealed record RawMessage(char Type, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>A field of an ErrorResponse or NoticeResponse, or an empty text.</summary>
    public string Field(char code)
    {
        foreach (var field in Text.Split('\0'))
        {
            if (field.Length > 0 && field[0] == code)
            {
                return field[1..];
            }
        }

        return "";
    }

    /// <summary>The columns of a DataRow; null for SQL NULL.</summary>
    public byte[]?[] Columns()
    {
        var columns = new byte[]?[BinaryPrimitives.ReadInt16BigEndian(Body)];
        var at = 2;
        for (var i = 0; i < columns.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(Body.AsSpan(at));
            at += 4;
            if (length >= 0)
            {
                columns[i] = Body[at..(at + length)];
                at += length;
            }
        }

        return columns;
    }

    public bool Equals(RawMessage? other) => other is not null && Type == other.Type && Body.AsSpan().SequenceEqual(other.Body);

    public override int GetHashCode() => HashCode.Combine(Type, Body.Length);

    public override string ToString() => $"{Type}({Convert.ToHexStringLower(Body.AsSpan(0, Math.Min(Body.Length, 64)))})";
}
