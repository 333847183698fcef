namespace Sallyport.Gateway.Transport;

/// <summary>How the data plane moves bytes, and its named limits.</summary>
public sealed record TransportOptions
{
    public TransportKind Kind { get; init; } = TransportKind.Auto;

    /// <summary>Loop threads of the epoll engine; 0 means one below four cores, else the number of cores, at most four.</summary>
    public int Loops { get; init; }

    /// <summary>Accepted connections open at one time; more are closed as soon as they are accepted.</summary>
    public int MaxAcceptedConnections { get; init; } = 20_000;

    /// <summary>Connections the kernel holds for us before we accept them.</summary>
    public int ListenBacklog { get; init; } = 1_024;

    /// <summary>Receives one connection may make without waiting before the others get their turn.</summary>
    public int ReceivesPerTurn { get; init; } = 8;

    /// <summary>Told about an exception that a session let escape; the connection is closed either way.</summary>
    public Action<Exception>? SessionFault { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>Which engine moves the bytes.</summary>
public enum TransportKind
{
    /// <summary>Epoll where it works, else sockets.</summary>
    Auto,

    /// <summary>Own event loops on epoll (Linux only).</summary>
    Epoll,

    /// <summary>System.Net.Sockets on the thread pool (everywhere).</summary>
    Socket,
}
