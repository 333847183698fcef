using Microsoft.Win32.SafeHandles;

namespace Sallyport.Evidence.Log;

internal enum FrameStatus
{
    /// <summary>An intact frame.</summary>
    Frame,

    /// <summary>Zeros, or too little room for a frame: nothing was written here.</summary>
    Empty,

    /// <summary>Bytes that are no intact frame.</summary>
    Damaged,
}

/// <summary>Reads the frames of one segment in order.</summary>
internal sealed class FrameReader : IDisposable
{
    private const int BufferBytes = 256 << 10;

    private readonly SafeFileHandle _file;
    private readonly long _fileBytes;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private long _bufferStart;
    private int _buffered;

    public FrameReader(string path, long position = SegmentFormat.HeaderBytes)
    {
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        _fileBytes = RandomAccess.GetLength(_file);
        Position = position;
    }

    /// <summary>Offset of the next frame.</summary>
    public long Position { get; private set; }

    public long FileBytes => _fileBytes;

    /// <summary>The leaf of the frame just read; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Leaf { get; private set; }

    public long Index { get; private set; }

    public long Synced { get; private set; }

    public FrameStatus Read()
    {
        var header = Peek(Position, FrameFormat.HeaderBytes);
        if (header.Length < FrameFormat.HeaderBytes || !header.Span.ContainsAnyExcept((byte)0))
        {
            return FrameStatus.Empty;
        }
        if (!TryFrameAt(Position, out var frame))
        {
            return FrameStatus.Damaged;
        }
        Index = FrameFormat.ReadIndex(frame.Span);
        Synced = FrameFormat.ReadSynced(frame.Span);
        Leaf = frame.Slice(FrameFormat.HeaderBytes, FrameFormat.ReadLength(frame.Span));
        Position += frame.Length;
        return FrameStatus.Frame;
    }

    /// <summary>Forgets buffered bytes, so that frames written since are seen.</summary>
    public void Refresh() => _buffered = 0;

    /// <summary>The intact frame at an offset, if there is one.</summary>
    public bool TryFrameAt(long offset, out ReadOnlyMemory<byte> frame)
    {
        frame = default;
        var header = Peek(offset, FrameFormat.HeaderBytes);
        if (header.Length < FrameFormat.HeaderBytes)
        {
            return false;
        }
        var length = FrameFormat.ReadLength(header.Span);
        if (length is <= 0 or > Records.RecordLimits.MaxLeafBytes)
        {
            return false;
        }
        frame = Peek(offset, FrameFormat.SizeOf(length));
        return frame.Length == FrameFormat.SizeOf(length) && FrameFormat.IsIntact(frame.Span);
    }

    /// <summary>The first offset at or after <paramref name="offset"/> with a byte that is not zero, or -1.</summary>
    public long FirstNonZero(long offset)
    {
        while (offset < _fileBytes)
        {
            var bytes = Peek(offset, (int)Math.Min(BufferBytes / 2, _fileBytes - offset)).Span;
            var found = bytes.IndexOfAnyExcept((byte)0);
            if (found >= 0)
            {
                return offset + found;
            }
            offset += bytes.Length;
        }
        return -1;
    }

    public void Dispose() => _file.Dispose();

    private ReadOnlyMemory<byte> Peek(long offset, int bytes)
    {
        if (offset < _bufferStart || offset + bytes > _bufferStart + _buffered)
        {
            _bufferStart = offset;
            _buffered = Fill(offset);
        }
        var start = (int)(offset - _bufferStart);
        return _buffer.AsMemory(start, Math.Min(bytes, _buffered - start));
    }

    private int Fill(long offset)
    {
        var filled = 0;
        while (filled < _buffer.Length)
        {
            var read = RandomAccess.Read(_file, _buffer.AsSpan(filled), offset + filled);
            if (read == 0)
            {
                break;
            }
            filled += read;
        }
        return filled;
    }
}
