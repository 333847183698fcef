using System.Net;
using System.Threading.Channels;
using Sallyport.Gateway.Transport;

namespace Sallyport.Gateway.Protocols.Postgres.SelfTests;

/// <summary>One end of a byte stream between a client and the engine inside this process.</summary>
internal sealed class MemoryWire : Wire
{
    /// <summary>Sends that may wait to be received.</summary>
    private const int MaxWaiting = 64;

    private readonly ChannelReader<byte[]> _from;
    private readonly ChannelWriter<byte[]> _to;
    private readonly ChannelWriter<byte[]> _back;
    private byte[] _current = [];
    private int _taken;

    private MemoryWire(Channel<byte[]> from, Channel<byte[]> to) => (_from, _to, _back) = (from.Reader, to.Writer, from.Writer);

    public override EndPoint RemoteEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 0);

    public override bool IsPeerGone => _from.Completion.IsCompleted;

    /// <summary>Told every piece that is received; null for nobody.</summary>
    public Action<ReadOnlyMemory<byte>>? Received { get; set; }

    public static (MemoryWire Client, MemoryWire Server) Pair()
    {
        var (up, down) = (Channel.CreateBounded<byte[]>(MaxWaiting), Channel.CreateBounded<byte[]>(MaxWaiting));
        return (new MemoryWire(down, up), new MemoryWire(up, down));
    }

    public override async ValueTask WaitReadableAsync()
    {
        if (_taken == _current.Length)
        {
            await _from.WaitToReadAsync();
        }
    }

    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        while (_taken == _current.Length)
        {
            if (!await _from.WaitToReadAsync())
            {
                return 0;
            }

            if (_from.TryRead(out var piece))
            {
                (_current, _taken) = (piece, 0);
                Received?.Invoke(piece);
            }
        }

        var count = Math.Min(buffer.Length, _current.Length - _taken);
        _current.AsMemory(_taken, count).CopyTo(buffer);
        _taken += count;
        return count;
    }

    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _to.WriteAsync(bytes.ToArray());
        }
        catch (ChannelClosedException exception)
        {
            throw new IOException("The other end is closed.", exception);
        }
    }

    public override ValueTask CloseSendAsync()
    {
        _to.TryComplete();
        return ValueTask.CompletedTask;
    }

    public override void Abort()
    {
        _to.TryComplete();
        _back.TryComplete();
    }
}
