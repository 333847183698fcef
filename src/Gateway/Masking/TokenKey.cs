using System.Security.Cryptography;

namespace Sallyport.Gateway.Masking;

/// <summary>The key of one scope as one session uses it, and what it remembers of the tokens made with it. Not thread-safe; the vault is.</summary>
internal sealed class TokenKey(byte[] key, string idPrefix, TokenVault vault) : IDisposable
{
    private const int IdLetters = 4;

    private IncrementalHash? _hash;
    private bool _isDisposed;

    /// <summary>Names scope, epoch and key inside tokens: <c>s</c>, <c>r</c> or <c>t1</c>, and four letters that depend on the key.</summary>
    public string Id { get; } = idPrefix + Letters(key);

    public TokenVault Vault => vault;

    /// <summary>HMAC-SHA-256 over tag, a zero byte, and value.</summary>
    public void Digest(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> value, Span<byte> digest)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        // Made at the first token: an idle session holds no native handle.
        _hash ??= IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        _hash.AppendData(tag);
        _hash.AppendData([0]);
        _hash.AppendData(value);
        _hash.GetHashAndReset(digest);
    }

    public void Dispose()
    {
        _isDisposed = true;
        CryptographicOperations.ZeroMemory(key);
        _hash?.Dispose();
        _hash = null;
    }

    private static string Letters(byte[] key)
    {
        var digest = HMACSHA256.HashData(key, "id"u8);
        return string.Create(IdLetters, digest, static (letters, source) =>
        {
            for (var at = 0; at < letters.Length; at++)
            {
                letters[at] = (char)('a' + (source[at] & 0x0F));
            }
        });
    }
}
