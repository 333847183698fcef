namespace Sallyport.Evidence.Log;

/// <summary>Where a ledger lives and its limits.</summary>
public sealed record LedgerOptions
{
    /// <summary>The ledger's own directory; nothing else may be in it.</summary>
    public required string Directory { get; init; }

    /// <summary>The name in every checkpoint, e.g. <c>gateway.clinic.example/audit/gw-1</c>: no space, no plus sign.</summary>
    public required string Origin { get; init; }

    /// <summary>
    /// Where the highest signed size is kept, outside <see cref="Directory"/>, so that a rolled-back copy of the directory is found out.
    /// Empty: the sibling <c>DIRECTORY.witness</c>.
    /// </summary>
    public string WitnessDirectory { get; init; } = "";

    /// <summary>Size of one write-ahead segment in bytes, zero-filled before use. A multiple of 4,096.</summary>
    public long SegmentBytes { get; init; } = 64L << 20;

    /// <summary>Backlog limit: bytes appended and not yet handed to the disk. Beyond it <see cref="Ledger.Append"/> throws.</summary>
    public int MaxPendingBytes { get; init; } = 64 << 20;

    /// <summary>How long a record nobody waits for may stay in memory before it is written.</summary>
    public TimeSpan LazyDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Time between checkpoints of a growing log.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Free room on the ledger's disk below which no new session may begin, in bytes; 0 for no such mark.</summary>
    public long DiskLowBytes { get; init; }

    /// <summary>Free room below which no statement may begin either, in bytes; not above <see cref="DiskLowBytes"/>.</summary>
    public long DiskCriticalBytes { get; init; }

    /// <summary>Measures the free room for a directory; null for the file system.</summary>
    public Func<string, long>? FreeBytes { get; init; }

    /// <summary>Told, on the writer thread, how long the first awaited record of each batch waited until it was durable. Must be quick.</summary>
    public Action<TimeSpan>? BatchDurable { get; init; }

    /// <summary>
    /// Told every record's index and bytes as it enters the signed tree, in order, one at a time; the memory is valid during the call. Begins
    /// where the records end that <see cref="Ledger.OpenAsync"/> delivered. Must be quick and must not throw.
    /// </summary>
    public Action<long, ReadOnlyMemory<byte>>? RecordPublished { get; init; }

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal string WitnessDirectoryOrDefault =>
        WitnessDirectory.Length > 0 ? WitnessDirectory : Path.TrimEndingDirectorySeparator(Path.GetFullPath(Directory)) + ".witness";
}
