using System.Net;
using System.Net.Sockets;

namespace Sallyport.Gateway.Transport.Sockets;

/// <summary>The portable engine: System.Net.Sockets, each session serialised on the thread pool.</summary>
internal sealed class SocketEngine : TransportEngine
{
    private readonly OpenWires _open = new();

    public SocketEngine(TransportOptions options)
        : base(options)
    {
    }

    public override TransportKind Kind => TransportKind.Socket;

    public override IListener Listen(IPEndPoint endPoint, Func<Wire, Task> serve)
    {
        var listener = new SocketListener(endPoint, Options, Counters, socket => Start(socket, serve));
        _open.Add(listener);
        return listener;
    }

    public override async ValueTask<Wire> ConnectAsync(string host, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var connecting = new ConnectDeadline(host, port, timeout, Options.TimeProvider, cancellationToken);
        var addresses = await connecting.ResolveAsync();
        Exception? last = null;
        foreach (var address in addresses)
        {
            using var attempt = connecting.BeginAttempt(addresses.Length);
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), attempt.Token);
                Counters.CountConnected();
                return Adopt(socket);
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                last = connecting.Failed(attempt, exception);
            }
        }

        throw last ?? connecting.NoAddress();
    }

    public override Task RunAsync(Func<Task> work)
    {
        if (SynchronizationContext.Current is SerialContext)
        {
            return work();
        }

        var done = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        new SerialContext().Post(_ => done.SetResult(Started(work)), null);
        return done.Task.Unwrap();
    }

    private protected override ValueTask StopAsync()
    {
        _open.CloseAll();
        return ValueTask.CompletedTask;
    }

    private static async Task Started(Func<Task> work) => await work();

    private void Start(Socket socket, Func<Wire, Task> serve)
    {
        if (!Counters.TryOpen(MaxAcceptedConnections))
        {
            socket.Dispose();
            return;
        }

        SocketWire wire;
        try
        {
            wire = Adopt(socket);
        }
        catch (SocketException)
        {
            // The peer reset the connection while it waited to be accepted.
            socket.Dispose();
            Counters.Closed();
            return;
        }

        new SerialContext().Post(_ => _ = ServeAsync(wire, serve), null);
    }

    private SocketWire Adopt(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAlive.IdleSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAlive.IntervalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, KeepAlive.Probes);
        var wire = new SocketWire(socket, Options.ReceivesPerTurn, _open);
        _open.Add(wire);
        return wire;
    }
}
