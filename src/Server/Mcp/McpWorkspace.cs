using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Protocols.Postgres.Local;

namespace Sallyport.Server.Mcp;

/// <summary>
/// The sessions at targets that the calls of one MCP session share, so that a transaction can span calls. Opened by the first call that needs
/// one, and opened anew once it has ended. Thread-safe.
/// </summary>
/// <param name="door">Opens them.</param>
/// <param name="isLasting">Whether there will be another call; else nothing may be left open.</param>
internal sealed class McpWorkspace(Func<LocalDoor> door, bool isLasting) : IAsyncDisposable
{
    private readonly Dictionary<string, (LocalSession Session, Principal Principal)> _sessions = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private bool _isOver;

    public bool IsLasting => isLasting;

    /// <summary>The session at a target, and null where there are too many.</summary>
    public async ValueTask<LocalSession?> AtAsync(string target, LocalCaller caller)
    {
        LocalSession? outdated = null;
        LocalSession? found;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isOver, this);
            if (_sessions.TryGetValue(target, out var known) && (known.Session.IsOver ? !known.Session.IsInTransaction : !HasSameRights(known.Principal, caller.Principal)))
            {
                _sessions.Remove(target);
                outdated = known.Session;
            }
            found = _sessions.TryGetValue(target, out known) ? known.Session : null;
            if (found is null && _sessions.Count < McpLimits.MaxTargetsPerSession)
            {
                found = door().Open(caller, target);
                _sessions.Add(target, (found, caller.Principal));
            }
        }
        if (outdated is not null)
        {
            await outdated.DisposeAsync();
        }
        return found;
    }

    /// <summary>Forgets a session that has ended, so that the next call begins another one.</summary>
    public async ValueTask DropAsync(string target, LocalSession session)
    {
        lock (_lock)
        {
            if (_sessions.TryGetValue(target, out var known) && known.Session == session)
            {
                _sessions.Remove(target);
            }
        }
        await session.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        List<LocalSession> open;
        lock (_lock)
        {
            _isOver = true;
            open = [.. _sessions.Values.Select(static known => known.Session)];
            _sessions.Clear();
        }
        await Task.WhenAll(open.Select(static session => session.DisposeAsync().AsTask()));
    }

    /// <summary>A session keeps the rights it began with; a token with others needs a new one.</summary>
    private static bool HasSameRights(Principal before, Principal now) =>
        before.Id == now.Id && before.RunId == now.RunId && before.OnBehalfOf == now.OnBehalfOf && before.Groups.SequenceEqual(now.Groups);
}
