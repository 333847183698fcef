using Sallyport.Gateway.Budgets.Usage;

namespace Sallyport.Unit.Gateway.Budgets.Usage;

/// <summary>Counters in memory, as a database would keep them.</summary>
internal sealed class MemoryUsageStore : IUsageStore
{
    private readonly Dictionary<UsageKey, StoredUsage> _kept = [];

    public int Writes { get; private set; }

    public bool IsBroken { get; set; }

    public Task<IReadOnlyList<StoredUsage>> LoadAsync() => Task.FromResult<IReadOnlyList<StoredUsage>>([.. _kept.Values]);

    public Task WriteAsync(IReadOnlyList<StoredUsage> counters)
    {
        if (IsBroken)
        {
            throw new UsageStoreException("broken", new IOException());
        }

        Writes++;
        foreach (var counter in counters)
        {
            _kept[counter.Key] = counter;
        }

        return Task.CompletedTask;
    }
}
