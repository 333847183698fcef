using System.Buffers.Binary;

namespace Sallyport.Evidence.Log;

/// <summary>
/// One record in a write-ahead segment, little-endian:
/// <c>length u32 | crc u32 | index u64 | synced u64 | leaf | zeros to a multiple of 8</c>.
/// The checksum covers leaf, length, index and synced. <c>synced</c> is how many records were durable before this frame's
/// batch was written: a bad frame below the <c>synced</c> of any later good frame is damage, not a torn write.
/// </summary>
internal static class FrameFormat
{
    public const int HeaderBytes = 24;
    public const int Alignment = 8;

    public static int SizeOf(int leafBytes) => (HeaderBytes + leafBytes + Alignment - 1) & -Alignment;

    /// <param name="frame">Exactly <see cref="SizeOf"/> bytes.</param>
    /// <param name="leaf">The record.</param>
    /// <param name="leafCrc">Running checksum after <paramref name="leaf"/>.</param>
    /// <param name="index">Its index.</param>
    /// <param name="synced">Records durable before its batch.</param>
    public static void Write(Span<byte> frame, ReadOnlySpan<byte> leaf, uint leafCrc, long index, long synced)
    {
        BinaryPrimitives.WriteInt32LittleEndian(frame, leaf.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], Checksum(leafCrc, leaf.Length, index, synced));
        BinaryPrimitives.WriteInt64LittleEndian(frame[8..], index);
        BinaryPrimitives.WriteInt64LittleEndian(frame[16..], synced);
        leaf.CopyTo(frame[HeaderBytes..]);
        frame[(HeaderBytes + leaf.Length)..].Clear();
    }

    public static uint Checksum(uint leafCrc, int length, long index, long synced)
    {
        var crc = Crc32C.Append(leafCrc, (ulong)length);
        crc = Crc32C.Append(crc, (ulong)index);
        return ~Crc32C.Append(crc, (ulong)synced);
    }

    /// <summary>Length field of a frame; may be anything when the frame is damaged.</summary>
    public static int ReadLength(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt32LittleEndian(header);

    public static long ReadIndex(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[8..]);

    public static long ReadSynced(ReadOnlySpan<byte> header) => BinaryPrimitives.ReadInt64LittleEndian(header[16..]);

    /// <summary>Whether a whole frame (header, leaf and padding) is intact.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> frame)
    {
        var length = ReadLength(frame);
        if (length <= 0 || length > Records.RecordLimits.MaxLeafBytes || SizeOf(length) != frame.Length)
        {
            return false;
        }
        var leaf = frame.Slice(HeaderBytes, length);
        var crc = Checksum(Crc32C.Append(Crc32C.Start, leaf), length, ReadIndex(frame), ReadSynced(frame));
        return crc == BinaryPrimitives.ReadUInt32LittleEndian(frame[4..])
            && !frame[(HeaderBytes + length)..].ContainsAnyExcept((byte)0);
    }
}
