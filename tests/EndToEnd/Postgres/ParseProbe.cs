using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Sallyport.EndToEnd.Postgres;

/// <summary>Asks a server what its grammar says about a text, by Parse without execution.</summary>
internal sealed class ParseProbe : IDisposable
{
    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private ParseProbe(TcpClient client)
    {
        _client = client;
        _stream = client.GetStream();
    }

    /// <summary>Connects as a user that needs no password.</summary>
    public static async Task<ParseProbe> ConnectAsync(int port, string user, string database)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync("127.0.0.1", port);
        var probe = new ParseProbe(client);
        byte[] body = [0, 3, 0, 0, .. Encoding.ASCII.GetBytes($"user\0{user}\0database\0{database}\0\0")];
        var startup = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(startup, startup.Length);
        body.CopyTo(startup, 4);
        await probe._stream.WriteAsync(startup);
        await probe.AnswerAsync();
        return probe;
    }

    public void Dispose() => _client.Dispose();

    /// <returns>Empty when the server could parse it, else SQLSTATE and message.</returns>
    public async Task<string> ParseAsync(ReadOnlyMemory<byte> text)
    {
        // Parse: unnamed statement, text, no parameter types. Then Sync.
        var length = 4 + 1 + text.Length + 1 + 2;
        var bytes = new byte[1 + length + 5];
        bytes[0] = (byte)'P';
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), length);
        text.CopyTo(bytes.AsMemory(6));
        bytes[^5] = (byte)'S';
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(bytes.Length - 4), 4);
        await _stream.WriteAsync(bytes);
        return await AnswerAsync();
    }

    private async Task<string> AnswerAsync()
    {
        var error = "";
        var header = new byte[5];
        while (true)
        {
            await _stream.ReadExactlyAsync(header);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4];
            await _stream.ReadExactlyAsync(body);
            if (header[0] == 'E')
            {
                var fields = Encoding.UTF8.GetString(body).Split('\0');
                error = $"{fields.First(field => field.StartsWith('C'))[1..]} {fields.First(field => field.StartsWith('M'))[1..]}";
            }

            if (header[0] == 'Z')
            {
                return error;
            }
        }
    }
}
