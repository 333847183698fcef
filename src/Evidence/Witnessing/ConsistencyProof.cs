using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Witnessing;

/// <summary>Makes the proof that one tree is the beginning of a later one (RFC 6962 section 2.1.2).</summary>
internal static class ConsistencyProof
{
    /// <param name="oldSize">Size of the earlier tree; 0 needs no proof.</param>
    /// <param name="newSize">Size of the later tree, not smaller.</param>
    /// <param name="subtree">Gives the hash of the leaves from a first to before an end.</param>
    public static IReadOnlyList<byte[]> Build(long oldSize, long newSize, Func<long, long, byte[]> subtree)
    {
        var proof = new List<byte[]>();
        if (oldSize == 0 || oldSize == newSize)
        {
            return proof;
        }
        var (start, end) = (0L, newSize);
        var isWholeOldTree = true;
        var size = oldSize;
        while (size != end - start)
        {
            var split = Merkle.Split(end - start);
            if (size <= split)
            {
                proof.Add(subtree(start + split, end));
                end = start + split;
            }
            else
            {
                proof.Add(subtree(start, start + split));
                start += split;
                size -= split;
                isWholeOldTree = false;
            }
        }
        if (!isWholeOldTree)
        {
            proof.Add(subtree(start, end));
        }
        proof.Reverse();
        return proof;
    }
}
