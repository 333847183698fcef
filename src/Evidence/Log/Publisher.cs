using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Log;

/// <summary>Turns durable records into tiles and signed checkpoints, about once a second while the log grows.</summary>
internal sealed class Publisher : IDisposable
{
    public const string CheckpointName = "checkpoint";

    private readonly LedgerOptions _options;
    private readonly SigningKey _key;
    private readonly SignedSize _signedSize;
    private readonly TileWriter _tiles;
    private readonly Func<long> _durableRecords;
    private readonly Action<Exception> _onFailure;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly ITimer _timer;
    private readonly LogReader _reader;
    private int _armed;
    private bool _stopped;

    public Publisher(LedgerOptions options, SigningKey key, SignedSize signedSize, TileWriter tiles, Func<long> durableRecords, Action<Exception> onFailure)
    {
        _options = options;
        _key = key;
        _signedSize = signedSize;
        _tiles = tiles;
        _durableRecords = durableRecords;
        _onFailure = onFailure;
        _reader = new LogReader(Path.Combine(options.Directory, SegmentFormat.WalName), tiles.Size);
        _timer = options.TimeProvider.CreateTimer(OnTimer, state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The newest signed tree head.</summary>
    public Checkpoint? Newest { get; private set; }

    /// <summary>The signed note of <see cref="Newest"/>; empty before the first.</summary>
    public byte[] NewestNote { get; private set; } = [];

    /// <summary>Says that records became durable. Cheap; arms the timer at most once per interval, so an idle log has no ticks.</summary>
    public void Nudge()
    {
        if (Interlocked.Exchange(ref _armed, 1) == 0)
        {
            _timer.Change(_options.CheckpointInterval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Publishes everything durable now.</summary>
    public async Task<(Checkpoint Head, byte[] Note)> PublishNoteAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            var head = Publish();
            return (head, NewestNote);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Publishes what is left and stops for good.</summary>
    public async Task StopAsync(bool publish)
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _gate.WaitAsync().ConfigureAwait(false);
        try
        {
            if (publish && !_stopped)
            {
                Publish();
            }
            _stopped = true;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _reader.Dispose();
        _tiles.Dispose();
        _gate.Dispose();
    }

    private void OnTimer(object? state)
    {
        Volatile.Write(ref _armed, 0);
        _ = PublishOnTimerAsync();
    }

    private async Task PublishOnTimerAsync()
    {
        try
        {
            await PublishNoteAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Stopped in between; the last checkpoint was written by StopAsync.
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            _onFailure(error);
        }
    }

    private Checkpoint Publish()
    {
        var durable = _durableRecords();
        _reader.ReadTo(durable, (index, leaf) =>
        {
            _tiles.Append(leaf.Span);
            _options.RecordPublished?.Invoke(index, leaf);
        });
        if (Newest is not null && Newest.Size == _tiles.Size)
        {
            return Newest;
        }
        var head = new Checkpoint(_options.Origin, _tiles.Size, _tiles.Root().ToArray());
        // Durable before the signature exists: there are never two roots for one size.
        _signedSize.Write(head);
        _tiles.WritePartials();
        var note = _key.SignNote(_options.Origin, head.Format());
        NativeFile.Replace(Path.Combine(_options.Directory, CheckpointName), note, syncDirectory: true);
        NewestNote = note;
        Newest = head;
        return head;
    }
}
