using ModelContextProtocol.Server;
using Sallyport.Gateway.Identity;

namespace Sallyport.Server.Mcp;

/// <summary>One client's conversation: a server of the protocol library on a transport that HTTP requests feed.</summary>
internal sealed class McpSession : IAsyncDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly McpServer _server;
    private readonly Task _running;
    private int _isDisposed;
    private int _calls;
    private long _lastCall;

    public McpSession(string id, Principal principal, McpWorkspace workspace, McpServerOptions options, IServiceProvider services, long now)
    {
        (Id, Principal, Workspace, _lastCall) = (id, principal, workspace, now);
        Transport = id.Length > 0 ? new StreamableHttpServerTransport { SessionId = id } : new StreamableHttpServerTransport { Stateless = true };
        // Without a log: the library would write down parts of messages.
        _server = McpServer.Create(Transport, options, loggerFactory: null, services);
        _running = _server.RunAsync(_over.Token);
    }

    /// <summary>Empty for a conversation of one request.</summary>
    public string Id { get; }

    public Principal Principal { get; }

    public McpWorkspace Workspace { get; }

    public StreamableHttpServerTransport Transport { get; }

    /// <summary>Whether this caller is the one who began the session.</summary>
    public bool BelongsTo(Principal principal) => Principal.Id == principal.Id && Principal.RunId == principal.RunId;

    /// <summary>Timestamp of the last call's end; null while one is under way.</summary>
    public long? IdleSince => Volatile.Read(ref _calls) > 0 ? null : Interlocked.Read(ref _lastCall);

    public void Enter() => Interlocked.Increment(ref _calls);

    public void Leave(long now)
    {
        Interlocked.Exchange(ref _lastCall, now);
        Interlocked.Decrement(ref _calls);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }
        await Transport.DisposeAsync();
        await _over.CancelAsync();
        try
        {
            await _running;
        }
        catch (OperationCanceledException)
        {
            // That is how it is asked to end.
        }
        await _server.DisposeAsync();
        await Workspace.DisposeAsync();
        _over.Dispose();
    }
}
