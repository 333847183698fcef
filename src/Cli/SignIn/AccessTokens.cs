using Sallyport.Cli.Connection;

namespace Sallyport.Cli.SignIn;

/// <summary>Gives a token that is still good for a while: from the environment, or from the store, renewed where needed.</summary>
/// <param name="store">Where sign-ins are kept.</param>
/// <param name="profile">Which sign-in.</param>
/// <param name="authorityFile">The private authority, or null for the one of the sign-in.</param>
/// <param name="surroundings">The machine.</param>
/// <param name="ignoresVariable">Whether a token of the environment is somebody else's.</param>
internal sealed class AccessTokens(TokenStore store, string profile, string? authorityFile, Surroundings surroundings, bool ignoresVariable = false)
{
    public const string Variable = "SALLYPORT_TOKEN";

    /// <summary>A token that ends sooner than this is renewed: it must last for the connection it is fetched for.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    public async ValueTask<string> GetAsync(CancellationToken cancellationToken) =>
        (ignoresVariable ? null : surroundings.NonEmpty(Variable)) ?? (await GetStoredAsync(cancellationToken)).AccessToken;

    /// <summary>The stored sign-in with a token that is still good.</summary>
    public async Task<StoredToken> GetStoredAsync(CancellationToken cancellationToken)
    {
        var token = ReadStored();
        if (LastsLongerThan(token, Margin))
        {
            return token;
        }

        using (await store.LockAsync(profile, cancellationToken))
        {
            // Another process may have renewed it while this one waited.
            token = ReadStored();
            return LastsLongerThan(token, Margin) ? token : await RenewAsync(token, cancellationToken);
        }
    }

    private StoredToken ReadStored() => store.Read(profile) ?? throw new CliException(
        ExitCode.Refused, profile == GatewayOptions.DefaultProfile ? "Not signed in." : $"Not signed in as profile {profile}.", "Run `sallyport login`.");

    private async Task<StoredToken> RenewAsync(StoredToken token, CancellationToken cancellationToken)
    {
        using var http = HttpClients.Create(authorityFile ?? token.Ca);
        try
        {
            var renewed = token.Exchange is null
                ? await SignInFlow.RenewAsync(token, http, surroundings, cancellationToken)
                : await new GatewaySignIn(http, surroundings).RenewAsync(token, cancellationToken);
            store.Write(profile, renewed);
            return renewed;
        }
        catch (CliException) when (LastsLongerThan(token, TimeSpan.Zero))
        {
            // It cannot be renewed, but it has not ended yet either.
            return token;
        }
    }

    private bool LastsLongerThan(StoredToken token, TimeSpan margin) => token.ExpiresAt is not { } end || end > surroundings.Time.GetUtcNow() + margin;
}
