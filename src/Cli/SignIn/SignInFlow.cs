namespace Sallyport.Cli.SignIn;

/// <summary>Gets tokens: by client credentials, by device flow, and again by refresh token or client credentials.</summary>
internal sealed class SignInFlow(OAuthClient issuer, TimeProvider time)
{
    /// <summary>Signs in and gives what is to be kept.</summary>
    /// <param name="request">What to ask for.</param>
    /// <param name="prompt">Shows a person the device code.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<StoredToken> SignInAsync(SignInRequest request, Action<DeviceDocument> prompt, CancellationToken cancellationToken)
    {
        var metadata = await issuer.DiscoverAsync(request.Issuer, cancellationToken);
        var client = new ClientCredential(request.ClientId, AuthenticationFor(request, metadata), request.ClientSecret);
        var parameters = Parameters(request.Scope, request.Audience, request.Resource);
        var answer = request.ClientSecret is null || request.Device
            ? await new DeviceFlow(issuer, time).RunAsync(metadata, client, parameters, prompt, cancellationToken)
            : await issuer.RequestTokenAsync(metadata.TokenEndpoint!, client, [new("grant_type", "client_credentials"), .. parameters], cancellationToken);
        var token = new StoredToken
        {
            Issuer = request.Issuer.AbsoluteUri.TrimEnd('/'),
            TokenEndpoint = metadata.TokenEndpoint!,
            ClientId = request.ClientId,
            AccessToken = "",
            ObtainedAt = default,
            Scope = request.Scope,
            Audience = request.Audience,
            Resource = request.Resource,
            Authentication = client.Authentication,
            ClientSecretFile = request.ClientSecretFile,
        };
        return With(token, answer);
    }

    /// <summary>Gets the next token of a sign-in without a person, with the client secret where it is kept.</summary>
    public static Task<StoredToken> RenewAsync(StoredToken token, HttpClient http, Surroundings surroundings, CancellationToken cancellationToken) =>
        new SignInFlow(new OAuthClient(http, surroundings.Time), surroundings.Time).RenewAsync(token, ClientSecrets.Read(token.ClientSecretFile, surroundings), cancellationToken);

    /// <summary>Gets the next token of a sign-in without a person.</summary>
    /// <param name="token">What is kept now.</param>
    /// <param name="clientSecret">The client secret, where the client has one.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<StoredToken> RenewAsync(StoredToken token, string? clientSecret, CancellationToken cancellationToken)
    {
        if (token.TokenEndpoint.Length == 0 || (token.Authentication != ClientAuthentication.None && clientSecret is null))
        {
            throw CannotRenew(token);
        }

        var client = new ClientCredential(token.ClientId, token.Authentication, clientSecret);
        KeyValuePair<string, string>[] grant = token.RefreshToken is { } refreshToken
            ? [new("grant_type", "refresh_token"), new("refresh_token", refreshToken)]
            : token.Authentication != ClientAuthentication.None ? [new("grant_type", "client_credentials")] : throw CannotRenew(token);
        var form = grant.Concat(Parameters(token.Scope, token.Audience, token.Resource));
        return With(token, await issuer.RequestTokenAsync(token.TokenEndpoint, client, form, cancellationToken));
    }

    /// <summary>The failure for a token that has run out for good.</summary>
    public static CliException CannotRenew(StoredToken token) => new(
        ExitCode.Refused, $"The token ended at {Output.Times.Text(token.ExpiresAt)} and cannot be renewed.", "Run `sallyport login`.");

    /// <summary>The sign-in with the token of an answer.</summary>
    public StoredToken With(StoredToken token, TokenDocument answer)
    {
        if (answer.AccessToken is not { Length: > 0 } accessToken || answer.Error is not null)
        {
            throw TokenRefusal.Of(answer.Error, answer.ErrorDescription);
        }

        if (!string.Equals(answer.TokenType, "Bearer", StringComparison.OrdinalIgnoreCase) || accessToken.Any(c => c is <= ' ' or > '~'))
        {
            throw new CliException(ExitCode.Refused, "The issuer gave a token that is not a bearer token.", "Ask its operator.");
        }

        var now = time.GetUtcNow();
        return token with
        {
            AccessToken = accessToken,
            RefreshToken = answer.RefreshToken ?? token.RefreshToken,
            ExpiresAt = TokenFacts.ExpiryOf(answer, now),
            ObtainedAt = now,
        };
    }

    private static ClientAuthentication AuthenticationFor(SignInRequest request, IssuerDocument metadata)
    {
        if (request.ClientSecret is null)
        {
            return ClientAuthentication.None;
        }

        // RFC 8414, section 2: client_secret_basic is what an issuer that says nothing accepts.
        return metadata.AuthenticationMethods is { } methods && !methods.Contains("client_secret_basic") && methods.Contains("client_secret_post")
            ? ClientAuthentication.SecretPost
            : ClientAuthentication.SecretBasic;
    }

    private static List<KeyValuePair<string, string>> Parameters(string? scope, string? audience, string? resource)
    {
        List<KeyValuePair<string, string>> parameters = [];
        foreach (var (name, value) in new[] { ("scope", scope), ("audience", audience), ("resource", resource) })
        {
            if (!string.IsNullOrEmpty(value))
            {
                parameters.Add(KeyValuePair.Create(name, value));
            }
        }

        return parameters;
    }
}
