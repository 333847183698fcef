using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Gateway.Identity;

/// <summary>
/// Remembers verified tokens by their SHA-256, so that a driver that opens many connections with one token pays for its signature once.
/// Bounded: two generations of half the entries each, the older one dropped when the younger is full.
/// </summary>
internal sealed class TokenCache
{
    /// <summary>Most tokens remembered.</summary>
    public const int MaxEntries = 4096;

    private readonly Lock _gate = new();
    private volatile ConcurrentDictionary<TokenDigest, VerifiedToken> _young = new();
    private volatile ConcurrentDictionary<TokenDigest, VerifiedToken> _old = new();

    public bool TryGet(in TokenDigest digest, out VerifiedToken verified)
    {
        if (_young.TryGetValue(digest, out verified))
        {
            return true;
        }
        if (!_old.TryGetValue(digest, out verified))
        {
            return false;
        }
        Add(digest, verified);
        return true;
    }

    public void Add(in TokenDigest digest, in VerifiedToken verified)
    {
        lock (_gate)
        {
            if (_young.Count >= MaxEntries / 2)
            {
                _old = _young;
                _young = new();
            }
            _young[digest] = verified;
        }
    }
}

/// <summary>What a verified token proved, and by which keys.</summary>
/// <param name="Accepted">The answer to give again, until the token expires.</param>
/// <param name="Source">Whose keys verified it.</param>
/// <param name="Keys">The very keys: other keys mean that the token is verified anew.</param>
/// <param name="Issuer">How the issuer's tokens are read.</param>
internal readonly record struct VerifiedToken(AuthenticationResult.Accepted Accepted, KeySource Source, KeySet Keys, IssuerOptions Issuer);

/// <summary>SHA-256 of a token.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TokenDigest(UInt128 High, UInt128 Low)
{
    public static TokenDigest Of(string token)
    {
        Span<UInt128> digest = stackalloc UInt128[2];
        Span<byte> characters = token.Length <= 4096 ? stackalloc byte[token.Length] : new byte[token.Length];
        Encoding.Latin1.GetBytes(token, characters);
        SHA256.HashData(characters, MemoryMarshal.AsBytes(digest));
        CryptographicOperations.ZeroMemory(characters);
        return new TokenDigest(digest[0], digest[1]);
    }
}
