using System.Numerics;
using System.Security.Cryptography;

namespace Sallyport.Evidence.Verification;

/// <summary>RFC 6962 section 2.1, written from the specification and independent of the code that writes the log.</summary>
public static class Merkle
{
    public const int HashBytes = 32;

    /// <summary><c>SHA-256(0x00 || leaf)</c>.</summary>
    public static byte[] HashLeaf(ReadOnlySpan<byte> leaf)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([0]);
        hash.AppendData(leaf);
        return hash.GetHashAndReset();
    }

    /// <summary><c>SHA-256(0x01 || left || right)</c>.</summary>
    public static byte[] HashNode(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> input = stackalloc byte[1 + 2 * HashBytes];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + HashBytes)..]);
        return SHA256.HashData(input);
    }

    /// <summary>The Merkle tree hash of leaf hashes.</summary>
    public static byte[] Root(IReadOnlyList<byte[]> leaves) => leaves.Count == 0 ? SHA256.HashData([]) : Root(leaves, 0, leaves.Count);

    /// <summary>The largest power of two smaller than <paramref name="count"/>, which is at least 2: where the tree splits.</summary>
    public static long Split(long count) => 1L << BitOperations.Log2((ulong)count - 1);

    /// <summary>Whether <paramref name="proof"/> leads from a leaf hash at <paramref name="index"/> to the root of <paramref name="size"/> leaves (RFC 9162 section 2.1.3.2).</summary>
    public static bool VerifyInclusion(ReadOnlySpan<byte> leafHash, long index, long size, IReadOnlyList<byte[]> proof, ReadOnlySpan<byte> root)
    {
        if (index < 0 || index >= size)
        {
            return false;
        }
        var (position, last) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var sibling in proof)
        {
            if (last == 0 || sibling.Length != HashBytes)
            {
                return false;
            }
            if ((position & 1) == 1 || position == last)
            {
                hash = HashNode(sibling, hash);
                for (; (position & 1) == 0 && position != 0; position >>= 1)
                {
                    last >>= 1;
                }
            }
            else
            {
                hash = HashNode(hash, sibling);
            }
            position >>= 1;
            last >>= 1;
        }
        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the first <paramref name="oldSize"/> leaves of the new tree are the old tree (RFC 9162 section 2.1.4.2).</summary>
    public static bool VerifyConsistency(long oldSize, ReadOnlySpan<byte> oldRoot, long newSize, ReadOnlySpan<byte> newRoot, IReadOnlyList<byte[]> proof)
    {
        if (oldSize <= 0 || oldSize > newSize)
        {
            return false;
        }
        if (oldSize == newSize)
        {
            return proof.Count == 0 && oldRoot.SequenceEqual(newRoot);
        }
        var path = BitOperations.IsPow2(oldSize) ? [oldRoot.ToArray(), .. proof] : proof;
        if (path.Count == 0 || proof.Count == 0 || path.Any(hash => hash.Length != HashBytes))
        {
            return false;
        }
        var (first, second) = (oldSize - 1, newSize - 1);
        for (; (first & 1) == 1; first >>= 1)
        {
            second >>= 1;
        }
        var (oldHash, newHash) = (path[0], path[0]);
        foreach (var step in path.Skip(1))
        {
            if (second == 0)
            {
                return false;
            }
            if ((first & 1) == 1 || first == second)
            {
                oldHash = HashNode(step, oldHash);
                newHash = HashNode(step, newHash);
                for (; (first & 1) == 0 && first != 0; first >>= 1)
                {
                    second >>= 1;
                }
            }
            else
            {
                newHash = HashNode(newHash, step);
            }
            first >>= 1;
            second >>= 1;
        }
        return second == 0 && oldRoot.SequenceEqual(oldHash) && newRoot.SequenceEqual(newHash);
    }

    private static byte[] Root(IReadOnlyList<byte[]> leaves, int start, int count)
    {
        if (count == 1)
        {
            return leaves[start];
        }
        var split = (int)Split(count);
        return HashNode(Root(leaves, start, split), Root(leaves, start + split, count - split));
    }
}
