using System.Globalization;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>
/// Name and password of a role that lives as long as one session. The password never leaves the process: the server gets its SCRAM verifier,
/// from which nobody can sign in (RFC 5803; PostgreSQL docs, "CREATE ROLE").
/// </summary>
internal sealed class TemporaryLogin
{
    private const int PasswordBytes = 32;
    private const int SaltBytes = 16;

    /// <summary>PostgreSQL's own default. 32 random bytes need no stretching, but fewer rounds would look like a weak verifier.</summary>
    private const int Iterations = 4_096;

    private TemporaryLogin(string name, string password, byte[] salt, ScramKeys keys)
    {
        Name = name;
        Password = password;
        Keys.Add(name, password, salt, Iterations, keys);
        Verifier = string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(keys.StoredKey)}:{Convert.ToBase64String(keys.ServerKey)}");
    }

    public string Name { get; }

    /// <summary>Never logged, stored or sent.</summary>
    public string Password { get; }

    /// <summary>What the server stores instead of the password.</summary>
    public string Verifier { get; }

    /// <summary>Knows this login's keys, so that signing in costs no second derivation.</summary>
    public ScramKeyCache Keys { get; } = new();

    /// <summary>Makes a random password. The derivation, about a millisecond, runs on the thread pool.</summary>
    public static Task<TemporaryLogin> CreateAsync(string name) => Task.Run(() =>
    {
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes));
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new TemporaryLogin(name, password, salt, ScramKeys.Derive(password, salt, Iterations));
    });

    public override string ToString() => $"TemporaryLogin {{ Name = {Name} }}";
}
