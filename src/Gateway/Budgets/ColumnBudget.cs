namespace Sallyport.Gateway.Budgets;

/// <summary>What one principal has tried on one tagged column of one target within the last hour. Not thread-safe.</summary>
internal sealed class ColumnBudget(ValueKey key, TimeProvider time)
{
    /// <summary>Comparisons without a row before it is a run; the same number of times four with rows keeps it from being one.</summary>
    public const int MissesOfRun = 20;

    private const int MissesPerHit = 4;

    private readonly PrefixWalk _walk = new(key, time);
    private readonly EventWindow _misses = new(time);
    private readonly EventWindow _hits = new(time);

    public TriedValues Tried { get; } = new(time);

    /// <summary>Takes in the values of a search. Returns how many were tried when they are steps of a walk, else 0.</summary>
    public int Walk(IReadOnlyList<TriedValue> values)
    {
        var tries = 0;
        foreach (var value in values)
        {
            tries = Math.Max(tries, _walk.Step(value.Bytes.Span));
        }

        return tries;
    }

    /// <summary>Takes in whether a comparison found a row. Returns the length of the run when nearly none does, else 0.</summary>
    public int Answered(bool found)
    {
        (found ? _hits : _misses).Add();
        var misses = _misses.Count;
        return !found && misses >= MissesOfRun && misses >= _hits.Count * MissesPerHit ? misses : 0;
    }
}
