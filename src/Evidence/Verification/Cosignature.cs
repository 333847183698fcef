using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Witness cosignatures (c2sp.org/tlog-cosignature): eight bytes POSIX time, then an Ed25519 signature over <c>cosignature/v1</c> and the checkpoint, or an
/// ML-DSA-44 signature over a <c>subtree/v1</c> structure.
/// </summary>
public static class Cosignature
{
    private const int TimeBytes = sizeof(long);
    private const int MaxNameBytes = 255;

    /// <summary>Whether this platform can verify cosignatures of a kind of key.</summary>
    public static bool IsSupported(SignatureType type) => type == SignatureType.CosignatureEd25519 || (type == SignatureType.CosignatureMlDsa44 && MLDsa.IsSupported);

    /// <summary>What an Ed25519 witness signs.</summary>
    /// <param name="seconds">POSIX time.</param>
    /// <param name="checkpoint">The checkpoint's whole text, extension lines included.</param>
    public static byte[] Ed25519Message(long seconds, string checkpoint) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{checkpoint}"));

    /// <summary>What an ML-DSA-44 witness signs about a whole tree.</summary>
    /// <exception cref="FormatException">A name is longer than 255 bytes, or empty.</exception>
    public static byte[] MlDsaMessage(string witness, long seconds, Checkpoint head)
    {
        var (name, origin) = (Encoding.UTF8.GetBytes(witness), Encoding.UTF8.GetBytes(head.Origin));
        if (name.Length is 0 or > MaxNameBytes || origin.Length is 0 or > MaxNameBytes)
        {
            throw new FormatException("A cosigned name has 1 to 255 bytes.");
        }
        return [.. "subtree/v1\n\0"u8, (byte)name.Length, .. name, .. BigEndian(seconds), (byte)origin.Length, .. origin, .. BigEndian(0), .. BigEndian(head.Size), .. head.Root];
    }

    /// <summary>The time in a cosignature, or null when it is none.</summary>
    internal static DateTimeOffset? TimeOf(ReadOnlySpan<byte> signature)
    {
        var seconds = signature.Length > TimeBytes ? BinaryPrimitives.ReadInt64BigEndian(signature) : -1;
        return seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }

    internal static bool Verify(VerificationKey key, string name, string checkpoint, ReadOnlySpan<byte> signature)
    {
        if (TimeOf(signature) is not { } time || !IsSupported(key.Type))
        {
            return false;
        }
        var seconds = time.ToUnixTimeSeconds();
        var signed = signature[TimeBytes..];
        if (key.Type == SignatureType.CosignatureEd25519)
        {
            return Ed25519.Verify(key.PublicKey, Ed25519Message(seconds, checkpoint), signed);
        }
        using var mlDsa = MLDsa.ImportMLDsaPublicKey(MLDsaAlgorithm.MLDsa44, key.PublicKey);
        return signed.Length == MLDsaAlgorithm.MLDsa44.SignatureSizeInBytes && mlDsa.VerifyData(MlDsaMessage(name, seconds, Checkpoint.ParseHead(checkpoint)), signed);
    }

    private static byte[] BigEndian(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
