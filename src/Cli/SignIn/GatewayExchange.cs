namespace Sallyport.Cli.SignIn;

/// <summary>Exchanges tokens at the gateway (RFC 8693).</summary>
internal sealed class GatewayExchange(OAuthClient issuer, Surroundings surroundings)
{
    private const string Grant = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";
    private const string JwtType = "urn:ietf:params:oauth:token-type:jwt";
    private const string ClientId = "sallyport";

    /// <summary>The gateway's token endpoint. The address the user named is the gateway; its metadata may not send us elsewhere.</summary>
    public static string EndpointOf(Uri gateway) => gateway.AbsoluteUri.TrimEnd('/') + Api.ApiRoutes.OAuthToken;

    /// <summary>Gets a token of the gateway.</summary>
    /// <param name="source">The agent, and the run to go on with.</param>
    /// <param name="subject">The human's token; null where the agent acts for nobody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<TokenDocument> BeginAsync(ExchangeSource source, string? subject, CancellationToken cancellationToken)
    {
        var workload = source.Workload is null ? null : await new WorkloadTokens(surroundings).GetAsync(source, cancellationToken);
        List<KeyValuePair<string, string>> form = [];
        if (subject is null)
        {
            form.Add(KeyValuePair.Create("subject_token", workload ?? throw new CliException(ExitCode.Refused, "There is nothing to exchange.", "Run `sallyport login --help`.")));
            form.Add(KeyValuePair.Create("subject_token_type", JwtType));
        }
        else
        {
            form.Add(KeyValuePair.Create("subject_token", subject));
            form.Add(KeyValuePair.Create("subject_token_type", AccessTokenType));
            if (workload is not null)
            {
                form.Add(KeyValuePair.Create("actor_token", workload));
                form.Add(KeyValuePair.Create("actor_token_type", JwtType));
            }
            else if (source.Agent is { } agent)
            {
                form.Add(KeyValuePair.Create("actor", agent));
            }
        }

        return await AskAsync(source, form, cancellationToken);
    }

    /// <summary>Gets the next token of the run a token belongs to.</summary>
    public Task<TokenDocument> RenewAsync(ExchangeSource source, string current, CancellationToken cancellationToken) => AskAsync(
        source, [new("subject_token", current), new("subject_token_type", AccessTokenType)], cancellationToken);

    /// <summary>What the gateway said, as a failure of this program.</summary>
    public static CliException Refusal(TokenDocument answer) => new(
        ExitCode.Refused,
        $"The gateway issues no token ({answer.Reason ?? answer.Error}): {answer.ErrorDescription}.",
        "The sentence says what to do; the gateway's ledger has the refusal.");

    private Task<TokenDocument> AskAsync(ExchangeSource source, List<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        form.Add(KeyValuePair.Create("grant_type", Grant));
        return issuer.RequestTokenAsync(source.TokenEndpoint, new ClientCredential(ClientId, ClientAuthentication.None, Secret: null), form, cancellationToken);
    }
}
