namespace Sallyport.Gateway.Budgets;

/// <summary>
/// Notices search values that grow character by character: <c>A%</c>, <c>B%</c>, <c>BA%</c>, <c>BAD%</c>. A value's depth is one more than that of the
/// longest beginning of it that was tried before, in any order and with anything in between. Keeps keyed hashes, at most <see cref="Capacity"/>. Not thread-safe.
/// </summary>
internal sealed class PrefixWalk(ValueKey key, TimeProvider time)
{
    /// <summary>Most values that are remembered; the oldest go first.</summary>
    public const int Capacity = 1024;

    /// <summary>How often a tried value has to be made longer, and how many values must have been tried, before it is a walk.</summary>
    public const int Depth = 3;

    /// <inheritdoc cref="Depth"/>
    public const int Tries = 12;

    /// <summary>Longest beginning that is looked at.</summary>
    private const int MaxBytes = 48;

    private const int PrefixForm = -1;

    private readonly Dictionary<UInt128, int> _depths = [];
    private readonly Queue<(UInt128 Value, long At)> _order = new();

    /// <summary>Takes in one search value.</summary>
    /// <returns>How many values the walk has tried, when this one is a step of a walk; else 0.</returns>
    public int Step(ReadOnlySpan<byte> value)
    {
        Expire();
        var text = value.TrimEnd("%_*"u8);
        text = text[..Math.Min(text.Length, MaxBytes)];
        if (text.IsEmpty)
        {
            return 0;
        }

        var depth = 1;
        for (var length = text.Length - 1; length > 0 && depth == 1; length--)
        {
            if (_depths.TryGetValue(key.Of(PrefixForm, text[..length]), out var parent))
            {
                depth = parent + 1;
            }
        }

        var hash = key.Of(PrefixForm, text);
        if (_depths.TryAdd(hash, depth))
        {
            _order.Enqueue((hash, time.GetTimestamp()));
        }

        return depth > Depth && _depths.Count >= Tries ? _depths.Count : 0;
    }

    private void Expire()
    {
        while (_order.TryPeek(out var oldest) && (_order.Count >= Capacity || time.GetElapsedTime(oldest.At) >= EventWindow.Length))
        {
            _depths.Remove(_order.Dequeue().Value);
        }
    }
}
