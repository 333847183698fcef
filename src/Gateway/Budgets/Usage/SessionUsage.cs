using System.Collections.Immutable;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets.Usage;

/// <summary>One session's view of the budgets that concern it: asked before each statement, and while its result flows. Used by one session.</summary>
public sealed class SessionUsage
{
    private readonly UsageBudgets _shared;
    private readonly Principal _principal;
    private readonly string _target;
    private readonly string _sessionId;
    private readonly Func<PolicySnapshot> _policy;
    private readonly TimeProvider _time;
    private PolicySnapshot? _snapshot;
    private ImmutableArray<(UsageBudget Budget, UsageAccount Account)> _accounts = [];

    internal SessionUsage(UsageBudgets shared, Principal principal, string target, string sessionId, Func<PolicySnapshot> policy, TimeProvider time)
    {
        _shared = shared;
        _principal = principal;
        _target = target;
        _sessionId = sessionId;
        _policy = policy;
        _time = time;
    }

    /// <summary>Whether any budget concerns the session now.</summary>
    public bool Any => !Accounts.IsEmpty;

    private ImmutableArray<(UsageBudget Budget, UsageAccount Account)> Accounts
    {
        get
        {
            var snapshot = _policy();
            if (!ReferenceEquals(snapshot, _snapshot))
            {
                _snapshot = snapshot;
                _accounts = [.. snapshot.Budgets.Where(b => b.Concerns(_principal, _target)).Select(b => (b, _shared.Account(b, _principal, _sessionId)))];
            }

            return _accounts;
        }
    }

    /// <summary>What is used up already, the strictest first; null when a statement may run.</summary>
    public UsageStop? Reached()
    {
        UsageStop? found = null;
        foreach (var (budget, account) in Accounts)
        {
            if (account.Reached(budget) is { } stop && (found is null || Rank(stop) > Rank(found)))
            {
                found = stop;
            }
        }

        return found;
    }

    /// <summary>Counts one statement that is about to run, and ends a row of refusals.</summary>
    /// <param name="isFree">A human let it through.</param>
    /// <returns>What is used up; null when it may run.</returns>
    /// <exception cref="UsageStoreException">It cannot be counted.</exception>
    public async ValueTask<UsageStop?> BeginAsync(bool isFree)
    {
        foreach (var (budget, account) in Accounts)
        {
            if (await account.TakeAsync(budget, new UsageTotals(Statements: 1), IsFree(budget, isFree)) is { } stop)
            {
                return stop;
            }

            account.EndDenials();
        }

        return null;
    }

    /// <summary>Counts a refusal.</summary>
    /// <exception cref="UsageStoreException">It cannot be counted.</exception>
    public async ValueTask DeniedAsync()
    {
        foreach (var (budget, account) in Accounts)
        {
            if (budget.Limits.Denials is not null)
            {
                await account.TakeAsync(budget, new UsageTotals(Denials: 1), isFree: true);
            }
        }
    }

    /// <summary>The meter of one execution; null when no budget concerns the session.</summary>
    /// <param name="isFree">A human let it through.</param>
    public UsageLease? Meter(bool isFree) => Accounts.IsEmpty ? null : new UsageLease(Accounts, isFree, _time);

    /// <summary>Forgets what was counted for this session alone.</summary>
    public void End()
    {
        foreach (var (budget, account) in _accounts)
        {
            if (budget.Per == UsageScope.Session)
            {
                _shared.Forget(account);
                account.Dispose();
            }
        }
    }

    /// <summary>A human may let things past a limit that asks, and past no other.</summary>
    internal static bool IsFree(UsageBudget budget, bool isApproved) => isApproved && budget.AtLimit == UsageAction.Ask;

    private static int Rank(UsageStop stop) => stop.Budget.AtLimit switch
    {
        UsageAction.Kill => 2,
        UsageAction.Deny => 1,
        _ => 0,
    };
}
