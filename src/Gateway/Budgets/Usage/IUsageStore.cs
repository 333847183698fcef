namespace Sallyport.Gateway.Budgets.Usage;

/// <summary>Where counters of budgets are kept over restarts. What is kept is a ceiling: written before use goes above it, so after a crash it is too high, never too low.</summary>
public interface IUsageStore
{
    /// <summary>Every counter that is kept.</summary>
    Task<IReadOnlyList<StoredUsage>> LoadAsync();

    /// <summary>Keeps counters; durable on return.</summary>
    /// <exception cref="UsageStoreException">They cannot be written.</exception>
    Task WriteAsync(IReadOnlyList<StoredUsage> counters);
}

/// <summary>One counter as it is kept.</summary>
/// <param name="Key">What is counted for whom.</param>
/// <param name="Owner">Who it is, for people.</param>
/// <param name="Since">When its window began.</param>
/// <param name="Totals">The ceiling.</param>
/// <param name="UpdatedAt">When it was written.</param>
public sealed record StoredUsage(UsageKey Key, UsageOwner Owner, DateTimeOffset Since, UsageTotals Totals, DateTimeOffset UpdatedAt);

/// <summary>Names one counter.</summary>
/// <param name="Budget">The budget's name.</param>
/// <param name="Scope">Whose use: the principal's id, <c>run:</c> and a hash, or <c>session:</c> and the session's id.</param>
public readonly record struct UsageKey(string Budget, string Scope);

/// <summary>Who a counter is about.</summary>
/// <param name="PrincipalId">The opaque id of the first principal that used it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Issuer">Its issuer.</param>
/// <param name="Subject">The token's subject: for an agent that acts for somebody, the human.</param>
/// <param name="RunId">The run, or empty.</param>
public sealed record UsageOwner(string PrincipalId, string Name, string Issuer, string Subject, string RunId);

/// <summary>Counters cannot be kept, so nothing that needs one may run.</summary>
public sealed class UsageStoreException(string message, Exception inner) : Exception(message, inner);
