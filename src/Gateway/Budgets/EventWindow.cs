namespace Sallyport.Gateway.Budgets;

/// <summary>When the last events of one kind happened. Remembers at most <see cref="Capacity"/>, and none longer than the window. Not thread-safe.</summary>
internal sealed class EventWindow(TimeProvider time)
{
    /// <summary>Most events that are remembered; a limit above it would never be reached.</summary>
    public const int Capacity = 1000;

    /// <summary>How long one event counts.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromHours(1);

    private readonly Queue<long> _events = new();

    /// <summary>Events within the window.</summary>
    public int Count
    {
        get
        {
            while (_events.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= Length)
            {
                _events.Dequeue();
            }

            return _events.Count;
        }
    }

    public void Add()
    {
        if (_events.Count == Capacity)
        {
            _events.Dequeue();
        }

        _events.Enqueue(time.GetTimestamp());
    }

    /// <summary>How long until fewer than <paramref name="limit"/> events count.</summary>
    public TimeSpan UntilBelow(int limit)
    {
        var excess = Count - limit;
        return excess < 0 ? TimeSpan.Zero : Length - time.GetElapsedTime(_events.ElementAt(excess));
    }

    public void Clear() => _events.Clear();
}
