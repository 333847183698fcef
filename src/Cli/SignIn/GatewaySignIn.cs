namespace Sallyport.Cli.SignIn;

/// <summary>Signs in at the gateway by exchange, and again when a token of it has run out.</summary>
internal sealed class GatewaySignIn(HttpClient http, Surroundings surroundings)
{
    private readonly OAuthClient _client = new(http, surroundings.Time);

    /// <summary>Gets the first token of a run.</summary>
    /// <param name="basis">The sign-in at the issuer, or an empty one; its token is the subject unless <paramref name="subject"/> is given.</param>
    /// <param name="source">Who the agent is.</param>
    /// <param name="subject">The human's token; null where the agent acts for nobody.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<StoredToken> BeginAsync(StoredToken basis, ExchangeSource source, string? subject, CancellationToken cancellationToken)
    {
        var answer = await new GatewayExchange(_client, surroundings).BeginAsync(source, subject, cancellationToken);
        return answer.Error is null ? With(basis, source, answer) : throw GatewayExchange.Refusal(answer);
    }

    /// <summary>The next token: of the same run while it lives, else of a new one, from whatever the first one came from.</summary>
    public async Task<StoredToken> RenewAsync(StoredToken token, CancellationToken cancellationToken)
    {
        var source = token.Exchange!;
        if (token.ExpiresAt > surroundings.Time.GetUtcNow())
        {
            var answer = await new GatewayExchange(_client, surroundings).RenewAsync(source, token.AccessToken, cancellationToken);
            if (answer.Error is null)
            {
                return With(token, source, answer);
            }

            if (source.IsOneRun)
            {
                // A run of its own does not begin again by itself.
                throw GatewayExchange.Refusal(answer);
            }
        }

        if (source.IsOneRun)
        {
            throw SignInFlow.CannotRenew(token);
        }

        var (basis, subject) = await SubjectAsync(token, cancellationToken);
        return await BeginAsync(basis, source with { RunId = null }, subject, cancellationToken);
    }

    /// <summary>The issuer's token that the gateway's one is made from: out of its file, or renewed.</summary>
    private async Task<(StoredToken Basis, string? Subject)> SubjectAsync(StoredToken token, CancellationToken cancellationToken)
    {
        if (token.Exchange!.SubjectFile is { } file)
        {
            return (token, WorkloadTokens.ReadFile(file));
        }

        if (token.TokenEndpoint.Length == 0)
        {
            return (token, null);
        }

        var basis = await SignInFlow.RenewAsync(token with { Exchange = null }, http, surroundings, cancellationToken);
        return (basis, basis.AccessToken);
    }

    private StoredToken With(StoredToken basis, ExchangeSource source, TokenDocument answer) =>
        new SignInFlow(_client, surroundings.Time).With(basis with { Exchange = source with { RunId = answer.RunId } }, answer);
}
