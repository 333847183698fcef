namespace Sallyport.Evidence.Log;

/// <summary>What the room on the ledger's disk allows.</summary>
public enum DiskState
{
    Normal,

    /// <summary>No new session may begin.</summary>
    Low,

    /// <summary>No statement may begin either. What has begun is still recorded to its end.</summary>
    Critical,
}

/// <summary>
/// Watches the free room on the ledger's disk, so that sessions and statements are refused while there is still room to record how the others
/// end. A state is left only when a quarter more than its mark is free, so that it does not flicker. Thread-safe.
/// </summary>
public sealed class DiskGuard
{
    private readonly string _directory;
    private readonly long _lowBytes;
    private readonly long _criticalBytes;
    private readonly Func<string, long> _freeBytes;
    private int _state;

    /// <param name="directory">The ledger's directory.</param>
    /// <param name="lowBytes">Below this much free room the state is low; 0 switches the mark off.</param>
    /// <param name="criticalBytes">Below this it is critical; not above <paramref name="lowBytes"/>.</param>
    /// <param name="freeBytes">Measures; null for the file system.</param>
    public DiskGuard(string directory, long lowBytes, long criticalBytes, Func<string, long>? freeBytes = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(criticalBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(criticalBytes, lowBytes);
        (_directory, _lowBytes, _criticalBytes) = (directory, lowBytes, criticalBytes);
        _freeBytes = freeBytes ?? FreeBytesOf;
    }

    public DiskState State => (DiskState)Volatile.Read(ref _state);

    /// <summary>Free room at the last look, in bytes.</summary>
    public long FreeBytes { get; private set; }

    /// <summary>Looks again. One caller at a time.</summary>
    /// <returns>Whether the state changed.</returns>
    public bool Look()
    {
        FreeBytes = _freeBytes(_directory);
        var before = State;
        var after = StateOf(FreeBytes, before);
        Volatile.Write(ref _state, (int)after);
        return after != before;
    }

    /// <exception cref="LedgerUnavailableException">The disk is low, so no new session may begin.</exception>
    public void AllowSession()
    {
        if (State != DiskState.Normal)
        {
            throw new LedgerUnavailableException("The ledger's disk is nearly full: no new session may begin.");
        }
    }

    /// <exception cref="LedgerUnavailableException">The disk is critically full, so no statement may begin.</exception>
    public void AllowStatement()
    {
        if (State == DiskState.Critical)
        {
            throw new LedgerUnavailableException("The ledger's disk is full: no statement may begin.");
        }
    }

    private static long FreeBytesOf(string directory) => new DriveInfo(directory).AvailableFreeSpace;

    private static long WithMargin(long mark) => mark + mark / 4;

    private DiskState StateOf(long free, DiskState before)
    {
        if (free < (before == DiskState.Critical ? WithMargin(_criticalBytes) : _criticalBytes))
        {
            return DiskState.Critical;
        }
        return free < (before == DiskState.Normal ? _lowBytes : WithMargin(_lowBytes)) ? DiskState.Low : DiskState.Normal;
    }
}
