namespace Sallyport.Evidence.Log;

/// <summary>Frames that go to the disk together, and who waits for them. Two of them alternate: one fills while the other is written.</summary>
internal sealed class Batch(int maxBytes)
{
    private const int InitialBytes = 64 << 10;
    private const int KeptBytes = 4 << 20;

    private readonly List<DurableWaiter> _waiters = [];
    private readonly List<(SynchronizationContext? Context, DurableWaiter First, DurableWaiter Last)> _chains = [];
    private byte[] _buffer = new byte[InitialBytes];
    private int _length;

    public int Records { get; private set; }

    public long FirstIndex { get; private set; }

    /// <summary>Whether somebody waits for a record of this batch.</summary>
    public bool Urgent => _waiters.Count > 0;

    /// <summary>Timestamp of the first awaited record; meaningful while <see cref="Urgent"/>.</summary>
    public long UrgentSince { get; private set; }

    public ReadOnlyMemory<byte> Frames => _buffer.AsMemory(0, _length);

    public bool HasRoomFor(int leafBytes) => _length + FrameFormat.SizeOf(leafBytes) <= maxBytes;

    public void Add(ReadOnlySpan<byte> leaf, uint leafCrc, long index)
    {
        if (Records == 0)
        {
            FirstIndex = index;
        }
        var size = FrameFormat.SizeOf(leaf.Length);
        if (_buffer.Length - _length < size)
        {
            Array.Resize(ref _buffer, Math.Max((int)Math.Min(2L * _buffer.Length, maxBytes), _length + size));
        }
        // All of the batch before this one is durable by the time this batch is written.
        FrameFormat.Write(_buffer.AsSpan(_length, size), leaf, leafCrc, index, FirstIndex);
        _length += size;
        Records++;
    }

    public void AddWaiter(DurableWaiter waiter, TimeProvider time)
    {
        if (_waiters.Count == 0)
        {
            UrgentSince = time.GetTimestamp();
        }
        _waiters.Add(waiter);
    }

    /// <summary>Tells everybody who waits, once per context, and empties the batch.</summary>
    public void Complete(Exception? failure)
    {
        foreach (var waiter in _waiters)
        {
            if (waiter.TryComplete(failure))
            {
                Chain(waiter);
            }
        }
        _waiters.Clear();
        foreach (var (context, first, _) in _chains)
        {
            DurableWaiter.Release(context, first);
        }
        _chains.Clear();
        _length = 0;
        Records = 0;
        if (_buffer.Length > KeptBytes)
        {
            _buffer = new byte[InitialBytes];
        }
    }

    private void Chain(DurableWaiter waiter)
    {
        for (var i = 0; i < _chains.Count; i++)
        {
            var (context, first, last) = _chains[i];
            if (ReferenceEquals(context, waiter.Context))
            {
                last.Next = waiter;
                _chains[i] = (context, first, waiter);
                return;
            }
        }
        _chains.Add((waiter.Context, waiter, waiter));
    }
}
