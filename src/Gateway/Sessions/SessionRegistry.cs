using System.Collections.Concurrent;
using System.Security.Cryptography;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Sessions;

/// <summary>The limits sessions live under.</summary>
public sealed record SessionLimits
{
    public int MaxSessions { get; init; } = 5000;

    public int MaxSessionsPerPrincipal { get; init; } = 100;

    public TimeSpan Idle { get; init; } = TimeSpan.FromHours(1);

    public TimeSpan Lifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>How long a session may outlive its token.</summary>
    public TimeSpan TokenGrace { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>Every live session of the gateway: admits them under the limits, and ends those whose time is over. Thread-safe.</summary>
public sealed class SessionRegistry(SessionLimits limits, TimeProvider time) : IDisposable
{
    /// <summary>How often limits are checked, and with them whether clients of waiting commands are still there.</summary>
    private static readonly TimeSpan SweepEvery = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, Session> _sessions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _perPrincipal = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private ITimer? _timer;
    private SessionEnd? _closed;
    private int _reserved;

    /// <summary>Told about every session that begins and ends; set before the first one. Must not wait.</summary>
    public ISessionObserver? Observer { get; set; }

    /// <summary>Whether a principal's token counts no longer; set before the first session. A session that was being admitted meanwhile is found by it.</summary>
    public Func<Principal, bool>? IsRevoked { get; set; }

    public int Count => _sessions.Count;

    public IEnumerable<Session> Live => _sessions.Values;

    /// <summary>A new, unguessable session id.</summary>
    public static string NewId() => "ses_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(10));

    /// <summary>Starts the sweeps.</summary>
    public void Start() => _timer ??= time.CreateTimer(_ => Sweep(), state: null, SweepEvery, SweepEvery);

    public Session? Find(string id) => _sessions.GetValueOrDefault(id);

    /// <summary>The instant at which a session that begins now is over, whatever happens.</summary>
    public DateTimeOffset LatestEnd(Principal principal)
    {
        ArgumentNullException.ThrowIfNull(principal);
        var (byToken, byLife) = (principal.ExpiresAt + limits.TokenGrace, time.GetUtcNow() + limits.Lifetime);
        return byToken < byLife ? byToken : byLife;
    }

    /// <summary>Takes a place for a session of a principal before the session exists, or says which limit refuses it.</summary>
    /// <returns>Null when the place is taken; <see cref="Release"/> gives it back. Else one sentence for the client.</returns>
    public string? Reserve(string principalId)
    {
        lock (_lock)
        {
            if (_closed is not null)
            {
                return _closed.Message;
            }

            if (_reserved >= limits.MaxSessions)
            {
                return $"the gateway is at its limit of {limits.MaxSessions} sessions; try again later";
            }

            var own = _perPrincipal.GetValueOrDefault(principalId);
            if (own >= limits.MaxSessionsPerPrincipal)
            {
                return $"you are at your limit of {limits.MaxSessionsPerPrincipal} sessions; close one and try again";
            }

            _perPrincipal[principalId] = own + 1;
            _reserved++;
            return null;
        }
    }

    public void Release(string principalId)
    {
        lock (_lock)
        {
            _reserved--;
            var own = _perPrincipal.GetValueOrDefault(principalId) - 1;
            if (own > 0)
            {
                _perPrincipal[principalId] = own;
            }
            else
            {
                _perPrincipal.Remove(principalId);
            }
        }
    }

    public void Add(Session session)
    {
        session.Touch();
        _sessions[session.Id] = session;
        Observer?.Started(session);
        if (_closed is { } end)
        {
            session.End(end);
        }
        else if (IsRevoked?.Invoke(session.Principal) == true)
        {
            session.End(SessionEnd.TokenRevoked);
        }
    }

    public void Remove(Session session)
    {
        _sessions.TryRemove(session.Id, out _);
        Observer?.Ended(session);
        session.MarkOver();
    }

    /// <summary>
    /// Ends the sessions that are meant: what runs for them is cancelled at the target, their clients are told why, and what was made for them is
    /// taken away. Returns at once; <see cref="Session.Over"/> tells when each is over.
    /// </summary>
    /// <returns>The sessions that are being ended.</returns>
    public IReadOnlyList<Session> EndWhere(Func<Session, bool> isMeant, SessionEnd reason)
    {
        var meant = _sessions.Values.Where(isMeant).ToList();
        foreach (var session in meant)
        {
            session.End(reason);
        }

        return meant;
    }

    /// <summary>Ends every session and admits no more. Returns when all are over, or after <paramref name="timeout"/>.</summary>
    /// <returns>How many sessions were still not over.</returns>
    public async Task<int> EndAllAsync(SessionEnd reason, TimeSpan timeout)
    {
        lock (_lock)
        {
            _closed = reason;
        }

        var live = _sessions.Values.ToList();
        foreach (var session in live)
        {
            session.End(reason);
        }

        try
        {
            await Task.WhenAll(live.Select(static session => session.Over)).WaitAsync(timeout, time);
        }
        catch (TimeoutException)
        {
            return _sessions.Count;
        }

        return 0;
    }

    public void Dispose() => _timer?.Dispose();

    private void Sweep()
    {
        var now = time.GetUtcNow();
        foreach (var session in _sessions.Values)
        {
            session.CheckClient();
            if (now > session.Principal.ExpiresAt + limits.TokenGrace)
            {
                session.End(SessionEnd.TokenExpired);
            }
            else if (now > session.StartedAt + limits.Lifetime)
            {
                session.End(SessionEnd.Lifetime);
            }
            else if (!session.IsBusy() && Environment.TickCount64 - session.LastActivity > limits.Idle.TotalMilliseconds)
            {
                session.End(SessionEnd.Idle);
            }
        }
    }
}
