using System.Net;
using System.Threading.Channels;

namespace Sallyport.Gateway.Transport;

/// <summary>One end of a byte stream between a client and the engine inside this process.</summary>
internal sealed class MemoryWire : Wire
{
    /// <summary>Sends that may wait to be received.</summary>
    private const int MaxWaiting = 64;

    private readonly ChannelReader<byte[]> _from;
    private readonly ChannelWriter<byte[]> _to;
    private readonly ChannelWriter<byte[]> _back;
    private readonly Ends _ends;
    private byte[] _current = [];
    private int _taken;

    private MemoryWire(Channel<byte[]> from, Channel<byte[]> to, Ends ends) => (_from, _to, _back, _ends) = (from.Reader, to.Writer, from.Writer, ends);

    /// <summary>Where the peer is, when it speaks for somebody further away.</summary>
    public override EndPoint RemoteEndPoint => PeerEndPoint;

    public EndPoint PeerEndPoint { get; init; } = new IPEndPoint(IPAddress.Loopback, 0);

    /// <summary>How that peer is protected; null where bytes never left this process.</summary>
    public override TlsFacts? Tls => PeerTls;

    public TlsFacts? PeerTls { get; init; }

    public override bool IsPeerGone => Volatile.Read(ref _ends.IsOver) || _from.Completion.IsCompleted;

    /// <summary>Told every piece that is received; null for nobody.</summary>
    public Action<ReadOnlyMemory<byte>>? Received { get; set; }

    /// <param name="peer">Where the client is; null for this process.</param>
    /// <param name="tls">How the client's own connection is protected.</param>
    public static (MemoryWire Client, MemoryWire Server) Pair(EndPoint? peer = null, TlsFacts? tls = null)
    {
        var (up, down, ends) = (Channel.CreateBounded<byte[]>(MaxWaiting), Channel.CreateBounded<byte[]>(MaxWaiting), new Ends());
        var server = peer is null ? new MemoryWire(up, down, ends) { PeerTls = tls } : new MemoryWire(up, down, ends) { PeerEndPoint = peer, PeerTls = tls };
        return (new MemoryWire(down, up, ends), server);
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
        Volatile.Write(ref _ends.IsOver, true);
        _to.TryComplete();
        _back.TryComplete();
    }

    /// <summary>What both ends know of each other.</summary>
    private sealed class Ends
    {
        public bool IsOver;
    }
}
