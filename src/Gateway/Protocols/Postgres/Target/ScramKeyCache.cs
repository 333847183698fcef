using System.Security.Cryptography;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>
/// The keys SCRAM derives from a password by thousands of hash rounds (about a millisecond), kept per user, salt and
/// rounds, so that only the first connection pays for them.
/// </summary>
internal sealed class ScramKeyCache
{
    private const int MaxEntries = 16;

    private readonly Dictionary<Key, ScramKeys> _entries = [];
    private readonly Lock _lock = new();

    public async ValueTask<ScramKeys> GetAsync(string user, string password, byte[] salt, int iterations)
    {
        var key = KeyOf(user, password, salt, iterations);
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var known))
            {
                return known;
            }
        }

        var derived = await Task.Run(() => ScramKeys.Derive(password, salt, iterations));
        Keep(key, derived);
        return derived;
    }

    /// <summary>Keeps keys that were derived already.</summary>
    public void Add(string user, string password, byte[] salt, int iterations, ScramKeys keys) => Keep(KeyOf(user, password, salt, iterations), keys);

    // The password is part of the key as a hash: a rotated one must miss, and it need not be kept twice.
    private static Key KeyOf(string user, string password, byte[] salt, int iterations) =>
        new(user, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(password))), Convert.ToHexString(salt), iterations);

    private void Keep(Key key, ScramKeys keys)
    {
        lock (_lock)
        {
            if (_entries.Count >= MaxEntries)
            {
                _entries.Clear();
            }

            _entries[key] = keys;
        }
    }

    private readonly record struct Key(string User, string PasswordHash, string Salt, int Iterations);
}

/// <summary>ClientKey, StoredKey and ServerKey of RFC 5802, section 3.</summary>
internal sealed class ScramKeys
{
    private ScramKeys(byte[] clientKey, byte[] serverKey)
    {
        ClientKey = clientKey;
        StoredKey = SHA256.HashData(clientKey);
        ServerKey = serverKey;
    }

    public byte[] ClientKey { get; }

    public byte[] StoredKey { get; }

    public byte[] ServerKey { get; }

    public static ScramKeys Derive(string password, byte[] salt, int iterations)
    {
        var salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(SaslPrep.Prepare(password)), salt, iterations, HashAlgorithmName.SHA256, SHA256.HashSizeInBytes);
        var keys = new ScramKeys(HMACSHA256.HashData(salted, "Client Key"u8), HMACSHA256.HashData(salted, "Server Key"u8));
        CryptographicOperations.ZeroMemory(salted);
        return keys;
    }
}
