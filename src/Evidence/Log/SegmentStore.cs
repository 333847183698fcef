using Microsoft.Win32.SafeHandles;

namespace Sallyport.Evidence.Log;

/// <summary>Writes frames into the newest segment and rolls to the next. Used by the writer thread alone.</summary>
internal sealed class SegmentStore : IDisposable
{
    private const int ZeroFillBytes = 1 << 20;

    private readonly string _directory;
    private readonly long _segmentBytes;
    private readonly string _origin;
    private SafeFileHandle? _current;
    private long _currentBytes;
    private long _position;
    private Task? _spare;

    /// <param name="directory">The <c>wal</c> directory.</param>
    /// <param name="segmentBytes">Size of new segments.</param>
    /// <param name="origin">Name of the log.</param>
    public SegmentStore(string directory, long segmentBytes, string origin)
    {
        _directory = directory;
        _segmentBytes = segmentBytes;
        _origin = origin;
    }

    /// <summary>Continues the newest segment at <paramref name="position"/>.</summary>
    public void Continue(string path, long position)
    {
        _current = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _currentBytes = RandomAccess.GetLength(_current);
        _position = position;
    }

    /// <summary>Starts the first segment of an empty log.</summary>
    public void StartFirst() => Roll(firstIndex: 0);

    /// <summary>Makes the frames of <paramref name="batch"/> durable, in order, across as many segments as they need.</summary>
    public void Write(Batch batch)
    {
        var frames = batch.Frames;
        var index = batch.FirstIndex;
        while (!frames.IsEmpty)
        {
            var (bytes, records) = PartThatFits(frames.Span, _currentBytes - _position);
            if (records == 0)
            {
                Roll(index);
                continue;
            }
            RandomAccess.Write(_current!, frames.Span[..bytes], _position);
            NativeFile.SyncData(_current!);
            _position += bytes;
            index += records;
            frames = frames[bytes..];
        }
        if (_position > _currentBytes / 2 && _spare is null)
        {
            // Zero-filling a segment takes long enough to stall every session, so the next one is made ahead of need.
            _spare = Task.Run(CreateSpare);
        }
    }

    public void Dispose()
    {
        _spare?.ContinueWith(static task => _ = task.Exception, TaskScheduler.Default).Wait();
        _current?.Dispose();
    }

    private static (int Bytes, int Records) PartThatFits(ReadOnlySpan<byte> frames, long room)
    {
        var bytes = 0;
        var records = 0;
        while (bytes < frames.Length)
        {
            var size = FrameFormat.SizeOf(FrameFormat.ReadLength(frames[bytes..]));
            if (bytes + size > room)
            {
                break;
            }
            bytes += size;
            records++;
        }
        return (bytes, records);
    }

    private void Roll(long firstIndex)
    {
        var spare = _spare ?? Task.Run(CreateSpare);
        _spare = null;
        spare.GetAwaiter().GetResult();
        var sparePath = Path.Combine(_directory, SegmentFormat.SpareName);
        var next = File.OpenHandle(sparePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.Write(next, SegmentFormat.Header(_segmentBytes, firstIndex, _origin), 0);
        NativeFile.SyncData(next);
        File.Move(sparePath, Path.Combine(_directory, SegmentFormat.FileName(firstIndex)));
        NativeFile.SyncDirectory(_directory);
        _current?.Dispose();
        _current = next;
        _currentBytes = _segmentBytes;
        _position = SegmentFormat.HeaderBytes;
    }

    private void CreateSpare()
    {
        var path = Path.Combine(_directory, SegmentFormat.SpareName);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None, preallocationSize: _segmentBytes);
        var zeros = new byte[(int)Math.Min(ZeroFillBytes, _segmentBytes)];
        for (var written = 0L; written < _segmentBytes; written += zeros.Length)
        {
            RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, _segmentBytes - written)), written);
            // Piece by piece, so that a record's sync never queues behind a whole segment of zeros.
            NativeFile.SyncData(file);
        }
        RandomAccess.FlushToDisk(file);
    }
}
