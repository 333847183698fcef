using System.Globalization;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>The text of a signed tree head (c2sp.org/tlog-checkpoint).</summary>
/// <param name="Origin">Name of the log.</param>
/// <param name="Size">Number of records.</param>
/// <param name="Root">RFC 6962 root hash, 32 bytes.</param>
public sealed record Checkpoint(string Origin, long Size, byte[] Root)
{
    private const int RootBytes = 32;
    private const int MandatoryLines = 3;

    /// <exception cref="FormatException">Not a checkpoint of the three lines that our logs write.</exception>
    public static Checkpoint Parse(string text) =>
        text.AsSpan().Count('\n') == MandatoryLines ? ParseHead(text) : throw new FormatException("A checkpoint of this log has three lines: origin, size, root.");

    /// <summary>As <see cref="Parse"/> for the checkpoint of any log, which may have extension lines.</summary>
    /// <exception cref="FormatException">Not a checkpoint.</exception>
    public static Checkpoint ParseHead(string text)
    {
        var lines = text.Split('\n');
        if (lines.Length <= MandatoryLines || lines[^1].Length != 0 || lines[..^1].Any(line => line.Length == 0))
        {
            throw new FormatException("A checkpoint has at least three lines: origin, size, root.");
        }
        if (!long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || !string.Equals(size.ToString(CultureInfo.InvariantCulture), lines[1], StringComparison.Ordinal))
        {
            throw new FormatException("The size of a checkpoint is a decimal number.");
        }
        var root = new byte[RootBytes];
        if (!Convert.TryFromBase64String(lines[2], root, out var bytes) || bytes != RootBytes
            || !string.Equals(Convert.ToBase64String(root), lines[2], StringComparison.Ordinal))
        {
            throw new FormatException("The root of a checkpoint is 32 bytes in base64.");
        }
        return new Checkpoint(lines[0], size, root);
    }

    /// <summary>Parses a signed checkpoint and checks the log's signature.</summary>
    /// <exception cref="FormatException">Not a checkpoint, or not signed by <paramref name="key"/>.</exception>
    public static Checkpoint Open(ReadOnlySpan<byte> note, VerificationKey key) => OpenedCheckpoint.Open(note, TrustPolicy.Of(key)).Head;

    /// <summary>The text that is signed.</summary>
    public string Format() => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n");

    /// <summary>Whether another checkpoint says the same.</summary>
    public bool SameAs(Checkpoint other) =>
        Size == other.Size && string.Equals(Origin, other.Origin, StringComparison.Ordinal) && Root.AsSpan().SequenceEqual(other.Root);

    public byte[] FormatBytes() => Encoding.UTF8.GetBytes(Format());
}
