using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>Reads write-ahead segments from their documented format (docs/reference/ledger.md) and accounts for every byte.</summary>
internal sealed class SegmentCheck(string directory, string origin, Findings findings)
{
    private const int HeaderBytes = 64;
    private const int FrameHeaderBytes = 24;
    private const int Alignment = 8;
    private const int MaxLeafBytes = ushort.MaxValue;
    private const int NameDigits = 20;
    private const long MaxSegmentBytes = 1L << 30;
    private const string SpareName = "spare";

    private static readonly uint[] CrcTable = CreateCrcTable();

    /// <summary>Delivers every intact record in order until the first damage.</summary>
    /// <param name="onRecord">Segment name, index, leaf.</param>
    public long ReadAll(Action<string, long, ReadOnlyMemory<byte>> onRecord)
    {
        var wal = Path.Combine(directory, "wal");
        if (!Directory.Exists(wal))
        {
            findings.Add("wal", "the directory is missing");
            return 0;
        }
        var next = 0L;
        var names = Directory.EnumerateFileSystemEntries(wal).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal).ToList();
        var damaged = false;
        var segments = names.Where(IsSegment).ToList();
        foreach (var name in segments)
        {
            var first = long.Parse(name, CultureInfo.InvariantCulture);
            if (first != next && !damaged)
            {
                findings.Add($"wal/{name}, record {next}", "the record is missing: a segment was removed or cut");
                damaged = true;
            }
            next = damaged ? first : next;
            damaged |= !ReadSegment(Path.Combine(wal, name), $"wal/{name}", ref next, damaged ? null : onRecord);
        }
        foreach (var name in names.Where(name => !IsSegment(name)))
        {
            CheckOther(Path.Combine(wal, name), name);
        }
        return next;
    }

    private static bool IsSegment(string name) => name.Length == NameDigits && !name.AsSpan().ContainsAnyExceptInRange('0', '9');

    private bool ReadSegment(string path, string name, ref long next, Action<string, long, ReadOnlyMemory<byte>>? onRecord)
    {
        if (new FileInfo(path).Length > MaxSegmentBytes)
        {
            findings.Add(name, "the segment is longer than any segment");
            return false;
        }
        var bytes = File.ReadAllBytes(path);
        if (!IsHeader(bytes, next))
        {
            findings.Add(name, $"the segment header (before record {next}) is damaged, or the file was cut or extended");
            return false;
        }
        var offset = HeaderBytes;
        while (offset + FrameHeaderBytes <= bytes.Length && bytes.AsSpan(offset, FrameHeaderBytes).ContainsAnyExcept((byte)0))
        {
            if (!TryFrame(bytes.AsSpan(offset), next, out var leafBytes, out var frameBytes))
            {
                findings.Add($"{name}, record {next}", $"the record at byte {offset} is damaged");
                return false;
            }
            onRecord?.Invoke(name, next, bytes.AsMemory(offset + FrameHeaderBytes, leafBytes));
            offset += frameBytes;
            next++;
        }
        var extra = bytes.AsSpan(offset).IndexOfAnyExcept((byte)0);
        if (extra >= 0)
        {
            findings.Add($"{name}, record {next}", $"byte {offset + extra} after the last record is not zero");
            return false;
        }
        return true;
    }

    private bool IsHeader(ReadOnlySpan<byte> bytes, long first)
    {
        if (bytes.Length < HeaderBytes)
        {
            return false;
        }
        var crc = Crc(Crc(uint.MaxValue, bytes[..12]), bytes[16..HeaderBytes]);
        return bytes.StartsWith("SPLOGSEG"u8)
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) == 1
            && BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]) == ~crc
            && BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]) == bytes.Length
            && BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]) == first
            && bytes[32..HeaderBytes].SequenceEqual(SHA256.HashData(Encoding.UTF8.GetBytes(origin)));
    }

    private static bool TryFrame(ReadOnlySpan<byte> bytes, long index, out int leafBytes, out int frameBytes)
    {
        leafBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        frameBytes = 0;
        if (leafBytes is <= 0 or > MaxLeafBytes || BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]) != index)
        {
            return false;
        }
        frameBytes = (FrameHeaderBytes + leafBytes + Alignment - 1) / Alignment * Alignment;
        if (frameBytes > bytes.Length || bytes[(FrameHeaderBytes + leafBytes)..frameBytes].ContainsAnyExcept((byte)0))
        {
            return false;
        }
        Span<byte> rest = stackalloc byte[FrameHeaderBytes];
        BinaryPrimitives.WriteInt64LittleEndian(rest, leafBytes);
        bytes.Slice(8, 16).CopyTo(rest[8..]);
        var crc = Crc(Crc(uint.MaxValue, bytes.Slice(FrameHeaderBytes, leafBytes)), rest);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) == ~crc;
    }

    private void CheckOther(string path, string name)
    {
        // The next segment is prepared ahead; apart from a header it holds nothing but zeros.
        if (!string.Equals(name, SpareName, StringComparison.Ordinal))
        {
            findings.Add($"wal/{name}", "the file is no segment");
            return;
        }
        if (new FileInfo(path).Length > MaxSegmentBytes || File.ReadAllBytes(path).Skip(HeaderBytes).Any(value => value != 0))
        {
            findings.Add($"wal/{name}", "the prepared segment is not empty");
        }
    }

    private static uint Crc(uint running, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            running = CrcTable[(byte)running ^ value] ^ (running >> 8);
        }
        return running;
    }

    private static uint[] CreateCrcTable()
    {
        const uint ReversedPolynomial = 0x82F63B78;
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
            {
                value = (value & 1) == 1 ? ReversedPolynomial ^ (value >> 1) : value >> 1;
            }
            table[i] = value;
        }
        return table;
    }
}
