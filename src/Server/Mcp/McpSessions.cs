using System.Collections.Concurrent;
using System.Security.Cryptography;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Protocols.Postgres.Local;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Hosting;

namespace Sallyport.Server.Mcp;

/// <summary>Every MCP session by its id: admits them under the limits, and ends those that are idle. Thread-safe.</summary>
internal sealed partial class McpSessions(Func<LocalDoor> door, McpTools tools, GatewayMetrics metrics, IServiceProvider services, TimeProvider time, ILogger<McpSessions> logger) : BackgroundService
{
    private const int IdBytes = 24;
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, McpSession> _sessions = new(StringComparer.Ordinal);
    private readonly Lock _opening = new();
    private bool _isClosed;

    /// <summary>Begins a session, or says which limit refuses it.</summary>
    public McpSession? Open(Principal principal, out string refusal)
    {
        lock (_opening)
        {
            refusal = _isClosed ? "The gateway is shutting down."
                : _sessions.Count >= McpLimits.MaxSessions ? $"The gateway is at its limit of {McpLimits.MaxSessions} MCP sessions; try again later."
                : _sessions.Values.Count(session => session.Principal.Id == principal.Id) >= McpLimits.MaxSessionsPerPrincipal
                    ? $"You are at your limit of {McpLimits.MaxSessionsPerPrincipal} MCP sessions; end one with DELETE, or wait until one is idle."
                    : "";
            if (refusal.Length > 0)
            {
                return null;
            }
            var session = Create("mcp_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)), principal, isLasting: true);
            _sessions[session.Id] = session;
            return session;
        }
    }

    /// <summary>A conversation of one request, for clients whose revision has no sessions.</summary>
    public McpSession OpenOnce(Principal principal) => Create("", principal, isLasting: false);

    /// <summary>A session, only for the caller who began it.</summary>
    public McpSession? Find(string id, Principal principal) =>
        _sessions.TryGetValue(id, out var session) && session.BelongsTo(principal) ? session : null;

    public async ValueTask EndAsync(McpSession session)
    {
        if (_sessions.TryRemove(session.Id, out _))
        {
            await session.DisposeAsync();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.ObserveGauge("sallyport.mcp.sessions", "{session}", "MCP sessions that are open.", () => _sessions.Count);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_opening)
        {
            _isClosed = true;
        }
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_sessions.Values.Select(session => EndAsync(session).AsTask())).WaitAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SweepEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await SweepAsync();
        }
    }

    private async Task SweepAsync()
    {
        foreach (var session in _sessions.Values.Where(session => session.IdleSince is { } since && time.GetElapsedTime(since) > McpLimits.Idle))
        {
            try
            {
                await EndAsync(session);
            }
            catch (Exception problem)
            {
                // It is out of the list; what is left of it ends with its token.
                NotEnded(problem.GetType().Name);
            }
        }
    }

    private McpSession Create(string id, Principal principal, bool isLasting)
    {
        var workspace = new McpWorkspace(door, isLasting);
        return new McpSession(id, principal, workspace, OptionsOf(), services, time.GetTimestamp());
    }

    private McpServerOptions OptionsOf() => new()
    {
        ServerInfo = new Implementation { Name = "sallyport", Title = "Sallyport", Version = GatewayParts.Version },
        ServerInstructions = McpTools.Instructions,
        ToolCollection = [.. tools.All],
        ScopeRequests = false,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "An idle MCP session could not be ended in order: {Fault}")]
    private partial void NotEnded(string fault);
}
