using Microsoft.Extensions.Logging;

namespace Sallyport.Gateway.Identity;

/// <summary>
/// The current keys of one issuer: fetched on first use, again when they grow old or a token names an unknown key, and dropped when
/// the issuer has been silent for too long. All callers share one fetch.
/// </summary>
internal sealed partial class KeySource(IssuerOptions issuer, KeyFetcher fetcher, TimeProvider time, ILogger logger)
{
    /// <summary>Tokens with made-up key ids cause at most one fetch in this time.</summary>
    public static readonly TimeSpan UnknownKeyInterval = TimeSpan.FromSeconds(10);

    /// <summary>After a fetch that failed, the next one waits this long.</summary>
    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private volatile Held? _held;
    private Task? _fetch;
    private long _begunAt;
    private string? _failure;

    public IssuerOptions Issuer => issuer;

    /// <summary>How the issuer is doing, for readiness and the console.</summary>
    public IssuerState State
    {
        get
        {
            var held = _held;
            var age = held is null ? (TimeSpan?)null : time.GetElapsedTime(held.At);
            return new IssuerState(issuer.Issuer, age is not null && age < issuer.KeysExpire, age, Volatile.Read(ref _failure));
        }
    }

    /// <summary>Whether these options ask for the same keys in the same way.</summary>
    public bool Serves(IssuerOptions other) =>
        issuer.OwnKeys is null && other.OwnKeys is null && (issuer.Issuer, issuer.KeysFile, issuer.KeysAddress, issuer.KeysRefresh, issuer.KeysExpire)
        == (other.Issuer, other.KeysFile, other.KeysAddress, other.KeysRefresh, other.KeysExpire);

    /// <summary>The keys, if they can be trusted now; never waits. Begins a fetch in the background when they are old.</summary>
    public KeySet? Trusted()
    {
        if (issuer.OwnKeys is { } own)
        {
            return own();
        }
        if (_held is not { } held)
        {
            return null;
        }
        var age = time.GetElapsedTime(held.At);
        if (age >= issuer.KeysRefresh)
        {
            _ = Fetch(RetryInterval);
        }
        return age < issuer.KeysExpire ? held.Keys : null;
    }

    /// <summary>The keys, fetched now if there are none to trust; null when the issuer does not give any.</summary>
    public async ValueTask<KeySet?> GetAsync(CancellationToken cancellationToken)
    {
        if (Trusted() is { } keys)
        {
            return keys;
        }
        await Fetch(RetryInterval).WaitAsync(cancellationToken);
        return Trusted();
    }

    /// <summary>Fetches because <paramref name="seen"/> lacks a key, unless that was done a moment ago.</summary>
    public async ValueTask<KeySet?> RenewAsync(KeySet seen, CancellationToken cancellationToken)
    {
        if (issuer.OwnKeys is null && ReferenceEquals(_held?.Keys, seen))
        {
            await Fetch(UnknownKeyInterval).WaitAsync(cancellationToken);
        }
        return Trusted();
    }

    /// <summary>Joins the fetch under way, or begins one when the last began at least <paramref name="interval"/> ago.</summary>
    private Task Fetch(TimeSpan interval)
    {
        lock (_gate)
        {
            if (_fetch is not null && (!_fetch.IsCompleted || time.GetElapsedTime(_begunAt) < interval))
            {
                return _fetch;
            }
            _begunAt = time.GetTimestamp();
            return _fetch = FetchAsync();
        }
    }

    private async Task FetchAsync()
    {
        try
        {
            var keys = await fetcher.FetchAsync(issuer).ConfigureAwait(false);
            // The old object stays when nothing changed, so that verified tokens stay verified.
            var same = _held?.Keys is { } old && old.Fingerprint == keys.Fingerprint ? old : null;
            _held = new Held(same ?? keys, time.GetTimestamp());
            Volatile.Write(ref _failure, null);
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException or InvalidDataException or OperationCanceledException or UnauthorizedAccessException)
        {
            // The state says so, and tokens are refused once the old keys expire.
            var reason = problem is OperationCanceledException ? "no answer in time" : problem.Message;
            Volatile.Write(ref _failure, reason);
            LogFailure(issuer.Issuer, reason);
        }
    }

    [LoggerMessage(EventId = 2001, Level = LogLevel.Warning, Message = "Keys of issuer {Issuer} could not be fetched: {Reason}")]
    private partial void LogFailure(string issuer, string reason);

    private sealed record Held(KeySet Keys, long At);
}

/// <summary>How one issuer is doing.</summary>
/// <param name="Issuer">Its name.</param>
/// <param name="IsUsable">Whether its tokens can be checked now.</param>
/// <param name="KeysAge">Age of the keys in use; null when none were fetched yet.</param>
/// <param name="LastFailure">Why the last fetch failed; null when it did not.</param>
public sealed record IssuerState(string Issuer, bool IsUsable, TimeSpan? KeysAge, string? LastFailure);
