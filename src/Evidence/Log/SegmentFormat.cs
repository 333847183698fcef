using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Evidence.Log;

/// <summary>
/// The first 64 bytes of a segment file, little-endian:
/// <c>"SPLOGSEG" | version u32 | crc u32 | file bytes u64 | first index u64 | SHA-256 of the origin</c>.
/// The checksum covers the other 60 bytes. The file name is the first index in 20 digits.
/// </summary>
internal static class SegmentFormat
{
    public const int HeaderBytes = 64;
    public const long MinSegmentBytes = 128 << 10;
    public const long BlockBytes = 4096;
    public const string SpareName = "spare";
    public const string WalName = "wal";

    private const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "SPLOGSEG"u8;

    public static string FileName(long firstIndex) => firstIndex.ToString("D20", CultureInfo.InvariantCulture);

    public static bool TryParseFileName(string name, out long firstIndex)
    {
        firstIndex = 0;
        return name.Length == 20 && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out firstIndex);
    }

    public static byte[] Header(long segmentBytes, long firstIndex, string origin)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), segmentBytes);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), firstIndex);
        SHA256.HashData(Encoding.UTF8.GetBytes(origin), header.AsSpan(32));
        var crc = ~Crc32C.Append(Crc32C.Append(Crc32C.Start, header.AsSpan(0, 12)), header.AsSpan(16));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), crc);
        return header;
    }

    /// <summary>The file size a header announces, or 0 when it is not a header.</summary>
    public static long ReadSegmentBytes(ReadOnlySpan<byte> header) =>
        header.Length == HeaderBytes && header.StartsWith(Magic) ? BinaryPrimitives.ReadInt64LittleEndian(header[16..]) : 0;
}
