using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Targets;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>One SCRAM-SHA-256 or SCRAM-SHA-256-PLUS exchange as the client (RFC 5802, RFC 7677; PostgreSQL docs, "SASL Authentication").</summary>
internal sealed class ScramClient
{
    private const string Plain = "SCRAM-SHA-256";
    private const string Plus = "SCRAM-SHA-256-PLUS";
    private const int NonceBytes = 18;
    private const int MaxServerMessageBytes = 4_096;

    private readonly PostgresTargetOptions _options;
    private readonly string _gs2Header;
    private readonly byte[] _channelBinding;
    private readonly string _clientNonce;
    private readonly string _firstBare;
    private byte[]? _serverSignature;

    private ScramClient(PostgresTargetOptions options, string mechanism, string gs2Header, byte[] channelBinding, string clientNonce)
    {
        _options = options;
        Mechanism = mechanism;
        _gs2Header = gs2Header;
        _channelBinding = channelBinding;
        _clientNonce = clientNonce;

        // PostgreSQL takes the user from the StartupMessage and ignores the one given here.
        _firstBare = "n=,r=" + clientNonce;
    }

    public string Mechanism { get; }

    /// <summary>The server's signature was right: it knows the password's verifier.</summary>
    public bool IsServerProven { get; private set; }

    public byte[] FirstMessage => Encoding.ASCII.GetBytes(_gs2Header + _firstBare);

    /// <summary>
    /// Prefers channel binding. Where the server does not offer it although the connection could, the header says "y", so that
    /// a server whose offer was cut out on the way notices. Returns null when no offered mechanism is known.
    /// </summary>
    public static ScramClient? Choose(PostgresTargetOptions options, List<string> offered, byte[]? endPointBinding, string? clientNonce = null)
    {
        clientNonce ??= Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        if (offered.Contains(Plus) && endPointBinding is not null)
        {
            return new ScramClient(options, Plus, "p=tls-server-end-point,,", endPointBinding, clientNonce);
        }

        return offered.Contains(Plain)
            ? new ScramClient(options, Plain, endPointBinding is null ? "n,," : "y,,", [], clientNonce)
            : null;
    }

    /// <summary>Takes server-first-message; returns client-final-message. The costly key derivation runs on the thread pool.</summary>
    public async ValueTask<byte[]> ContinueAsync(ReadOnlyMemory<byte> serverFirst, string password, ScramKeyCache keys)
    {
        if (_serverSignature is not null)
        {
            throw Fail("repeated a step of SCRAM");
        }

        var text = Ascii(serverFirst.Span);
        var (nonce, salt, iterations) = ParseServerFirst(text);
        var derived = await keys.GetAsync(_options.User, password, salt, iterations);

        var channel = Convert.ToBase64String([.. Encoding.ASCII.GetBytes(_gs2Header), .. _channelBinding]);
        var withoutProof = $"c={channel},r={nonce}";
        var authMessage = Encoding.ASCII.GetBytes($"{_firstBare},{text},{withoutProof}");
        var proof = HMACSHA256.HashData(derived.StoredKey, authMessage);
        for (var i = 0; i < proof.Length; i++)
        {
            proof[i] ^= derived.ClientKey[i];
        }

        _serverSignature = HMACSHA256.HashData(derived.ServerKey, authMessage);
        return Encoding.ASCII.GetBytes($"{withoutProof},p={Convert.ToBase64String(proof)}");
    }

    /// <summary>Takes server-final-message.</summary>
    /// <exception cref="TargetUnavailableException">The server reports an error, or its signature is wrong.</exception>
    public void Finish(ReadOnlySpan<byte> serverFinal)
    {
        var text = Ascii(serverFinal);
        if (text.StartsWith("e=", StringComparison.Ordinal))
        {
            throw Fail("refused the gateway's credential");
        }

        var signature = new byte[SHA256.HashSizeInBytes];
        if (_serverSignature is null
            || !text.StartsWith("v=", StringComparison.Ordinal)
            || !Convert.TryFromBase64String(text[2..], signature, out var length)
            || !CryptographicOperations.FixedTimeEquals(_serverSignature, signature.AsSpan(0, length)))
        {
            throw Fail("did not prove that it knows the gateway's credential");
        }

        IsServerProven = true;
    }

    private (string Nonce, byte[] Salt, int Iterations) ParseServerFirst(string text)
    {
        var parts = text.Split(',');
        if (parts.Length < 3 || !parts[0].StartsWith("r=", StringComparison.Ordinal)
            || !parts[1].StartsWith("s=", StringComparison.Ordinal) || !parts[2].StartsWith("i=", StringComparison.Ordinal))
        {
            throw Fail("sent a malformed SCRAM message");
        }

        // A nonce the server did not extend could be a replay of an earlier exchange.
        var nonce = parts[0][2..];
        if (nonce.Length <= _clientNonce.Length || !nonce.StartsWith(_clientNonce, StringComparison.Ordinal))
        {
            throw Fail("sent a wrong SCRAM nonce");
        }

        var salt = new byte[MaxServerMessageBytes];
        if (!Convert.TryFromBase64String(parts[1][2..], salt, out var saltBytes) || saltBytes == 0)
        {
            throw Fail("sent a malformed SCRAM salt");
        }

        if (!int.TryParse(parts[2].AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var iterations)
            || iterations < 1 || iterations > _options.MaxScramIterations)
        {
            throw Fail($"asks for an iteration count outside 1 to {_options.MaxScramIterations}");
        }

        return (nonce, salt[..saltBytes], iterations);
    }

    private string Ascii(ReadOnlySpan<byte> message) =>
        message.Length <= MaxServerMessageBytes && !message.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e)
            ? Encoding.ASCII.GetString(message)
            : throw Fail("sent a malformed SCRAM message");

    private TargetUnavailableException Fail(string what) => new(TargetFailure.Authentication, $"The target {_options.Name} {what}.");
}
