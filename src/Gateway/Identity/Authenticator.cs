using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Sallyport.Gateway.Identity;

/// <summary>
/// Checks access tokens (JWT, RFC 9068 and kin) and says who calls. Thread-safe. No exception, log line or sentence that leaves it
/// holds any part of a token.
/// </summary>
public sealed class Authenticator : IDisposable
{
    /// <summary>Longest token looked at when the configuration does not say.</summary>
    public const int DefaultMaxTokenBytes = 16 * 1024;

    private readonly KeyFetcher _fetcher;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly TokenRevocations _revocations;
    private volatile Trust _trust;

    /// <param name="issuers">Who is trusted; each issuer once.</param>
    /// <param name="maxTokenBytes">Longest token looked at.</param>
    /// <param name="time">The clock tokens are held against.</param>
    /// <param name="logger">Told when an issuer's keys cannot be fetched.</param>
    /// <param name="handler">What carries requests to issuers; null for the network.</param>
    /// <param name="revocations">What was revoked; null for nothing ever.</param>
    public Authenticator(
        IEnumerable<IssuerOptions> issuers,
        int maxTokenBytes,
        TimeProvider time,
        ILogger<Authenticator> logger,
        HttpMessageHandler? handler = null,
        TokenRevocations? revocations = null)
    {
        _revocations = revocations ?? new TokenRevocations();
        _fetcher = new KeyFetcher(handler);
        _time = time;
        _logger = logger;
        _trust = Build(issuers, maxTokenBytes, previous: null);
    }

    /// <summary>How every issuer but the gateway itself is doing.</summary>
    public ImmutableArray<IssuerState> Issuers => [.. _trust.Sources.Values.Where(s => s.Options.OwnKeys is null).Select(s => s.Keys.State)];

    /// <summary>The issuers whose tokens open the doors: those that are configured, and last the gateway itself where it issues tokens.</summary>
    public ImmutableArray<string> TokenIssuers =>
        [.. _trust.Sources.Values.Where(s => !s.Options.IsForExchangeOnly).OrderBy(s => s.Options.OwnKeys is not null).ThenBy(s => s.Options.Issuer, StringComparer.Ordinal).Select(s => s.Options.Issuer)];

    /// <summary>Trusts other issuers from now on, as a whole. Keys of an issuer that stays are kept, so a reload survives its outage.</summary>
    public void Reconfigure(IEnumerable<IssuerOptions> issuers, int maxTokenBytes) => _trust = Build(issuers, maxTokenBytes, _trust);

    /// <summary>Fetches the keys of every issuer that has none yet, so that the first caller does not wait. Failures show in <see cref="Issuers"/>.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        foreach (var source in _trust.Sources.Values)
        {
            await source.Keys.GetAsync(cancellationToken);
        }
    }

    /// <summary>How tokens of an issuer are read; null where it is not trusted.</summary>
    public IssuerOptions? OptionsOf(string issuer) => _trust.Sources.GetValueOrDefault(issuer)?.Options;

    /// <summary>Says who a bearer token at a door belongs to, or why it is refused.</summary>
    public ValueTask<AuthenticationResult> AuthenticateAsync(string token, CancellationToken cancellationToken) =>
        AuthenticateAsync(token, TokenUse.Door, certificate: "", cancellationToken);

    /// <summary>Says who a token belongs to, or why it is refused. Waits for the issuer only when its keys are not at hand.</summary>
    /// <param name="token">As it was sent.</param>
    /// <param name="use">What it is shown for.</param>
    /// <param name="certificate">SHA-256 of the client certificate whose key the connection proved, base64url; empty without one.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public ValueTask<AuthenticationResult> AuthenticateAsync(string token, TokenUse use, string certificate, CancellationToken cancellationToken)
    {
        var trust = _trust;
        if (string.IsNullOrEmpty(token))
        {
            return new(Refusal.NoToken);
        }
        if (token.Length > trust.MaxTokenBytes)
        {
            return new(Refusal.TooLong(trust.MaxTokenBytes));
        }
        var digest = TokenDigest.Of(token);
        return trust.Cache.TryGet(digest, out var verified) && IsStillGood(verified)
            ? new(Judge(verified.Accepted, verified.Issuer, use, certificate))
            : CheckAsync(trust, token, digest, use, certificate, cancellationToken);
    }

    /// <summary>Says who a client certificate belongs to whose key the connection proved, or why it is refused.</summary>
    /// <param name="certificate">DER; null when none was shown.</param>
    public AuthenticationResult AuthenticateCertificate(byte[]? certificate)
    {
        if (certificate is null)
        {
            return Refusal.NoCertificate;
        }
        var now = _time.GetUtcNow();
        using var shown = X509CertificateLoader.LoadCertificate(certificate);
        foreach (var issuer in _trust.Authorities)
        {
            if (issuer.Certificates!.Identify(shown, issuer, now) is { } result)
            {
                return result is AuthenticationResult.Accepted accepted ? Judge(accepted, issuer, TokenUse.Door, accepted.Principal.Certificate) : result;
            }
        }
        return Refusal.CertificateNotTrusted;
    }

    public void Dispose() => _fetcher.Dispose();

    private bool IsStillGood(in VerifiedToken verified) =>
        ReferenceEquals(verified.Source.Trusted(), verified.Keys)
        && _time.GetUtcNow() < verified.Accepted.Principal.ExpiresAt + verified.Source.Issuer.ClockSkew;

    /// <summary>What can change between two uses of one token, and what depends on who shows it where.</summary>
    private AuthenticationResult Judge(AuthenticationResult.Accepted accepted, IssuerOptions issuer, TokenUse use, string certificate)
    {
        if (_revocations.IsDisabled(accepted.Principal))
        {
            return Refusal.Disabled;
        }
        if (_revocations.IsRevoked(accepted.Principal))
        {
            return Refusal.Revoked;
        }
        if (use == TokenUse.Door && issuer.IsForExchangeOnly)
        {
            return Refusal.ForExchangeOnly;
        }
        return accepted.Principal.Certificate.Length > 0 && accepted.Principal.Certificate != certificate ? Refusal.CertificateNotShown : accepted;
    }

    private async ValueTask<AuthenticationResult> CheckAsync(
        Trust trust, string token, TokenDigest digest, TokenUse use, string certificate, CancellationToken cancellationToken)
    {
        // 1. The form, and the claims that say which key to ask for. Nothing is believed yet.
        using var parts = TokenParts.Read(token);
        if (parts is null)
        {
            return Refusal.Malformed;
        }
        var algorithm = TokenClaims.Text(parts.Header, "alg");
        if (algorithm is null || !IssuerOptions.SupportedAlgorithms.Contains(algorithm))
        {
            return Refusal.Algorithm(trust.Algorithms);
        }
        if (TokenClaims.IssuerOf(parts.Payload) is not { } iss || !trust.Sources.TryGetValue(iss, out var source))
        {
            return Refusal.UnknownIssuer(trust.Sources.Keys);
        }
        if (TokenClaims.CheckHeader(parts.Header, algorithm, source.Options) is { } badHeader)
        {
            return badHeader;
        }
        // 2. The signature.
        var (keys, refusal) = await VerifyAsync(source, token, TokenClaims.Text(parts.Header, "kid"), algorithm, cancellationToken);
        if (keys is null)
        {
            return refusal!;
        }
        // 3. The claims, now that they are the issuer's own words.
        if (TokenClaims.Check(parts.Payload, source.Options, _time.GetUtcNow(), out var expiresAt) is { } badClaims)
        {
            return badClaims;
        }
        var result = PrincipalReader.Read(parts.Payload, source.Options, expiresAt);
        if (result is not AuthenticationResult.Accepted accepted)
        {
            return result;
        }
        trust.Cache.Add(digest, new VerifiedToken(accepted, source.Keys, keys, source.Options));
        return Judge(accepted, source.Options, use, certificate);
    }

    /// <summary>Returns the keys that verified the token, or the refusal.</summary>
    private static async ValueTask<(KeySet? Keys, AuthenticationResult.Refused? Refusal)> VerifyAsync(
        Source source, string token, string? keyId, string algorithm, CancellationToken cancellationToken)
    {
        var keys = await source.Keys.GetAsync(cancellationToken);
        if (keys is null)
        {
            return (null, Refusal.Unavailable(source.Options.Issuer));
        }
        var key = keys.Find(keyId, algorithm);
        if (key is null)
        {
            keys = await source.Keys.RenewAsync(keys, cancellationToken);
            key = keys?.Find(keyId, algorithm);
        }
        if (keys is null)
        {
            return (null, Refusal.Unavailable(source.Options.Issuer));
        }
        if (key is null)
        {
            return (null, Refusal.UnknownKey());
        }
        return TokenSignature.IsValid(token, key, algorithm) ? (keys, null) : (null, Refusal.BadSignature);
    }

    private Trust Build(IEnumerable<IssuerOptions> issuers, int maxTokenBytes, Trust? previous)
    {
        var all = issuers.ToList();
        var sources = all.Where(options => options.Certificates is null).ToFrozenDictionary(
            options => options.Issuer,
            options => previous is not null && previous.Sources.TryGetValue(options.Issuer, out var old) && old.Keys.Serves(options)
                ? new Source(options, old.Keys)
                : new Source(options, new KeySource(options, _fetcher, _time, _logger)),
            StringComparer.Ordinal);
        return new Trust(sources, [.. all.Where(options => options.Certificates is not null)], maxTokenBytes);
    }

    private sealed record Source(IssuerOptions Options, KeySource Keys);

    /// <summary>Everything one configuration trusts, with the tokens it has verified: they go together.</summary>
    private sealed record Trust(FrozenDictionary<string, Source> Sources, ImmutableArray<IssuerOptions> Authorities, int MaxTokenBytes)
    {
        public TokenCache Cache { get; } = new();

        public IEnumerable<string> Algorithms => Sources.Values.SelectMany(s => s.Options.Algorithms).Distinct();
    }
}
