using System.Net;
using Sallyport.Gateway.Transport.Epoll;
using Sallyport.Gateway.Transport.Sockets;

namespace Sallyport.Gateway.Transport;

/// <summary>
/// Accepts and makes connections. Each accepted connection, and whatever its session connects to, belongs to one
/// <see cref="SynchronizationContext"/>: code of one session never runs in two places at once, so it needs no locks.
/// </summary>
public abstract class TransportEngine : IAsyncDisposable
{
    private protected TransportEngine(TransportOptions options)
    {
        Options = options;
        MaxAcceptedConnections = DescriptorBudget.Sessions(options.MaxAcceptedConnections);
    }

    public TransportCounters Counters { get; } = new();

    /// <summary>The engine that was chosen; never <see cref="TransportKind.Auto"/>.</summary>
    public abstract TransportKind Kind { get; }

    /// <summary>The limit in force: that of the options, or what the process has descriptors for.</summary>
    public int MaxAcceptedConnections { get; }

    private protected TransportOptions Options { get; }

    /// <summary>Makes the engine the options ask for; <see cref="TransportKind.Auto"/> falls back to sockets where epoll does not work.</summary>
    /// <exception cref="PlatformNotSupportedException">Epoll was asked for by name and does not work here.</exception>
    public static TransportEngine Create(TransportOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Loops);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.ReceivesPerTurn);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxAcceptedConnections);
        switch (options.Kind)
        {
            case TransportKind.Socket:
                return new SocketEngine(options);
            case TransportKind.Epoll:
                return OperatingSystem.IsLinux() ? new EpollEngine(options) : throw new PlatformNotSupportedException("The epoll engine needs Linux.");
            default:
                return TryEpoll(options) ?? (TransportEngine)new SocketEngine(options);
        }
    }

    /// <summary>Binds and listens. Runs <paramref name="serve"/> once per connection, on the context of its session; the wire is closed when the task ends.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public abstract IListener Listen(IPEndPoint endPoint, Func<Wire, Task> serve);

    /// <summary>
    /// Connects by TCP. Called from a session, the wire shares the session's context. A name is resolved off the loop; its addresses are tried in turn.
    /// </summary>
    /// <exception cref="TimeoutException">No address answered within <paramref name="timeout"/>.</exception>
    /// <exception cref="IOException">The name does not resolve, or every address refused.</exception>
    public abstract ValueTask<Wire> ConnectAsync(string host, int port, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Runs work as if it were a session: on a context of its own (or the current one, when called from a session).</summary>
    public abstract Task RunAsync(Func<Task> work);

    /// <summary>Stops accepting, aborts every open connection and lets the sessions see it.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        GC.SuppressFinalize(this);
    }

    private protected abstract ValueTask StopAsync();

    /// <summary>The epoll engine, or null where the system lacks it or forbids it (a strict seccomp profile).</summary>
    private static EpollEngine? TryEpoll(TransportOptions options)
    {
        try
        {
            return OperatingSystem.IsLinux() ? new EpollEngine(options) : null;
        }
        catch (Exception exception) when (exception is IOException or DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Runs one accepted connection to its end and closes it, whatever happens.</summary>
    private protected async Task ServeAsync(Wire wire, Func<Wire, Task> serve)
    {
        try
        {
            await serve(wire);
        }
        catch (Exception exception)
        {
            Counters.CountSessionFault();
            Options.SessionFault?.Invoke(exception);
        }
        finally
        {
            wire.Dispose();
            Counters.Closed();
        }
    }
}
