using System.Net;
using Sallyport.Gateway.Transport.Native;

namespace Sallyport.Gateway.Transport.Epoll;

/// <summary>Own event loops on epoll: both wires of a session live on one loop, and their code runs on its thread.</summary>
internal sealed class EpollEngine : TransportEngine
{
    private const int FewCores = 4;
    private const int MaxDefaultLoops = 4;

    private readonly EpollLoop[] _loops;
    private uint _next;

    /// <exception cref="IOException">The kernel has no epoll or no descriptor left.</exception>
    public EpollEngine(TransportOptions options)
        : base(options)
    {
        var cores = Environment.ProcessorCount;
        var count = options.Loops > 0 ? options.Loops : cores < FewCores ? 1 : Math.Min(cores, MaxDefaultLoops);
        _loops = [.. Enumerable.Range(0, count).Select(number => new EpollLoop(number, options, Counters))];
    }

    public override TransportKind Kind => TransportKind.Epoll;

    public override IListener Listen(IPEndPoint endPoint, Func<Wire, Task> serve) =>
        new EpollListener(_loops[0], endPoint, Options, Counters, (descriptor, remote) => Start(descriptor, remote, serve));

    public override ValueTask<Wire> ConnectAsync(string host, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (CurrentLoop() is { } current)
        {
            return ConnectAsync(current, host, port, timeout, cancellationToken);
        }

        var loop = NextLoop();
        return new ValueTask<Wire>(loop.RunAsync(() => ConnectAsync(loop, host, port, timeout, cancellationToken).AsTask()));
    }

    public override Task RunAsync(Func<Task> work) => (CurrentLoop() ?? NextLoop()).RunAsync(work);

    private protected override async ValueTask StopAsync()
    {
        foreach (var loop in _loops)
        {
            loop.Dispose();
        }

        // A loop that is disposed from its own thread cannot be waited for there.
        if (CurrentLoop() is null)
        {
            await Task.WhenAll(_loops.Select(loop => loop.Ended));
        }
    }

    private static EpollLoop? LoopOf(SynchronizationContext? context) => (context as LoopContext)?.Loop;

    private EpollLoop? CurrentLoop() =>
        LoopOf(SynchronizationContext.Current) is { } loop && Array.IndexOf(_loops, loop) >= 0 ? loop : null;

    private EpollLoop NextLoop() => _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length];

    private async ValueTask<Wire> ConnectAsync(EpollLoop loop, string host, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var connecting = new ConnectDeadline(host, port, timeout, Options.TimeProvider, cancellationToken);
        var addresses = await connecting.ResolveAsync();
        Exception? last = null;
        foreach (var address in addresses)
        {
            using var attempt = connecting.BeginAttempt(addresses.Length);
            var wire = EpollWire.StartConnect(loop, new IPEndPoint(address, port), out var connected);
            try
            {
                await using var limit = attempt.Token.UnsafeRegister(static opened => ((Wire)opened!).Abort(), wire);
                await connected;
                Counters.CountConnected();
                return wire;
            }
            catch (IOException exception)
            {
                wire.Dispose();
                last = connecting.Failed(attempt, exception);
            }
        }

        throw last ?? connecting.NoAddress();
    }

    private void Start(int descriptor, IPEndPoint remote, Func<Wire, Task> serve)
    {
        if (!Counters.TryOpen(MaxAcceptedConnections))
        {
            LibC.Close(descriptor);
            return;
        }

        var loop = NextLoop();
        if (loop.IsCurrent)
        {
            Serve(loop, descriptor, remote, serve);
        }
        else
        {
            loop.Post(_ => Serve(loop, descriptor, remote, serve), null);
        }
    }

    private void Serve(EpollLoop loop, int descriptor, IPEndPoint remote, Func<Wire, Task> serve)
    {
        EpollWire wire;
        try
        {
            wire = EpollWire.Accepted(loop, descriptor, remote);
        }
        catch (IOException)
        {
            // The kernel cannot watch one more descriptor.
            LibC.Close(descriptor);
            Counters.CountAcceptPause();
            Counters.Closed();
            return;
        }

        _ = ServeAsync(wire, serve);
    }
}
