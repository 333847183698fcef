namespace Sallyport.Gateway.Masking;

/// <summary>
/// The vaults that several sessions of one caller share at one target. A vault nobody uses any more is kept for a while, because agents connect anew for
/// every question; then it is overwritten. Thread-safe.
/// </summary>
public sealed class TokenVaults
{
    /// <summary>How long a vault outlives its last session.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromMinutes(15);

    /// <summary>Most vaults kept without a session: 256 MiB at worst.</summary>
    public const int MaxIdle = 256;

    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    public TokenVaults(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _sweep = time.CreateTimer(static state => ((TokenVaults)state!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Vaults in memory now.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    internal TokenVault Lease(string name)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(name, out var entry))
            {
                entry = _entries[name] = new Entry();
            }

            entry.Users++;
            return entry.Vault;
        }
    }

    internal void Return(string name)
    {
        lock (_lock)
        {
            var entry = _entries[name];
            entry.IdleSince = _time.GetTimestamp();
            if (--entry.Users == 0)
            {
                Drop();
                _sweep.Change(Kept, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Sweep()
    {
        lock (_lock)
        {
            Drop();
            if (_entries.Values.Any(static entry => entry.Users == 0))
            {
                _sweep.Change(Kept, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Overwrites what was idle too long, and the oldest of too many.</summary>
    private void Drop()
    {
        var idle = _entries.Where(static entry => entry.Value.Users == 0).OrderBy(static entry => entry.Value.IdleSince).ToList();
        var tooMany = Math.Max(0, idle.Count - MaxIdle);
        foreach (var (name, entry) in idle.Where((entry, index) => index < tooMany || _time.GetElapsedTime(entry.Value.IdleSince) >= Kept))
        {
            entry.Vault.Dispose();
            _entries.Remove(name);
        }
    }

    private sealed class Entry
    {
        public TokenVault Vault { get; } = new();

        public int Users { get; set; }

        public long IdleSince { get; set; }
    }
}
