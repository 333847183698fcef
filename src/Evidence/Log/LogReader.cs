namespace Sallyport.Evidence.Log;

/// <summary>Reads durable records from the segments, in order, also while the writer appends. Keeps its place between calls. Not thread-safe.</summary>
internal sealed class LogReader : IDisposable
{
    private readonly string _directory;
    private FrameReader? _frames;
    private long _toSkip;

    /// <param name="directory">The <c>wal</c> directory.</param>
    /// <param name="start">Index of the first record to deliver.</param>
    public LogReader(string directory, long start)
    {
        _directory = directory;
        Next = start;
    }

    /// <summary>Index of the next record.</summary>
    public long Next { get; private set; }

    /// <summary>Delivers the records up to, not including, <paramref name="end"/>; all of them must be durable.</summary>
    /// <exception cref="LedgerCorruptException">A durable record cannot be read back.</exception>
    public void ReadTo(long end, Action<long, ReadOnlyMemory<byte>> onRecord) => ReadWhile(
        end,
        (index, leaf) =>
        {
            onRecord(index, leaf);
            return true;
        });

    /// <summary>As <see cref="ReadTo"/>, but stops behind the first record for which <paramref name="goesOn"/> is false.</summary>
    public void ReadWhile(long end, Func<long, ReadOnlyMemory<byte>, bool> goesOn)
    {
        _frames?.Refresh();
        while (Next < end)
        {
            _frames ??= OpenSegmentOf(Next);
            if (_frames.Read() != FrameStatus.Frame)
            {
                // The rest of the segment is empty: the record is at the start of the next one.
                _frames.Dispose();
                _frames = OpenSegmentOf(Next);
                if (_toSkip > 0 || _frames.Read() != FrameStatus.Frame)
                {
                    throw new LedgerCorruptException($"Record {Next} was durable but cannot be read back.");
                }
            }
            if (_toSkip > 0)
            {
                _toSkip--;
                continue;
            }
            if (_frames.Index != Next)
            {
                throw new LedgerCorruptException($"Record {Next} was durable, but record {_frames.Index} is in its place.");
            }
            var isEnough = !goesOn(Next, _frames.Leaf);
            Next++;
            if (isEnough)
            {
                return;
            }
        }
    }

    public void Dispose() => _frames?.Dispose();

    private FrameReader OpenSegmentOf(long index)
    {
        var segments = SegmentFiles.List(_directory);
        var segment = segments.FindLast(candidate => candidate.FirstIndex <= index);
        if (segment.Path is null)
        {
            throw new LedgerCorruptException($"No segment holds record {index}.");
        }
        _toSkip = index - segment.FirstIndex;
        return new FrameReader(segment.Path);
    }
}
