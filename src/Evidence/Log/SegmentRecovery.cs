namespace Sallyport.Evidence.Log;

/// <summary>Where the log goes on after a start.</summary>
/// <param name="Records">Intact records in order.</param>
/// <param name="NewestSegment">Path of the newest segment, or null for an empty log.</param>
/// <param name="Position">Offset of the next frame in it.</param>
/// <param name="Torn">Whether bytes of an unfinished write follow.</param>
internal readonly record struct RecoveredLog(long Records, string? NewestSegment, long Position, bool Torn);

/// <summary>Reads all segments at start: finds every intact record and the torn tail, and refuses damage among durable records.</summary>
internal static class SegmentRecovery
{
    private const int ZeroBytes = 64 << 10;

    /// <param name="directory">The <c>wal</c> directory.</param>
    /// <param name="origin">Name of the log.</param>
    /// <param name="onRecord">Gets every record in order.</param>
    /// <exception cref="LedgerCorruptException">Damage that no crash can explain; names segment and record.</exception>
    public static RecoveredLog Run(string directory, string origin, Action<long, ReadOnlyMemory<byte>> onRecord)
    {
        var segments = SegmentFiles.List(directory);
        var next = 0L;
        var position = 0L;
        var torn = false;
        for (var i = 0; i < segments.Count; i++)
        {
            var (path, firstIndex) = segments[i];
            CheckHeader(path, firstIndex, origin, next);
            using var reader = new FrameReader(path);
            next = ReadFrames(reader, path, next, onRecord);
            position = reader.Position;
            if (i < segments.Count - 1)
            {
                RequireFull(reader, path, next, segments[i + 1].FirstIndex);
            }
            else
            {
                torn = IsTorn(reader, path, next);
            }
        }
        return new RecoveredLog(next, segments.Count == 0 ? null : segments[^1].Path, position, torn);
    }

    private static void CheckHeader(string path, long firstIndex, string origin, long expectedIndex)
    {
        var name = Path.GetFileName(path);
        if (firstIndex != expectedIndex)
        {
            throw new LedgerCorruptException($"Segment {name}: record {expectedIndex} is missing; a segment before it was removed or damaged.");
        }
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var header = new byte[SegmentFormat.HeaderBytes];
        var read = RandomAccess.Read(file, header, 0);
        var bytes = RandomAccess.GetLength(file);
        if (read != header.Length || !header.AsSpan().SequenceEqual(SegmentFormat.Header(bytes, firstIndex, origin)))
        {
            throw new LedgerCorruptException($"Segment {name}: the header is damaged, the file was cut or extended, or it belongs to another origin.");
        }
    }

    private static long ReadFrames(FrameReader reader, string path, long next, Action<long, ReadOnlyMemory<byte>> onRecord)
    {
        while (reader.Read() == FrameStatus.Frame)
        {
            if (reader.Index != next)
            {
                throw new LedgerCorruptException($"Segment {Path.GetFileName(path)}: record {next} is missing, record {reader.Index} is in its place.");
            }
            onRecord(next, reader.Leaf);
            next++;
        }
        return next;
    }

    private static void RequireFull(FrameReader reader, string path, long next, long nextSegment)
    {
        // A segment is started only after everything before it is durable, so no crash explains a gap here.
        if (next != nextSegment || reader.FirstNonZero(reader.Position) >= 0)
        {
            throw new LedgerCorruptException($"Segment {Path.GetFileName(path)}: record {next} is damaged or missing, but later records exist.");
        }
    }

    /// <summary>
    /// Zeros everything from <paramref name="position"/> on. Nobody was told that those bytes are durable; they are removed so
    /// that no leftover frame can ever be read as a new one.
    /// </summary>
    public static void CutTail(string path, long position)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        var end = RandomAccess.GetLength(file);
        var zeros = new byte[ZeroBytes];
        for (var offset = position; offset < end; offset += zeros.Length)
        {
            RandomAccess.Write(file, zeros.AsSpan(0, (int)Math.Min(zeros.Length, end - offset)), offset);
        }
        RandomAccess.FlushToDisk(file);
    }

    private static bool IsTorn(FrameReader reader, string path, long next)
    {
        if (reader.FirstNonZero(reader.Position) < 0)
        {
            return false;
        }
        for (var offset = reader.Position; offset < reader.FileBytes; offset += FrameFormat.Alignment)
        {
            if (reader.TryFrameAt(offset, out var frame) && FrameFormat.ReadSynced(frame.Span) > next)
            {
                throw new LedgerCorruptException(
                    $"Segment {Path.GetFileName(path)}: record {next} is damaged, but it was durable: record {FrameFormat.ReadIndex(frame.Span)} was written after it.");
            }
        }
        return true;
    }
}
