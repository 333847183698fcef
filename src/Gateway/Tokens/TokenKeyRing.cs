using System.Buffers.Text;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Tokens;

/// <summary>
/// The gateway's signing keys (ES256): one signs, those before it verify until the last token they signed has ended. Kept in a file that
/// only the gateway's user may read. Thread-safe.
/// </summary>
public sealed class TokenKeyRing : IDisposable
{
    /// <summary>Most keys at a time.</summary>
    public const int MaxKeys = 16;

    private const int MaxFileBytes = 64 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>How long a retired key verifies: the longest life of a token, and some time for clocks.</summary>
    private static readonly TimeSpan RetiredFor = TokenOptions.MaxLifetime + TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly string _path;
    private ImmutableArray<Entry> _entries;
    private ECDsa _signer;
    private volatile Published _published;

    private TokenKeyRing(string path, ImmutableArray<Entry> entries)
    {
        _path = path;
        _entries = entries;
        _signer = Import(entries[^1]);
        _published = Publish(entries);
    }

    /// <summary>The keys tokens are verified with.</summary>
    public KeySet Keys => _published.Keys;

    /// <summary>The public keys as a JWKS (RFC 7517).</summary>
    public string Document => _published.Document;

    /// <summary>The id of the key that signs now (RFC 7638).</summary>
    public string CurrentId
    {
        get
        {
            lock (_gate)
            {
                return _entries[^1].Id;
            }
        }
    }

    /// <summary>Reads the keys from <paramref name="path"/>, or makes a first one there.</summary>
    /// <exception cref="InvalidDataException">The file does not hold keys, or others may read it.</exception>
    public static TokenKeyRing LoadOrCreate(string path, DateTimeOffset now)
    {
        if (!File.Exists(path))
        {
            ImmutableArray<Entry> first = [Entry.New(now)];
            Write(path, first);
            return new TokenKeyRing(path, first);
        }
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly) != 0)
        {
            throw new InvalidDataException($"The token keys '{path}' must be readable by their owner only (mode 0600).");
        }
        try
        {
            using var file = File.OpenRead(path);
            var entries = file.Length is > 0 and <= MaxFileBytes ? JsonSerializer.Deserialize<ImmutableArray<Entry>>(file) : [];
            return entries.IsDefaultOrEmpty ? throw new JsonException() : new TokenKeyRing(path, entries);
        }
        catch (Exception problem) when (problem is JsonException or FormatException or CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"The token keys '{path}' cannot be used: restore the file, or remove it, which ends every token of the gateway.", problem);
        }
    }

    /// <summary>Signs with a new key from now on where the old one has reached its age, and forgets keys that nothing can depend on any more.</summary>
    /// <returns>Whether there is a new key.</returns>
    public bool Maintain(DateTimeOffset now, TimeSpan rotation)
    {
        lock (_gate)
        {
            if (now - _entries[^1].CreatedAt >= rotation)
            {
                Replace(now);
                return true;
            }
            if (_entries.Any(entry => IsForgotten(entry, now)))
            {
                Keep([.. _entries.Where(entry => !IsForgotten(entry, now))]);
            }
            return false;
        }
    }

    /// <summary>Signs with a new key from now on; false when too many retired keys are still needed.</summary>
    public bool Rotate(DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_entries.Count(entry => !IsForgotten(entry, now)) >= MaxKeys)
            {
                return false;
            }
            Replace(now);
            return true;
        }
    }

    /// <summary>Makes a token of claims: a compact JWS (RFC 7515) of type <c>at+jwt</c> (RFC 9068).</summary>
    /// <param name="claims">A JSON object.</param>
    public string Sign(ReadOnlySpan<byte> claims)
    {
        lock (_gate)
        {
            var header = $$"""{"alg":"ES256","typ":"at+jwt","kid":"{{_entries[^1].Id}}"}""";
            var signed = $"{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(header))}.{Base64Url.EncodeToString(claims)}";
            return $"{signed}.{Base64Url.EncodeToString(_signer.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
        }
    }

    public void Dispose() => _signer.Dispose();

    private static bool IsForgotten(Entry entry, DateTimeOffset now) => entry.RetiredAt is { } retired && now - retired > RetiredFor;

    private void Replace(DateTimeOffset now)
    {
        var retired = _entries[^1] with { RetiredAt = now };
        Keep([.. _entries[..^1].Where(entry => !IsForgotten(entry, now)), retired, Entry.New(now)]);
        _signer.Dispose();
        _signer = Import(_entries[^1]);
    }

    private void Keep(ImmutableArray<Entry> entries)
    {
        Write(_path, entries);
        _entries = entries;
        _published = Publish(entries);
    }

    private static ECDsa Import(Entry entry)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(entry.Key), out _);
        return key;
    }

    private static Published Publish(ImmutableArray<Entry> entries)
    {
        using var document = new MemoryStream();
        using (var writer = new Utf8JsonWriter(document))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("keys");
            foreach (var entry in entries.Reverse())
            {
                using var key = Import(entry);
                var point = key.ExportParameters(includePrivateParameters: false).Q;
                writer.WriteStartObject();
                writer.WriteString("kty", "EC");
                writer.WriteString("crv", "P-256");
                writer.WriteString("use", "sig");
                writer.WriteString("alg", "ES256");
                writer.WriteString("kid", entry.Id);
                writer.WriteString("x", Base64Url.EncodeToString(point.X));
                writer.WriteString("y", Base64Url.EncodeToString(point.Y));
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        var text = Encoding.UTF8.GetString(document.ToArray());
        return new Published(KeySet.Parse(text), text);
    }

    /// <summary>Replaces the file as a whole, so that a crash leaves the old keys or the new ones.</summary>
    private static void Write(string path, ImmutableArray<Entry> entries)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        var next = path + ".new";
        using (var file = new FileStream(next, options))
        {
            JsonSerializer.Serialize(file, entries);
            file.Flush(flushToDisk: true);
        }
        File.Move(next, path, overwrite: true);
    }

    private sealed record Published(KeySet Keys, string Document);

    /// <summary>One key as it is stored: PKCS #8 in base64.</summary>
    private sealed record Entry(string Id, DateTimeOffset CreatedAt, DateTimeOffset? RetiredAt, string Key)
    {
        public static Entry New(DateTimeOffset now)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            var (x, y) = (Base64Url.EncodeToString(point.X), Base64Url.EncodeToString(point.Y));
            var thumbprint = SHA256.HashData(Encoding.ASCII.GetBytes($$"""{"crv":"P-256","kty":"EC","x":"{{x}}","y":"{{y}}"}"""));
            return new Entry(Base64Url.EncodeToString(thumbprint), now, RetiredAt: null, Convert.ToBase64String(key.ExportPkcs8PrivateKey()));
        }

        /// <summary>Keeps the key out of anything that prints records.</summary>
        public override string ToString() => Id;
    }
}
