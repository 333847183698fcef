namespace Sallyport.Server.Metrics;

/// <summary>The current value of one instrument under one set of labels.</summary>
internal sealed class MetricSeries(string labels, int bucketCount)
{
    private readonly long[] _buckets = new long[bucketCount];
    private double _value;
    private long _count;

    /// <summary>Labels as they stand between the braces.</summary>
    public string Labels { get; } = labels;

    public double Value => Volatile.Read(ref _value);

    public long Count => Interlocked.Read(ref _count);

    public long Bucket(int index) => Interlocked.Read(ref _buckets[index]);

    public void Set(double value) => Volatile.Write(ref _value, value);

    public void Add(double delta)
    {
        var seen = Volatile.Read(ref _value);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref _value, seen + delta, seen);
            if (before.Equals(seen))
            {
                return;
            }
            seen = before;
        }
    }

    /// <param name="value">The measured value; added to the sum.</param>
    /// <param name="bucket">The first bucket it fits in, or past the end.</param>
    public void Observe(double value, int bucket)
    {
        if (bucket < _buckets.Length)
        {
            Interlocked.Increment(ref _buckets[bucket]);
        }
        Interlocked.Increment(ref _count);
        Add(value);
    }
}
