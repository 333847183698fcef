using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets.Usage;

/// <summary>
/// What one principal, run or session has used of one budget. Use is taken before it happens, and the kept ceiling is raised before use passes it, in
/// steps of a thirty-second of each limit: so few writes, and after a crash the count is too high by a step and never too low. Thread-safe.
/// </summary>
internal sealed class UsageAccount(UsageKey key, UsageOwner owner, IUsageStore? store, TimeProvider time) : IDisposable
{
    /// <summary>Into how many steps a limit is cut.</summary>
    public const int Steps = 32;

    private static readonly UsageMeasure[] Measures = Enum.GetValues<UsageMeasure>();

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private UsageTotals _used;
    private UsageTotals _kept;
    private DateTimeOffset _since;
    private bool _isAnnounced;

    public UsageKey Key => key;

    public UsageOwner Owner => owner;

    /// <summary>Timestamp of the last use, for making room.</summary>
    public long LastUsed { get; private set; } = time.GetTimestamp();

    /// <summary>What is used now, and since when.</summary>
    public (UsageTotals Used, DateTimeOffset Since) Now(UsageBudget budget)
    {
        lock (_gate)
        {
            Renew(budget);
            return (_used, _since);
        }
    }

    /// <summary>Goes on with what was kept.</summary>
    public void Restore(StoredUsage stored)
    {
        lock (_gate)
        {
            (_used, _kept, _since) = (stored.Totals, stored.Totals, stored.Since);
        }
    }

    /// <summary>What is used up already, or null.</summary>
    public UsageStop? Reached(UsageBudget budget)
    {
        lock (_gate)
        {
            Renew(budget);
            foreach (var measure in Measures)
            {
                if (budget.Limits[measure] is { } limit && _used[measure] >= limit)
                {
                    return Stop(budget, measure, limit);
                }
            }

            return null;
        }
    }

    /// <summary>Takes an amount, all of it or nothing.</summary>
    /// <param name="budget">The limits in force.</param>
    /// <param name="amount">What is about to be used.</param>
    /// <param name="isFree">A human let it through: it is counted and not limited.</param>
    /// <returns>Null when it was taken and the ceiling that covers it is durable; else what is used up.</returns>
    /// <exception cref="UsageStoreException">The ceiling cannot be kept.</exception>
    public async ValueTask<UsageStop?> TakeAsync(UsageBudget budget, UsageTotals amount, bool isFree)
    {
        while (true)
        {
            lock (_gate)
            {
                Renew(budget);
                LastUsed = time.GetTimestamp();
                if (!isFree && Lacking(budget, amount) is { } stop)
                {
                    return stop;
                }

                if (IsCovered(budget, _used + amount))
                {
                    _used += amount;
                    return null;
                }
            }

            await RaiseAsync(budget, amount);
        }
    }

    /// <summary>How much of a measure one piece may be: small near the limit, so that sessions beside this one get some, too.</summary>
    public long Piece(UsageBudget budget, UsageMeasure measure, long most)
    {
        lock (_gate)
        {
            Renew(budget);
            return budget.Limits[measure] is { } limit ? Math.Clamp((limit - _used[measure]) / 8, 1, Math.Min(most, StepOf(limit))) : most;
        }
    }

    /// <summary>Gives back what was taken and not used. In memory only: what is kept may be too high.</summary>
    public void GiveBack(UsageTotals amount, DateTimeOffset takenAt)
    {
        lock (_gate)
        {
            if (takenAt >= _since)
            {
                _used -= amount;
            }
        }
    }

    /// <summary>A statement was let through: refusals are no longer in a row.</summary>
    public void EndDenials()
    {
        lock (_gate)
        {
            _used = _used with { Denials = 0 };
        }
    }

    /// <summary>Adds time that has passed already, and raises the ceiling beside it before it is reached.</summary>
    public void Add(UsageBudget budget, UsageTotals passed)
    {
        UsageTotals ahead;
        lock (_gate)
        {
            Renew(budget);
            _used += passed;
            ahead = budget.Limits.Time is { } limit ? new UsageTotals(Time: (StepOf(limit) / 2) + 1) : default;
            if (IsCovered(budget, _used + ahead))
            {
                return;
            }
        }

        _ = KeepAheadAsync(budget, ahead);
    }

    /// <summary>What to keep at an orderly end: exactly what was used. Null when that is what is kept.</summary>
    public StoredUsage? Final()
    {
        lock (_gate)
        {
            if (_used == _kept)
            {
                return null;
            }

            _kept = _used;
            return Stored(_used);
        }
    }

    public void Dispose() => _writing.Dispose();

    private static long StepOf(long limit) => Math.Max(1, limit / Steps);

    private static bool IsOver(UsageBudget budget, UsageMeasure measure, UsageTotals totals) => budget.Limits[measure] is { } limit && totals[measure] > limit;

    private UsageStop? Lacking(UsageBudget budget, UsageTotals amount)
    {
        foreach (var measure in Measures)
        {
            if (amount[measure] > 0 && IsOver(budget, measure, _used + amount))
            {
                return Stop(budget, measure, budget.Limits[measure]!.Value);
            }
        }

        return null;
    }

    private UsageStop Stop(UsageBudget budget, UsageMeasure measure, long limit)
    {
        var isFirst = !_isAnnounced;
        _isAnnounced = true;
        return new UsageStop(budget, measure, _used[measure], limit, budget.Window is { } window ? _since + window - time.GetUtcNow() : null, isFirst);
    }

    /// <summary>Whether what is kept is at least as much; what has no limit needs no ceiling.</summary>
    private bool IsCovered(UsageBudget budget, UsageTotals totals)
    {
        if (store is null)
        {
            return true;
        }

        foreach (var measure in Measures)
        {
            if (budget.Limits[measure] is not null && totals[measure] > _kept[measure])
            {
                return false;
            }
        }

        return true;
    }

    private async Task RaiseAsync(UsageBudget budget, UsageTotals amount)
    {
        await _writing.WaitAsync();
        try
        {
            UsageTotals ceiling;
            lock (_gate)
            {
                if (IsCovered(budget, _used + amount))
                {
                    return;
                }

                ceiling = Above(budget, _used + amount);
            }

            await store!.WriteAsync([Stored(ceiling)]);
            lock (_gate)
            {
                _kept = ceiling;
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task KeepAheadAsync(UsageBudget budget, UsageTotals ahead)
    {
        try
        {
            await RaiseAsync(budget, ahead);
        }
        catch (UsageStoreException)
        {
            // Nobody waits for this; the next statement asks again, and does not run if it still fails.
        }
    }

    private static UsageTotals Above(UsageBudget budget, UsageTotals totals)
    {
        long Ceiling(UsageMeasure measure) => totals[measure] + (budget.Limits[measure] is { } limit ? StepOf(limit) : 0);
        return new UsageTotals(
            Ceiling(UsageMeasure.Statements), Ceiling(UsageMeasure.Rows), Ceiling(UsageMeasure.PhiCells), Ceiling(UsageMeasure.Bytes), totals.Denials, Ceiling(UsageMeasure.Time));
    }

    private StoredUsage Stored(UsageTotals totals) => new(key, owner, _since, totals, time.GetUtcNow());

    /// <summary>Begins a new window when the one before is over; the first use begins the first.</summary>
    private void Renew(UsageBudget budget)
    {
        var now = time.GetUtcNow();
        if (_since == default || (budget.Window is { } window && now - _since >= window))
        {
            (_used, _kept, _since, _isAnnounced) = (default, default, now, false);
        }
    }
}
