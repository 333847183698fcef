namespace Sallyport.Gateway.Budgets;

/// <summary>The different values one column was compared with within the last hour, as keyed hashes. Bounded by the limit it is asked with. Not thread-safe.</summary>
internal sealed class TriedValues(TimeProvider time)
{
    private readonly HashSet<UInt128> _known = [];
    private readonly Queue<(UInt128 Value, long At)> _order = new();

    /// <summary>Different values within the hour.</summary>
    public int Count
    {
        get
        {
            while (_order.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At) >= EventWindow.Length)
            {
                _known.Remove(_order.Dequeue().Value);
            }

            return _known.Count;
        }
    }

    /// <summary>How many of the values are new within the hour.</summary>
    public int CountNew(IReadOnlyCollection<UInt128> values)
    {
        _ = Count;
        return values.Count(value => !_known.Contains(value));
    }

    /// <summary>Adds what is new. A value that is tried again counts from its first time.</summary>
    public void Add(IReadOnlyCollection<UInt128> values)
    {
        foreach (var value in values)
        {
            if (_known.Add(value))
            {
                _order.Enqueue((value, time.GetTimestamp()));
            }
        }
    }

    /// <summary>How long until the first of the values is forgotten.</summary>
    public TimeSpan UntilNextFree => Count == 0 ? TimeSpan.Zero : EventWindow.Length - time.GetElapsedTime(_order.Peek().At);
}
