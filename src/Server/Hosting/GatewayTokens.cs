using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Tokens;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Hosting;

/// <summary>Who is let in by which token: the authenticator, and the gateway as an issuer of its own.</summary>
internal sealed class GatewayTokens : IDisposable
{
    public const string KeyFile = "token.keys";

    private volatile TokenOptions? _options;

    private GatewayTokens(Authenticator authenticator, TokenKeyRing keys, TokenOptions? options)
    {
        Authenticator = authenticator;
        Keys = keys;
        _options = options;
    }

    public Authenticator Authenticator { get; }

    public TokenKeyRing Keys { get; }

    /// <summary>What no longer counts although it was signed.</summary>
    public required TokenRevocations Revocations { get; init; }

    public required ITokenStore Store { get; init; }

    public required TokenExchanger Exchanger { get; init; }

    public required TokenRevoker Revoker { get; init; }

    /// <summary>Opens the keys and reads what was revoked before.</summary>
    /// <exception cref="InvalidDataException">The key file cannot be used.</exception>
    public static async Task<GatewayTokens> OpenAsync(
        GatewayConfiguration configuration,
        string data,
        SqliteDatabase database,
        Recorder recorder,
        SessionRegistry sessions,
        CommandIdentity commitments,
        ILoggerFactory logs,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var revocations = new TokenRevocations();
        ITokenStore store = new SqliteTokens(database);
        var keys = TokenKeyRing.LoadOrCreate(Path.Combine(data, KeyFile), time.GetUtcNow());
        var authenticator = new Authenticator(
            IssuersOf(configuration, configuration.TokenIssuer, keys), configuration.Limits.TokenBytes, time, logs.CreateLogger<Authenticator>(), handler: null, revocations);
        GatewayTokens? tokens = null;
        tokens = new GatewayTokens(authenticator, keys, configuration.Tokens)
        {
            Revocations = revocations,
            Store = store,
            Exchanger = new TokenExchanger(configuration.TokenIssuer, authenticator, keys, store, recorder, () => tokens!._options, time),
            Revoker = new TokenRevoker(revocations, store, recorder, sessions, commitments, time),
        };
        try
        {
            await tokens.Revoker.LoadAsync(cancellationToken);
            return tokens;
        }
        catch
        {
            tokens.Dispose();
            throw;
        }
    }

    /// <summary>Trusts and issues from now on what another version of the configuration says.</summary>
    public void Reconfigure(GatewayConfiguration next)
    {
        Authenticator.Reconfigure(IssuersOf(next, Exchanger.Issuer, Keys), next.Limits.TokenBytes);
        _options = next.Tokens;
    }

    public void Dispose()
    {
        Authenticator.Dispose();
        Keys.Dispose();
    }

    private static IEnumerable<IssuerOptions> IssuersOf(GatewayConfiguration configuration, string self, TokenKeyRing keys) =>
        configuration.Tokens is null ? configuration.Identity : configuration.Identity.Append(GatewayIssuer.Of(self, keys));
}
