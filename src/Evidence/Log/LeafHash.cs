using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sallyport.Evidence.Log;

/// <summary>A SHA-256 Merkle hash: RFC 6962 section 2.1, <c>SHA-256(0x00 || leaf)</c> for leaves and <c>SHA-256(0x01 || left || right)</c> for nodes.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct LeafHash
{
    public const int Bytes = 32;

    private const int StackBytes = 2048;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    private LeafHash(ReadOnlySpan<byte> hash)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(hash);
        (_first, _second, _third, _fourth) = (words[0], words[1], words[2], words[3]);
    }

    public static LeafHash Of(ReadOnlySpan<byte> leaf)
    {
        if (leaf.Length < StackBytes)
        {
            return Prefixed(leaf, stackalloc byte[StackBytes]);
        }
        var rented = ArrayPool<byte>.Shared.Rent(leaf.Length + 1);
        var hash = Prefixed(leaf, rented);
        ArrayPool<byte>.Shared.Return(rented);
        return hash;
    }

    public static LeafHash OfNode(in LeafHash left, in LeafHash right)
    {
        Span<byte> input = stackalloc byte[1 + 2 * Bytes];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + Bytes)..]);
        return HashOf(input);
    }

    /// <summary>Reads a hash from exactly 32 bytes.</summary>
    public static LeafHash Read(ReadOnlySpan<byte> hash) =>
        hash.Length == Bytes ? new LeafHash(hash) : throw new ArgumentException("A hash has 32 bytes.", nameof(hash));

    /// <summary>The root of the empty tree: SHA-256 of nothing.</summary>
    public static LeafHash OfEmptyTree() => HashOf([]);

    public void CopyTo(Span<byte> destination)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(destination[..Bytes]);
        (words[0], words[1], words[2], words[3]) = (_first, _second, _third, _fourth);
    }

    public byte[] ToArray()
    {
        var bytes = new byte[Bytes];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Lower-case hex.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    private static LeafHash Prefixed(ReadOnlySpan<byte> leaf, Span<byte> scratch)
    {
        scratch[0] = 0;
        leaf.CopyTo(scratch[1..]);
        return HashOf(scratch[..(leaf.Length + 1)]);
    }

    private static LeafHash HashOf(ReadOnlySpan<byte> input)
    {
        Span<byte> hash = stackalloc byte[Bytes];
        SHA256.HashData(input, hash);
        return new LeafHash(hash);
    }
}
