using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets.Usage;

/// <summary>Every counter of the configured budgets, over all sessions and restarts. Thread-safe.</summary>
public sealed class UsageBudgets : IAsyncDisposable
{
    /// <summary>Most counters. Past it the one unused for longest is forgotten.</summary>
    public const int MaxAccounts = 100_000;

    /// <summary>How long a counter is kept that nobody uses.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(31);

    private readonly Dictionary<UsageKey, UsageAccount> _accounts = [];
    private readonly Lock _gate = new();
    private readonly IUsageStore? _store;
    private readonly TimeProvider _time;

    private UsageBudgets(IUsageStore? store, TimeProvider time)
    {
        _store = store;
        _time = time;
    }

    /// <summary>Takes in what was kept.</summary>
    public static async Task<UsageBudgets> LoadAsync(IUsageStore store, TimeProvider time)
    {
        var budgets = new UsageBudgets(store, time);
        foreach (var stored in await store.LoadAsync())
        {
            var account = new UsageAccount(stored.Key, stored.Owner, store, time);
            account.Restore(stored);
            budgets._accounts[stored.Key] = account;
        }

        return budgets;
    }

    /// <summary>Counters that are kept nowhere, for sessions that no budget concerns.</summary>
    public static UsageBudgets InMemory(TimeProvider time) => new(store: null, time);

    /// <summary>The budgets of a new session.</summary>
    /// <param name="principal">Who calls.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="sessionId">The session.</param>
    /// <param name="policy">The policy in force.</param>
    public SessionUsage ForSession(Principal principal, string target, string sessionId, Func<PolicySnapshot> policy) =>
        new(this, principal, target, sessionId, policy, _time);

    /// <summary>Every counter of a budget that is configured now.</summary>
    /// <param name="budgets">The configured budgets.</param>
    /// <param name="sees">Whose counters are wanted.</param>
    public IReadOnlyList<UsageReport> Report(IEnumerable<UsageBudget> budgets, Func<UsageOwner, bool> sees)
    {
        var byName = budgets.ToDictionary(b => b.Name, StringComparer.Ordinal);
        List<UsageAccount> accounts;
        lock (_gate)
        {
            accounts = [.. _accounts.Values.Where(a => byName.ContainsKey(a.Key.Budget) && sees(a.Owner))];
        }

        return
        [
            .. accounts.Select(account =>
            {
                var budget = byName[account.Key.Budget];
                var (used, since) = account.Now(budget);
                return new UsageReport(budget, account.Key.Scope, account.Owner, used, since);
            }).OrderBy(r => r.Budget.Name, StringComparer.Ordinal).ThenBy(r => r.Scope, StringComparer.Ordinal),
        ];
    }

    /// <summary>Keeps exactly what was used. Call when no session is left.</summary>
    public async ValueTask DisposeAsync()
    {
        List<UsageAccount> accounts;
        lock (_gate)
        {
            accounts = [.. _accounts.Values];
            _accounts.Clear();
        }

        var changed = accounts.Where(a => !a.Key.Scope.StartsWith(SessionPrefix, StringComparison.Ordinal)).Select(a => a.Final()).OfType<StoredUsage>().ToList();
        if (changed.Count > 0 && _store is not null)
        {
            await _store.WriteAsync(changed);
        }

        accounts.ForEach(static account => account.Dispose());
    }

    internal const string SessionPrefix = "session:";

    internal UsageAccount Account(UsageBudget budget, Principal principal, string sessionId)
    {
        var isOfSession = budget.Per == UsageScope.Session;
        var key = new UsageKey(budget.Name, isOfSession ? SessionPrefix + sessionId : budget.Per == UsageScope.Run && principal.RunId.Length > 0 ? RunOf(principal) : principal.Id);
        lock (_gate)
        {
            if (_accounts.TryGetValue(key, out var account))
            {
                return account;
            }

            if (_accounts.Count >= MaxAccounts)
            {
                _accounts.Remove(_accounts.MinBy(static a => a.Value.LastUsed).Key);
            }

            var owner = new UsageOwner(principal.Id, principal.Name, principal.Issuer, principal.Subject, budget.Per == UsageScope.Principal ? "" : principal.RunId);
            account = new UsageAccount(key, owner, isOfSession ? null : _store, _time);
            _accounts.Add(key, account);
            return account;
        }
    }

    internal void Forget(UsageAccount account)
    {
        lock (_gate)
        {
            _accounts.Remove(account.Key);
        }
    }

    /// <summary>Run identifiers are an issuer's own.</summary>
    private static string RunOf(Principal principal) =>
        "run:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{principal.Issuer}\0{principal.RunId}")).AsSpan(0, 16));
}

/// <summary>One counter for people.</summary>
/// <param name="Budget">The budget as it is configured now.</param>
/// <param name="Scope">What tells the counter from others of the budget.</param>
/// <param name="Owner">Whose use.</param>
/// <param name="Used">How much.</param>
/// <param name="Since">When the window began.</param>
public sealed record UsageReport(UsageBudget Budget, string Scope, UsageOwner Owner, UsageTotals Used, DateTimeOffset Since);
