using System.Buffers.Binary;
using System.Net;
using System.Text;
using Sallyport.Gateway.Transport;
using Sallyport.Gateway.Transport.Tls;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Target;

/// <summary>A scripted server: the test says, step by step, what is expected and what is answered.</summary>
internal sealed class FakePostgres(Wire wire)
{
    private Wire _wire = wire;

    public static byte[] Ready => [.. Message('R', Int32(0)), .. Status("server_version", "16.4 (Debian)"), .. Message('K', [.. Int32(77), 1, 2, 3, 4]), .. Message('Z', "I"u8)];

    public static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Message(char type, params ReadOnlySpan<byte> body) => [(byte)type, .. Int32(body.Length + 4), .. body];

    public static byte[] Status(string name, string value) => Message('S', Encoding.ASCII.GetBytes($"{name}\0{value}\0"));

    public static byte[] Error(string sqlState, string text) => Message('E', Encoding.ASCII.GetBytes($"SFATAL\0VFATAL\0C{sqlState}\0M{text}\0\0"));

    public static byte[] Sasl(params string[] mechanisms) => Message('R', [.. Int32(10), .. Encoding.ASCII.GetBytes(string.Concat(mechanisms.Select(name => name + "\0")) + "\0")]);

    public static byte[] SaslStep(int code, string text) => Message('R', [.. Int32(code), .. Encoding.ASCII.GetBytes(text)]);

    public ValueTask SendAsync(params byte[] bytes) => _wire.SendAsync(bytes);

    public ValueTask<int> ReceiveAsync(byte[] buffer) => _wire.ReceiveAsync(buffer);

    public async Task AcceptTlsAsync(TlsServerOptions options)
    {
        await ExpectSslRequestAsync();
        await SendAsync((byte)'S');
        _wire = await TlsWire.AsServerAsync(_wire, options, default, default);
    }

    public async Task ExpectSslRequestAsync()
    {
        var packet = await ReceiveExactlyAsync(8);
        Assert.Equal(80877103, BinaryPrimitives.ReadInt32BigEndian(packet.AsSpan(4)));
    }

    /// <summary>The StartupMessage as "name=value" lines.</summary>
    public async Task<string> ExpectStartupAsync()
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(await ReceiveExactlyAsync(4));
        var body = await ReceiveExactlyAsync(length - 4);
        Assert.Equal(196608, BinaryPrimitives.ReadInt32BigEndian(body));
        Assert.Equal([0, 0], body[^2..]);
        var words = Encoding.UTF8.GetString(body.AsSpan(4..^2)).Split('\0');
        return string.Join('\n', words.Chunk(2).Select(pair => $"{pair[0]}={pair[1]}"));
    }

    /// <summary>The body of the next 'p' message.</summary>
    public async Task<byte[]> ExpectPasswordAsync()
    {
        var header = await ReceiveExactlyAsync(5);
        Assert.Equal((byte)'p', header[0]);
        return await ReceiveExactlyAsync(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4);
    }

    /// <summary>Mechanism and client-first-message.</summary>
    public async Task<(string Mechanism, string Text)> ExpectSaslFirstAsync()
    {
        var body = await ExpectPasswordAsync();
        var end = Array.IndexOf(body, (byte)0);
        return (Encoding.ASCII.GetString(body, 0, end), Encoding.ASCII.GetString(body.AsSpan(end + 5)));
    }

    /// <summary>Waits until the client closes.</summary>
    public async Task ExpectEndAsync()
    {
        var buffer = new byte[256];
        try
        {
            while (await _wire.ReceiveAsync(buffer) > 0)
            {
                // What the client had sent before is of no interest.
            }
        }
        catch (IOException)
        {
            // A reset is an end as well.
        }
    }

    public async Task<byte[]> ReceiveExactlyAsync(int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var received = await _wire.ReceiveAsync(bytes.AsMemory(have));
            Assert.NotEqual(0, received);
            have += received;
        }

        return bytes;
    }

    /// <summary>Listens on a free port and plays the script on each connection.</summary>
    public static IListener Listen(TransportEngine engine, Func<FakePostgres, Task> script) =>
        engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), wire => script(new FakePostgres(wire)));
}
