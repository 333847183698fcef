using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// The public key an auditor trusts: a C2SP verifier key (<c>NAME+KEYID+BASE64</c>) of a log or a witness, or a log's public key in PEM (Ed25519, or ECDSA P-256).
/// </summary>
public sealed class VerificationKey
{
    internal const int MlDsa44PublicKeyBytes = 1312;

    private const int MaxTextChars = 8192;
    private const int KeyIdBytes = 4;
    private const string P256 = "1.2.840.10045.3.1.7";

    /// <summary>DER of an Ed25519 SubjectPublicKeyInfo up to the key (RFC 8410 section 4).</summary>
    private static readonly byte[] SpkiPrefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private VerificationKey(string? name, SignatureType type, byte[] publicKey)
    {
        Name = name;
        Type = type;
        PublicKey = publicKey;
    }

    /// <summary>The log's origin or the witness's name; null for a PEM key, which fits any origin.</summary>
    public string? Name { get; }

    public SignatureType Type { get; }

    /// <summary>Raw Ed25519 or ML-DSA key, or the DER SubjectPublicKeyInfo of an ECDSA key.</summary>
    public byte[] PublicKey { get; }

    /// <summary>SHA-256 of <see cref="PublicKey"/> in hex: what two people compare by telephone.</summary>
    public string Fingerprint => Convert.ToHexStringLower(SHA256.HashData(PublicKey));

    /// <summary>Whether it is a witness's key.</summary>
    public bool IsWitness => Type is SignatureType.CosignatureEd25519 or SignatureType.CosignatureMlDsa44;

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

    /// <summary>The C2SP verifier key text for a log's name and its raw Ed25519 public key.</summary>
    public static string Format(string name, ReadOnlySpan<byte> publicKey) => Format(name, SignatureType.Ed25519, publicKey);

    /// <summary>The C2SP verifier key text.</summary>
    public static string Format(string name, SignatureType type, ReadOnlySpan<byte> publicKey) =>
        $"{name}+{KeyId(name, type, publicKey):x8}+{Convert.ToBase64String([(byte)type, .. publicKey])}";

    /// <summary>The PEM (SubjectPublicKeyInfo) of a raw Ed25519 public key, as <c>openssl pkey -pubin</c> reads it.</summary>
    public static string FormatPem(ReadOnlySpan<byte> publicKey) =>
        PemEncoding.WriteString("PUBLIC KEY", [.. SpkiPrefix, .. publicKey]) + "\n";

    /// <summary>
    /// C2SP signed-note: the first four bytes of <c>SHA-256(name || 0x0A || type || key)</c>; for ECDSA of <c>SHA-256(SubjectPublicKeyInfo)</c>.
    /// </summary>
    public static uint KeyId(string name, SignatureType type, ReadOnlySpan<byte> publicKey) => BinaryPrimitives.ReadUInt32BigEndian(
        type == SignatureType.EcdsaP256 ? SHA256.HashData(publicKey) : SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)type, .. publicKey]));

    /// <summary>Whether this key made <paramref name="signature"/> (without the key id) over a note's text under <paramref name="name"/>.</summary>
    internal bool Verifies(string name, string text, ReadOnlySpan<byte> signature) => Type switch
    {
        SignatureType.Ed25519 => Ed25519.Verify(PublicKey, Encoding.UTF8.GetBytes(text), signature),
        SignatureType.EcdsaP256 => VerifyEcdsa(text, signature),
        _ => Cosignature.Verify(this, name, text, signature),
    };

    private static VerificationKey ParsePem(string text)
    {
        if (!PemEncoding.TryFind(text, out var fields) || text[fields.Label] is not "PUBLIC KEY")
        {
            throw new FormatException("The PEM does not hold a PUBLIC KEY.");
        }
        var der = Convert.FromBase64String(text[fields.Base64Data]);
        if (der.Length == SpkiPrefix.Length + Ed25519.PublicKeyBytes && der.AsSpan().StartsWith(SpkiPrefix))
        {
            return new VerificationKey(name: null, SignatureType.Ed25519, der[SpkiPrefix.Length..]);
        }
        return IsP256(der) ? new VerificationKey(name: null, SignatureType.EcdsaP256, der) : throw new FormatException("The PEM holds neither an Ed25519 nor an ECDSA P-256 key.");
    }

    private static VerificationKey ParseVerifierKey(string text)
    {
        // The base64 part may itself contain plus signs; name and key id cannot.
        var parts = text.Split('+', 3);
        if (parts.Length != 3 || parts[0].Length == 0 || parts[1].Length != 2 * KeyIdBytes || parts[0].Any(char.IsWhiteSpace))
        {
            throw new FormatException("A verifier key reads NAME+KEYID+BASE64.");
        }
        var key = Convert.FromBase64String(parts[2]);
        if (key.Length < 1 || !IsKey((SignatureType)key[0], key[1..]) || !string.Equals(Convert.ToBase64String(key), parts[2], StringComparison.Ordinal))
        {
            throw new FormatException("The verifier key holds no key of a known kind.");
        }
        var (type, publicKey) = ((SignatureType)key[0], key[1..]);
        if (!string.Equals(parts[1], $"{KeyId(parts[0], type, publicKey):x8}", StringComparison.Ordinal))
        {
            throw new FormatException("The verifier key's id does not belong to its name and key.");
        }
        return new VerificationKey(parts[0], type, publicKey);
    }

    private static bool IsKey(SignatureType type, byte[] publicKey) => type switch
    {
        SignatureType.Ed25519 or SignatureType.CosignatureEd25519 => publicKey.Length == Ed25519.PublicKeyBytes,
        SignatureType.EcdsaP256 => IsP256(publicKey),
        SignatureType.CosignatureMlDsa44 => publicKey.Length == MlDsa44PublicKeyBytes,
        _ => false,
    };

    private static bool IsP256(byte[] der)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(der, out var read);
            return read == der.Length && string.Equals(key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value, P256, StringComparison.Ordinal);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private bool VerifyEcdsa(string text, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(PublicKey, out _);
        return key.VerifyData(Encoding.UTF8.GetBytes(text), signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
