using System.Globalization;
using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Witnessing;

/// <summary>The body of <c>add-checkpoint</c> (c2sp.org/tlog-witness): old size, consistency proof, signed checkpoint.</summary>
/// <param name="OldSize">The size the log believes the witness has cosigned last.</param>
/// <param name="Proof">RFC 6962 consistency proof from there.</param>
/// <param name="Checkpoint">The signed note.</param>
internal sealed record AddCheckpointRequest(long OldSize, IReadOnlyList<byte[]> Proof, byte[] Checkpoint)
{
    /// <summary>Longest body: the proof, and a note of 64 KiB.</summary>
    public const int MaxBytes = 80 << 10;

    private const int MaxProofLines = 63;
    private const string OldPrefix = "old ";

    /// <exception cref="FormatException">Not such a body.</exception>
    public static AddCheckpointRequest Parse(ReadOnlySpan<byte> body)
    {
        var split = body.IndexOf("\n\n"u8);
        if (split < 0 || body.Length > MaxBytes)
        {
            throw new FormatException("The body is an old size, a proof, an empty line and a checkpoint.");
        }
        var lines = Encoding.UTF8.GetString(body[..split]).Split('\n');
        if (!lines[0].StartsWith(OldPrefix, StringComparison.Ordinal)
            || !long.TryParse(lines[0].AsSpan(OldPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var oldSize)
            || !string.Equals(lines[0], OldPrefix + oldSize.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal))
        {
            throw new FormatException("The first line is 'old' and a decimal size.");
        }
        if (lines.Length - 1 > MaxProofLines)
        {
            throw new FormatException($"A proof has at most {MaxProofLines} lines.");
        }
        return new AddCheckpointRequest(oldSize, [.. lines.Skip(1).Select(Hash)], body[(split + 2)..].ToArray());
    }

    public byte[] Format()
    {
        var text = new StringBuilder(OldPrefix).Append(CultureInfo.InvariantCulture, $"{OldSize}\n");
        foreach (var hash in Proof)
        {
            text.Append(Convert.ToBase64String(hash)).Append('\n');
        }
        return [.. Encoding.UTF8.GetBytes(text.Append('\n').ToString()), .. Checkpoint];
    }

    private static byte[] Hash(string line)
    {
        var hash = Convert.FromBase64String(line);
        return hash.Length == Merkle.HashBytes ? hash : throw new FormatException("A proof line is a hash of 32 bytes.");
    }
}
