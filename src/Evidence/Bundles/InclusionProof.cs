using System.Globalization;
using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Bundles;

/// <summary>A C2SP tlog-proof (c2sp.org/tlog-proof): index, RFC 6962 path and the signed checkpoint in one text.</summary>
/// <param name="Index">The record.</param>
/// <param name="Path">Sibling hashes from the leaf up.</param>
/// <param name="Checkpoint">The signed note, verbatim.</param>
internal sealed record InclusionProof(long Index, IReadOnlyList<byte[]> Path, byte[] Checkpoint)
{
    private const string FirstLine = "c2sp.org/tlog-proof@v1";
    private const string IndexPrefix = "index ";

    /// <summary>Computes the path (RFC 6962 section 2.1.1).</summary>
    public static InclusionProof Build(long index, long size, Func<long, long, byte[]> subtree, byte[] checkpoint)
    {
        var path = new List<byte[]>();
        var (start, end) = (0L, size);
        while (end - start > 1)
        {
            var middle = start + Merkle.Split(end - start);
            if (index < middle)
            {
                path.Add(subtree(middle, end));
                end = middle;
            }
            else
            {
                path.Add(subtree(start, middle));
                start = middle;
            }
        }
        path.Reverse();
        return new InclusionProof(index, path, checkpoint);
    }

    public byte[] Format()
    {
        var text = new StringBuilder(FirstLine).Append('\n').Append(CultureInfo.InvariantCulture, $"{IndexPrefix}{Index}\n");
        foreach (var hash in Path)
        {
            text.Append(Convert.ToBase64String(hash)).Append('\n');
        }
        text.Append('\n');
        return [.. Encoding.UTF8.GetBytes(text.ToString()), .. Checkpoint];
    }

    /// <exception cref="FormatException">Not a proof of the form above.</exception>
    public static InclusionProof Parse(ReadOnlySpan<byte> proof)
    {
        var split = proof.IndexOf("\n\n"u8);
        if (split < 0)
        {
            throw new FormatException("The proof has no checkpoint.");
        }
        var lines = Encoding.UTF8.GetString(proof[..split]).Split('\n');
        if (lines.Length < 2 || !string.Equals(lines[0], FirstLine, StringComparison.Ordinal) || !lines[1].StartsWith(IndexPrefix, StringComparison.Ordinal)
            || !long.TryParse(lines[1].AsSpan(IndexPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            throw new FormatException("The proof does not start with its version and index.");
        }
        var parsed = new InclusionProof(index, [.. lines.Skip(2).Select(Convert.FromBase64String)], proof[(split + 2)..].ToArray());
        return parsed.Format().AsSpan().SequenceEqual(proof) ? parsed : throw new FormatException("The proof is not in its one canonical form.");
    }
}
