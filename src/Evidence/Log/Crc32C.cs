using System.Buffers.Binary;
using System.Numerics;

namespace Sallyport.Evidence.Log;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4). Finds accidents, not attackers; the Merkle tree finds those.</summary>
internal static class Crc32C
{
    public const uint Start = uint.MaxValue;

    /// <summary>Continues a running value; the finished checksum is its complement.</summary>
    public static uint Append(uint running, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= sizeof(ulong))
        {
            running = BitOperations.Crc32C(running, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }
        foreach (var value in bytes)
        {
            running = BitOperations.Crc32C(running, value);
        }
        return running;
    }

    public static uint Append(uint running, ulong value) => BitOperations.Crc32C(running, value);

    public static uint Of(ReadOnlySpan<byte> bytes) => ~Append(Start, bytes);
}
