using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sallyport.Tools.Fuzzer.Wire;

/// <summary>A client that reads whole answers quickly (PostgreSQL documentation, "Message Formats").</summary>
internal sealed class Client : IDisposable
{
    private const int MaxMessageBytes = 64 * 1024 * 1024;

    /// <summary>An answer that is longer is cut: the rest is read, but not compared.</summary>
    private const int MaxAnswerBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private string _last = "none";

    private Client()
    {
    }

    public static async Task<Client> ConnectAsync(int port, string user, string database, string? password)
    {
        var client = new Client();
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            await client._socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            byte[] body = [0, 3, 0, 0, .. Text("user"), .. Text(user), .. Text("database"), .. Text(database), .. Text("application_name"), .. Text("fuzzer"), 0];
            await client.SendAsync([.. Frame.Int32(body.Length + 4), .. body]);
            var first = await client.ReadAsync(limit.Token);
            if (first is { Type: 'R' } && BinaryPrimitives.ReadInt32BigEndian(first.Body) == 3)
            {
                await client.SendAsync(Frame.Of('p', Text(password ?? "")));
            }

            var ready = await client.ReadToReadyAsync();
            return ready.Any(m => m.Type == 'Z') ? client : throw new IOException("sign-in failed: " + string.Join(' ', ready.Select(m => m.Text)));
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public async Task SendAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        for (var sent = 0; sent < bytes.Length;)
        {
            sent += await _socket.SendAsync(bytes.AsMemory(sent), limit.Token);
        }
    }

    /// <summary>The messages up to ReadyForQuery or COPY IN; or up to the end of the connection, which a message of type '!' marks.</summary>
    public async Task<List<Frame>> ReadToReadyAsync()
    {
        var frames = new List<Frame>();
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            for (var total = 0; ;)
            {
                var frame = await ReadAsync(limit.Token);
                if (frame is null)
                {
                    frames.Add(new Frame('!', "closed"u8.ToArray()));
                    return frames;
                }

                total += frame.Body.Length;
                if (total < MaxAnswerBytes || frame.Type is 'E' or 'Z' or 'C')
                {
                    frames.Add(frame);
                }

                if (frame.Type is 'Z' or 'G')
                {
                    return frames;
                }
            }
        }
        catch (OperationCanceledException)
        {
            frames.Add(new Frame('!', "no answer"u8.ToArray()));
        }
        catch (SocketException)
        {
            frames.Add(new Frame('!', "closed"u8.ToArray()));
        }

        return frames;
    }

    /// <summary>Runs a simple query; throws when the server refuses it. For the fuzzer's own preparations.</summary>
    public async Task<List<string?[]>> RowsAsync(string sql)
    {
        await SendAsync(Frame.Of('Q', Text(sql)));
        var answer = await ReadToReadyAsync();
        return answer.FirstOrDefault(m => m.Type is 'E' or '!') is { } error
            ? throw new InvalidOperationException($"{error.Text.Replace('\0', ' ')}\n{sql}")
            : [.. answer.Where(m => m.Type == 'D').Select(m => m.Columns().Select(c => c is null ? null : Encoding.UTF8.GetString(c)).ToArray())];
    }

    public void Dispose() => _socket.Dispose();

    public static byte[] Text(string text) => [.. Encoding.UTF8.GetBytes(text), 0];

    private async ValueTask<Frame?> ReadAsync(CancellationToken cancellationToken)
    {
        if (!await FillAsync(5, cancellationToken))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + 1));
        if (length < 4)
        {
            throw new InvalidDataException($"a message '{(char)_buffer[_start]}' of {length} bytes, after {_last}");
        }

        if (length > MaxMessageBytes)
        {
            return await SkipAsync((char)_buffer[_start], length, cancellationToken);
        }

        if (!await FillAsync(length + 1, cancellationToken))
        {
            return null;
        }

        _last = $"one of type '{(char)_buffer[_start]}' and {length} bytes";
        var frame = new Frame((char)_buffer[_start], _buffer[(_start + 5)..(_start + 1 + length)]);
        _start += length + 1;
        return frame;
    }

    /// <summary>Stands for a message that is too long to keep: its length is all of it that is compared.</summary>
    private async ValueTask<Frame?> SkipAsync(char type, int length, CancellationToken cancellationToken)
    {
        for (var left = (long)length + 1; left > 0;)
        {
            if (!await FillAsync(1, cancellationToken))
            {
                return null;
            }

            var part = (int)Math.Min(left, _end - _start);
            _start += part;
            left -= part;
        }

        return new Frame('L', Encoding.ASCII.GetBytes($"a message '{type}' of {length} bytes"));
    }

    private async ValueTask<bool> FillAsync(int bytes, CancellationToken cancellationToken)
    {
        while (_end - _start < bytes)
        {
            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            if (_buffer.Length < bytes)
            {
                Array.Resize(ref _buffer, Math.Max(bytes, _buffer.Length * 2));
            }

            var got = await _socket.ReceiveAsync(_buffer.AsMemory(_end), cancellationToken);
            if (got == 0)
            {
                return false;
            }

            _end += got;
        }

        return true;
    }
}
