using Sallyport.Evidence.Records;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Log;

/// <summary>
/// The append-only log of one gateway. Records go through one writer thread with natural group commit: what queued during
/// the last sync is the next batch. A write that fails ends the ledger for this process; nothing is retried.
/// </summary>
public sealed class Ledger : IAsyncDisposable
{
    private const string LockName = "lock";

    private readonly LedgerOptions _options;
    private readonly FileStream _lock;
    private readonly SigningKey _key;
    private readonly SegmentStore _segments;
    private readonly Publisher _publisher;
    private readonly Thread _writer;
    private readonly object _gate = new();
    private Batch _filling;
    private Batch _writing;
    private WriterState _state = WriterState.Busy;
    private bool _closing;
    private bool _disposed;
    private Exception? _failure;
    private long _next;
    private long _durable;

    private Ledger(LedgerOptions options, FileStream directoryLock, SigningKey key, SegmentStore segments, TileWriter tiles, SignedSize signedSize)
    {
        _options = options;
        _lock = directoryLock;
        _key = key;
        _segments = segments;
        _next = _durable = tiles.Size;
        _filling = new Batch(options.MaxPendingBytes);
        _writing = new Batch(options.MaxPendingBytes);
        _publisher = new Publisher(options, key, signedSize, tiles, () => DurableRecords, Fail);
        _writer = new Thread(WriteLoop) { IsBackground = true, Name = "ledger writer" };
    }

    private enum WriterState
    {
        Busy,

        /// <summary>Waits for a while: only a record somebody waits for wakes it.</summary>
        Resting,

        /// <summary>Waits without end: any record wakes it.</summary>
        Idle,
    }

    public string Origin => _options.Origin;

    public string Directory => _options.Directory;

    /// <summary>Raw Ed25519 public key of the checkpoints.</summary>
    public ReadOnlyMemory<byte> PublicKey => _key.PublicKey;

    /// <summary>The C2SP verifier key to hand to an auditor.</summary>
    public string VerifierKey => VerificationKey.Format(Origin, _key.PublicKey);

    /// <summary>How many records are on disk.</summary>
    public long DurableRecords => Volatile.Read(ref _durable);

    /// <summary>Why nothing can be appended any more, or null.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>The newest signed tree head, or null before the first.</summary>
    public Checkpoint? NewestCheckpoint => _publisher.Newest;

    /// <summary>Opens or creates a ledger: recovers, checks everything against what was signed before, then serves.</summary>
    /// <param name="options">Directory, origin and limits.</param>
    /// <param name="onRecord">Gets index and bytes of every record already there, in order, before this returns; the memory is valid during the call.</param>
    /// <param name="cancellationToken">Cancels waiting before recovery starts.</param>
    /// <exception cref="LedgerCorruptException">Damage, a rollback, or a foreign key.</exception>
    /// <exception cref="LedgerUnavailableException">Another process has the directory.</exception>
    public static Task<Ledger> OpenAsync(LedgerOptions options, Action<long, ReadOnlyMemory<byte>>? onRecord = null, CancellationToken cancellationToken = default)
    {
        Check(options);
        return Task.Run(() => Open(options, onRecord), cancellationToken);
    }

    /// <summary>
    /// Gives a record its place and queues it. Never blocks: copies the bytes and returns. Thread-safe; order of return is order in the log.
    /// </summary>
    /// <exception cref="LedgerUnavailableException">Nothing can be made durable, or <see cref="LedgerOptions.MaxPendingBytes"/> is reached.</exception>
    public Appended Append(ReadOnlySpan<byte> leaf)
    {
        var waiter = DurableWaiter.Rent();
        var durable = waiter.AsValueTask();
        var (index, hash) = Add(leaf, waiter);
        return new Appended(index, hash, durable);
    }

    /// <summary>As <see cref="Append"/> for a record nobody waits for: it rides with the next batch, at the latest after <see cref="LedgerOptions.LazyDelay"/>.</summary>
    /// <exception cref="LedgerUnavailableException">As <see cref="Append"/>.</exception>
    public (long Index, LeafHash Hash) AppendLazily(ReadOnlySpan<byte> leaf) => Add(leaf, waiter: null);

    /// <summary>Brings tiles and a signed checkpoint up to everything durable now.</summary>
    public async Task<Checkpoint> PublishAsync(CancellationToken cancellationToken = default) =>
        (await PublishNoteAsync(cancellationToken).ConfigureAwait(false)).Head;

    /// <summary>As <see cref="PublishAsync"/>, with the signed note of the tree head it returns.</summary>
    public Task<(Checkpoint Head, byte[] Note)> PublishNoteAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfFailed();
        return _publisher.PublishNoteAsync(cancellationToken);
    }

    /// <summary>Ends appending for good, because what is on disk contradicts what was signed before.</summary>
    /// <param name="reason">What was found, e.g. a witness that has seen more records than there are.</param>
    public void Refuse(LedgerCorruptException reason) => Fail(reason);

    /// <summary>Writes what is queued, publishes a last checkpoint and releases the directory. Appending throws from now on.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }
            _disposed = true;
            _closing = true;
            Monitor.PulseAll(_gate);
        }
        try
        {
            await Task.Run(_writer.Join).ConfigureAwait(false);
            await _publisher.StopAsync(publish: _failure is null).ConfigureAwait(false);
        }
        finally
        {
            _publisher.Dispose();
            _segments.Dispose();
            _key.Dispose();
            await _lock.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static void Check(LedgerOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.Directory);
        ArgumentException.ThrowIfNullOrEmpty(options.Origin);
        if (options.Origin.AsSpan().ContainsAnyInRange('\0', ' ') || options.Origin.Contains('+', StringComparison.Ordinal))
        {
            throw new ArgumentException("An origin has no spaces, control characters or plus signs.", nameof(options));
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SegmentBytes, SegmentFormat.MinSegmentBytes, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNotEqual(options.SegmentBytes % SegmentFormat.BlockBytes, 0, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxPendingBytes, FrameFormat.SizeOf(RecordLimits.MaxLeafBytes), nameof(options));
    }

    private static Ledger Open(LedgerOptions options, Action<long, ReadOnlyMemory<byte>>? onRecord)
    {
        options = options with { Directory = Path.GetFullPath(options.Directory) };
        System.IO.Directory.CreateDirectory(options.Directory);
        var directoryLock = TakeLock(options.Directory);
        SigningKey? key = null;
        SegmentStore? segments = null;
        try
        {
            var signedSize = new SignedSize(options.WitnessDirectoryOrDefault, options.Origin);
            var (recovered, tiles) = LedgerRecovery.Run(options, signedSize, onRecord);
            key = SigningKey.Open(options.Directory, options.Origin, mayCreate: recovered.NewestSegment is null);
            LedgerRecovery.CheckCheckpointSignature(options, key);
            segments = new SegmentStore(Path.Combine(options.Directory, SegmentFormat.WalName), options.SegmentBytes, options.Origin);
            LedgerRecovery.Continue(segments, recovered);
            var ledger = new Ledger(options, directoryLock, key, segments, tiles, signedSize);
            ledger._writer.Start();
            ledger._publisher.Nudge();
            return ledger;
        }
        catch
        {
            segments?.Dispose();
            key?.Dispose();
            directoryLock.Dispose();
            throw;
        }
    }

    private static FileStream TakeLock(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new LedgerUnavailableException($"Another process has the ledger {directory}.", error);
        }
    }

    private (long Index, LeafHash Hash) Add(ReadOnlySpan<byte> leaf, DurableWaiter? waiter)
    {
        if (leaf.Length is 0 or > RecordLimits.MaxLeafBytes)
        {
            throw new ArgumentException($"A record has 1 to {RecordLimits.MaxLeafBytes} bytes.", nameof(leaf));
        }
        var hash = LeafHash.Of(leaf);
        var crc = Crc32C.Append(Crc32C.Start, leaf);
        lock (_gate)
        {
            ThrowIfFailed();
            if (_closing)
            {
                throw new LedgerUnavailableException("The ledger is closed.");
            }
            if (!_filling.HasRoomFor(leaf.Length))
            {
                throw new LedgerUnavailableException($"The ledger's backlog limit of {_options.MaxPendingBytes} bytes is reached.");
            }
            var index = _next++;
            _filling.Add(leaf, crc, index);
            if (waiter is not null)
            {
                _filling.AddWaiter(waiter, _options.TimeProvider);
            }
            if (_state == WriterState.Idle || (_state == WriterState.Resting && waiter is not null))
            {
                // One wake-up per batch: the state says that the writer is on its way.
                _state = WriterState.Busy;
                Monitor.Pulse(_gate);
            }
            return (index, hash);
        }
    }

    private void WriteLoop()
    {
        while (TakeBatch() is { } batch)
        {
            try
            {
                var end = batch.FirstIndex + batch.Records;
                _segments.Write(batch);
                Volatile.Write(ref _durable, end);
            }
            catch (Exception error)
            {
                // After a failed sync nobody knows what is on disk; only a restart, which reads it back, can tell.
                Fail(error);
                batch.Complete(error);
                return;
            }
            if (batch.Urgent && _options.BatchDurable is { } told)
            {
                told(_options.TimeProvider.GetElapsedTime(batch.UrgentSince));
            }
            batch.Complete(failure: null);
            _publisher.Nudge();
        }
    }

    /// <summary>The next batch to write, or null when the ledger closes or failed.</summary>
    private Batch? TakeBatch()
    {
        lock (_gate)
        {
            var rested = false;
            while (!_filling.Urgent && !_closing && _failure is null)
            {
                if (_filling.Records == 0 && rested)
                {
                    _state = WriterState.Idle;
                    Monitor.Wait(_gate);
                    rested = false;
                    continue;
                }
                _state = WriterState.Resting;
                var woken = Monitor.Wait(_gate, _options.LazyDelay);
                rested = true;
                if (!woken && _filling.Records > 0)
                {
                    break;
                }
            }
            _state = WriterState.Busy;
            if (_failure is not null || _filling.Records == 0)
            {
                return null;
            }
            (_filling, _writing) = (_writing, _filling);
            return _writing;
        }
    }

    private void Fail(Exception error)
    {
        lock (_gate)
        {
            _failure ??= error;
            if (_filling.Records > 0)
            {
                _filling.Complete(error);
            }
            Monitor.PulseAll(_gate);
        }
    }

    private void ThrowIfFailed()
    {
        if (Failure is { } failure)
        {
            throw new LedgerUnavailableException($"The ledger cannot write: {failure.Message}", failure);
        }
    }
}
