using System.Security.Cryptography;

namespace Sallyport.Gateway.Masking;

/// <summary>The random key behind the tokens of one session. Not thread-safe; disposing it ends every mask made with it.</summary>
public sealed class MaskKeys : IDisposable
{
    /// <summary>Bytes of a token's digest.</summary>
    internal const int DigestBytes = 32;

    private readonly byte[] _key = new byte[DigestBytes];
    private IncrementalHash? _hash;
    private bool _isDisposed;

    private MaskKeys() => RandomNumberGenerator.Fill(_key);

    /// <summary>A fresh random key, so that tokens of two sessions never match.</summary>
    public static MaskKeys ForSession() => new();

    public void Dispose()
    {
        _isDisposed = true;
        CryptographicOperations.ZeroMemory(_key);
        _hash?.Dispose();
        _hash = null;
    }

    /// <summary>HMAC-SHA-256 over tag, a zero byte, and value.</summary>
    internal void Digest(ReadOnlySpan<byte> tag, ReadOnlySpan<byte> value, Span<byte> digest)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        // Made at the first token: an idle session holds no native handle.
        _hash ??= IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        _hash.AppendData(tag);
        _hash.AppendData([0]);
        _hash.AppendData(value);
        _hash.GetHashAndReset(digest);
    }
}
