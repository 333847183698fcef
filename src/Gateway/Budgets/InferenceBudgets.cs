using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets;

/// <summary>
/// The budgets of every principal at every target. They outlive sessions and end with the process; a principal and target that nobody used for an
/// hour owes nothing and is forgotten. Thread-safe.
/// </summary>
public sealed class InferenceBudgets(TimeProvider time)
{
    /// <summary>Most principals times targets with a budget of their own. Past it the one unused for longest is forgotten.</summary>
    public const int MaxPrincipals = 10_000;

    private readonly ValueKey _key = new();
    private readonly Dictionary<(string Principal, string Target), PrincipalBudget> _budgets = [];
    private readonly Lock _gate = new();

    /// <summary>The budget of a new session.</summary>
    /// <param name="principalId">The opaque id of who calls.</param>
    /// <param name="target">The target's name.</param>
    /// <param name="policy">The limits in force now.</param>
    public SessionBudget ForSession(string principalId, string target, Func<InferencePolicy> policy) =>
        new(Find(principalId, target), policy, _key, time);

    /// <summary>How many are remembered.</summary>
    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _budgets.Count;
            }
        }
    }

    private PrincipalBudget Find(string principalId, string target)
    {
        lock (_gate)
        {
            if (!_budgets.TryGetValue((principalId, target), out var budget))
            {
                MakeRoom();
                budget = new PrincipalBudget(_key, time);
                _budgets.Add((principalId, target), budget);
            }

            budget.LastUsed = time.GetTimestamp();
            return budget;
        }
    }

    private void MakeRoom()
    {
        if (_budgets.Count < MaxPrincipals)
        {
            return;
        }

        var idle = _budgets.Where(b => time.GetElapsedTime(b.Value.LastUsed) >= EventWindow.Length).Select(b => b.Key).ToList();
        if (idle.Count == 0)
        {
            idle.Add(_budgets.MinBy(b => b.Value.LastUsed).Key);
        }

        foreach (var key in idle)
        {
            _budgets.Remove(key);
        }
    }
}
