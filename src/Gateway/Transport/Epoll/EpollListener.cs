using System.Net;
using Sallyport.Gateway.Transport.Native;

namespace Sallyport.Gateway.Transport.Epoll;

/// <summary>Accepts on one loop and deals the connections out; pauses when descriptors or memory run out.</summary>
internal sealed class EpollListener : IEpollHandle, IListener
{
    /// <summary>Connections accepted before the open ones get their turn.</summary>
    private const int AcceptsPerTurn = 64;

    private readonly EpollLoop _loop;
    private readonly TransportCounters _counters;
    private readonly Action<int, IPEndPoint> _accepted;
    private readonly ITimer _pause;
    private readonly int _descriptor;
    private ulong _id;
    private bool _closed;
    private int _stopped;

    /// <exception cref="IOException">The address cannot be bound.</exception>
    public EpollListener(EpollLoop loop, IPEndPoint endPoint, TransportOptions options, TransportCounters counters, Action<int, IPEndPoint> accepted)
    {
        _loop = loop;
        _counters = counters;
        _accepted = accepted;
        _pause = options.TimeProvider.CreateTimer(
            static listener => ((EpollListener)listener!)._loop.Post(static paused => ((EpollListener)paused!).Resume(), listener),
            this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _descriptor = SocketCalls.Listen(endPoint, options.ListenBacklog);
        LocalEndPoint = SocketCalls.LocalEndPoint(_descriptor);
        _loop.Post(static listener => ((EpollListener)listener!).Start(), this);
    }

    public IPEndPoint LocalEndPoint { get; }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            // New connections are refused from here on; the descriptor itself is closed where it is used.
            SocketCalls.StopListening(_descriptor);
            _loop.Post(static listener => ((EpollListener)listener!).Close(), this);
        }
    }

    public void OnLoopStopping() => Dispose();

    public void OnEvents(uint events)
    {
        for (var i = 0; i < AcceptsPerTurn && Volatile.Read(ref _stopped) == 0; i++)
        {
            var descriptor = SocketCalls.Accept(_descriptor, out var remote);
            if (descriptor >= 0)
            {
                _accepted(descriptor, remote);
                continue;
            }

            var error = Errno.Last;
            if (error is Errno.TooManyFiles or Errno.TooManyFilesInSystem or Errno.NoBuffers or Errno.OutOfMemory)
            {
                Pause();
                return;
            }

            if (error == Errno.TryAgain)
            {
                return;
            }

            // Everything else is about the one connection that was to be accepted, such as a peer that gave up meanwhile.
        }
    }

    private void Start()
    {
        if (!_closed)
        {
            _id = _loop.Watch(this, _descriptor, EpollEvents.Readable);
        }
    }

    private void Pause()
    {
        _counters.CountAcceptPause();
        _loop.Rewatch(_descriptor, 0, _id);
        _pause.Change(AcceptPause.Length, Timeout.InfiniteTimeSpan);
    }

    private void Resume()
    {
        if (!_closed)
        {
            _loop.Rewatch(_descriptor, EpollEvents.Readable, _id);
        }
    }

    private void Close()
    {
        _closed = true;
        _loop.Forget(_id);
        LibC.Close(_descriptor);
        _pause.Dispose();
    }
}
