using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Bundles;

/// <summary>
/// Proves that many records are in one tree at once: walking the RFC 6962 tree from the left, a subtree that holds none of them
/// contributes its hash, one after the other; everything else is recomputed.
/// </summary>
internal static class SubsetProof
{
    /// <param name="indexes">The proven records, ascending.</param>
    /// <param name="size">Size of the tree, at least 1.</param>
    /// <param name="subtree">Gives the hash of the leaves from a first to before an end.</param>
    public static byte[] Build(IReadOnlyList<long> indexes, long size, Func<long, long, byte[]> subtree)
    {
        var nodes = new MemoryStream();
        Visit(0, size, 0, indexes.Count);
        return nodes.ToArray();

        void Visit(long start, long end, int first, int last)
        {
            if (first == last)
            {
                nodes.Write(subtree(start, end));
                return;
            }
            if (end - start == 1)
            {
                return;
            }
            var middle = start + Merkle.Split(end - start);
            var split = LowerBound(indexes, middle, first, last);
            Visit(start, middle, first, split);
            Visit(middle, end, split, last);
        }
    }

    /// <summary>The root that records and nodes give, or null when the nodes do not fit exactly.</summary>
    public static byte[]? Root(IReadOnlyList<long> indexes, Func<int, byte[]> leafHash, long size, ReadOnlySpan<byte> nodes)
    {
        if (size < 1 || nodes.Length % Merkle.HashBytes != 0 || (indexes.Count > 0 && (indexes[0] < 0 || indexes[^1] >= size)))
        {
            return null;
        }
        var bytes = nodes.ToArray();
        var used = 0;
        var fits = true;
        var root = Visit(0, size, 0, indexes.Count);
        return fits && used == bytes.Length ? root : null;

        byte[] Visit(long start, long end, int first, int last)
        {
            if (first == last)
            {
                if (bytes.Length - used < Merkle.HashBytes)
                {
                    fits = false;
                    return [];
                }
                used += Merkle.HashBytes;
                return bytes[(used - Merkle.HashBytes)..used];
            }
            if (end - start == 1)
            {
                return leafHash(first);
            }
            var middle = start + Merkle.Split(end - start);
            var split = LowerBound(indexes, middle, first, last);
            var left = Visit(start, middle, first, split);
            var right = Visit(middle, end, split, last);
            return Merkle.HashNode(left, right);
        }
    }

    private static int LowerBound(IReadOnlyList<long> indexes, long value, int low, int high)
    {
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = indexes[middle] < value ? (middle + 1, high) : (low, middle);
        }
        return low;
    }
}
