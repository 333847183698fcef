using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>The public key an auditor trusts: a C2SP verifier key (<c>NAME+KEYID+BASE64</c>) or an Ed25519 public key in PEM.</summary>
public sealed class VerificationKey
{
    private const int MaxTextChars = 4096;
    private const byte Ed25519Type = 1;

    /// <summary>DER of an Ed25519 SubjectPublicKeyInfo up to the key (RFC 8410 section 4).</summary>
    private static readonly byte[] SpkiPrefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private VerificationKey(string? name, byte[] publicKey)
    {
        Name = name;
        PublicKey = publicKey;
    }

    /// <summary>The log's origin; null for a PEM key, which fits any origin.</summary>
    public string? Name { get; }

    public byte[] PublicKey { get; }

    /// <summary>SHA-256 of the raw public key in hex: what two people compare by telephone.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(PublicKey));

    /// <exception cref="FormatException">Neither form.</exception>
    public static VerificationKey Parse(string text)
    {
        text = text.Trim();
        if (text.Length is 0 or > MaxTextChars)
        {
            throw new FormatException("The key is empty or too long.");
        }
        return text.StartsWith("-----", StringComparison.Ordinal) ? ParsePem(text) : ParseVerifierKey(text);
    }

    /// <summary>The C2SP verifier key text for a name and a raw public key.</summary>
    public static string Format(string name, ReadOnlySpan<byte> publicKey) =>
        $"{name}+{KeyId(name, publicKey):x8}+{Convert.ToBase64String([Ed25519Type, .. publicKey])}";

    /// <summary>The PEM (SubjectPublicKeyInfo) of a raw public key, as <c>openssl pkey -pubin</c> reads it.</summary>
    public static string FormatPem(ReadOnlySpan<byte> publicKey) =>
        PemEncoding.WriteString("PUBLIC KEY", [.. SpkiPrefix, .. publicKey]) + "\n";

    /// <summary>C2SP signed-note: the first four bytes of <c>SHA-256(name || 0x0A || 0x01 || key)</c>.</summary>
    public static uint KeyId(string name, ReadOnlySpan<byte> publicKey) =>
        BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519Type, .. publicKey]));

    private static VerificationKey ParsePem(string text)
    {
        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] is not "PUBLIC KEY")
        {
            throw new FormatException("The PEM does not hold a PUBLIC KEY.");
        }
        var der = Convert.FromBase64String(text[fields.Base64Data]);
        if (der.Length != SpkiPrefix.Length + Ed25519.PublicKeyBytes || !der.AsSpan().StartsWith(SpkiPrefix))
        {
            throw new FormatException("The PEM does not hold an Ed25519 key.");
        }
        return new VerificationKey(name: null, der[SpkiPrefix.Length..]);
    }

    private static VerificationKey ParseVerifierKey(string text)
    {
        // The base64 part may itself contain plus signs; name and key id cannot.
        var parts = text.Split('+', 3);
        if (parts.Length != 3 || parts[0].Length == 0 || parts[1].Length != 8)
        {
            throw new FormatException("A verifier key reads NAME+KEYID+BASE64.");
        }
        var key = new byte[1 + Ed25519.PublicKeyBytes];
        if (!Convert.TryFromBase64String(parts[2], key, out var bytes) || bytes != key.Length || key[0] != Ed25519Type)
        {
            throw new FormatException("The verifier key does not hold an Ed25519 key.");
        }
        if (!string.Equals(parts[1], $"{KeyId(parts[0], key.AsSpan(1)):x8}", StringComparison.Ordinal))
        {
            throw new FormatException("The verifier key's id does not belong to its name and key.");
        }
        return new VerificationKey(parts[0], key[1..]);
    }
}
