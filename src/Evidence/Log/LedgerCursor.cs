namespace Sallyport.Evidence.Log;

/// <summary>
/// A place in the log of a ledger that is open, from which durable records are read in order. Reads the segments on its own and takes nothing from the
/// writer. Not thread-safe.
/// </summary>
/// <param name="ledger">The ledger.</param>
/// <param name="start">Index of the first record to read.</param>
public sealed class LedgerCursor(Ledger ledger, long start) : IDisposable
{
    private readonly LogReader _reader = new(Path.Combine(ledger.Directory, SegmentFormat.WalName), start);

    /// <summary>Index of the next record.</summary>
    public long Next => _reader.Next;

    /// <summary>Delivers index and bytes of the records that are durable now, until one for which <paramref name="goesOn"/> is false. The memory is valid during the call.</summary>
    /// <exception cref="LedgerCorruptException">A durable record cannot be read back, or the ledger ends before the cursor.</exception>
    public void Read(Func<long, ReadOnlyMemory<byte>, bool> goesOn)
    {
        var end = ledger.DurableRecords;
        if (Next > end)
        {
            throw new LedgerCorruptException($"The next record to read is {Next}, but there are only {end}.");
        }
        _reader.ReadWhile(end, goesOn);
    }

    public void Dispose() => _reader.Dispose();
}
