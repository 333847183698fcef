using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Sallyport.Gateway.Identity;

/// <summary>The public signing keys of one issuer (RFC 7517). Immutable.</summary>
public sealed class KeySet
{
    /// <summary>Longest key document, in bytes.</summary>
    public const int MaxDocumentBytes = 256 * 1024;

    /// <summary>Keys beyond this number make the document unusable.</summary>
    public const int MaxKeys = 64;

    private const int MinRsaBits = 2048;

    private readonly ImmutableArray<JsonWebKey> _keys;

    private KeySet(ImmutableArray<JsonWebKey> keys)
    {
        _keys = keys;
        Fingerprint = FingerprintOf(keys);
    }

    public int Count => _keys.Length;

    /// <summary>Equal for equal keys, so that a fetch that brings nothing new can be told from a rotation.</summary>
    internal string Fingerprint { get; }

    /// <summary>Reads a JWKS. Keys that cannot verify a signature here (symmetric, weak, for encryption, unknown curves) are left out.</summary>
    /// <exception cref="InvalidDataException">The document is no JWKS, holds too many keys, or no usable key.</exception>
    public static KeySet Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        if (json.Length > MaxDocumentBytes)
        {
            throw new InvalidDataException($"the key set is longer than {MaxDocumentBytes} bytes");
        }
        IList<JsonWebKey> parsed;
        try
        {
            parsed = new JsonWebKeySet(json).Keys;
        }
        catch (Exception problem) when (problem is ArgumentException or JsonException or FormatException)
        {
            throw new InvalidDataException("the key set is not a JSON Web Key Set", problem);
        }
        if (parsed.Count > MaxKeys)
        {
            throw new InvalidDataException($"the key set holds more than {MaxKeys} keys");
        }
        var usable = parsed.Where(IsUsable).Select(PublicPart).ToImmutableArray();
        return usable.IsEmpty ? throw new InvalidDataException("the key set holds no usable RSA or EC signing key") : new KeySet(usable);
    }

    /// <summary>The key a token names, if it fits the algorithm. A token that names none is served only where exactly one key fits.</summary>
    internal JsonWebKey? Find(string? keyId, string algorithm)
    {
        JsonWebKey? found = null;
        foreach (var key in _keys)
        {
            if (!Fits(key, algorithm) || (keyId is not null && key.Kid != keyId))
            {
                continue;
            }
            if (found is not null)
            {
                return null;
            }
            found = key;
        }
        return found;
    }

    private static bool Fits(JsonWebKey key, string algorithm)
    {
        if (!string.IsNullOrEmpty(key.Alg) && key.Alg != algorithm)
        {
            return false;
        }
        return algorithm switch
        {
            "ES256" => key.Crv == "P-256",
            "ES384" => key.Crv == "P-384",
            "ES512" => key.Crv == "P-521",
            _ => key.Kty == JsonWebAlgorithmsKeyTypes.RSA,
        };
    }

    private static bool IsUsable(JsonWebKey key)
    {
        if (!string.IsNullOrEmpty(key.Use) && key.Use is not ("sig" or "jwt-svid"))
        {
            return false;
        }
        try
        {
            return key.Kty switch
            {
                JsonWebAlgorithmsKeyTypes.RSA => Bytes(key.E).Length > 0 && Bytes(key.N).Length * 8 >= MinRsaBits && Imports(key),
                JsonWebAlgorithmsKeyTypes.EllipticCurve => key.Crv is "P-256" or "P-384" or "P-521" && Imports(key),
                _ => false,
            };
        }
        catch (Exception problem) when (problem is FormatException or CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether the platform takes the numbers as a key: a point off its curve or an empty modulus is found here, not at the first token.</summary>
    private static bool Imports(JsonWebKey key)
    {
        if (key.Kty == JsonWebAlgorithmsKeyTypes.RSA)
        {
            using var rsa = RSA.Create(new RSAParameters { Modulus = Bytes(key.N), Exponent = Bytes(key.E) });
            return rsa.KeySize >= MinRsaBits;
        }
        var curve = key.Crv switch
        {
            "P-256" => ECCurve.NamedCurves.nistP256,
            "P-384" => ECCurve.NamedCurves.nistP384,
            _ => ECCurve.NamedCurves.nistP521,
        };
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = curve, Q = new ECPoint { X = Bytes(key.X), Y = Bytes(key.Y) } });
        return true;
    }

    private static byte[] Bytes(string? base64Url) => string.IsNullOrEmpty(base64Url) ? [] : Base64UrlEncoder.DecodeBytes(base64Url);

    /// <summary>A copy without private numbers, certificates and foreign members: none of them has a use here.</summary>
    private static JsonWebKey PublicPart(JsonWebKey key) =>
        new() { Kty = key.Kty, Kid = key.Kid, Alg = key.Alg, N = key.N, E = key.E, Crv = key.Crv, X = key.X, Y = key.Y };

    private static string FingerprintOf(ImmutableArray<JsonWebKey> keys)
    {
        var lines = keys.Select(k => $"{k.Kid} {k.Alg} {k.Kty} {k.N} {k.E} {k.Crv} {k.X} {k.Y}").Order(StringComparer.Ordinal);
        return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }
}
