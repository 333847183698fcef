namespace Sallyport.Gateway.Tokens;

/// <summary>A request for a token (RFC 8693 section 2.1), with what the connection proved. Tokens are never logged or stored.</summary>
public sealed class ExchangeRequest
{
    public const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";
    public const string JwtType = "urn:ietf:params:oauth:token-type:jwt";

    public string SubjectToken { get; init; } = "";

    public string SubjectTokenType { get; init; } = "";

    public string ActorToken { get; init; } = "";

    public string ActorTokenType { get; init; } = "";

    public string RequestedTokenType { get; init; } = "";

    /// <summary>Values of <c>audience</c> and <c>resource</c>; empty for the gateway itself.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];

    /// <summary>Our <c>actor</c>: the agent's name on the human's word alone; empty for none.</summary>
    public string DeclaredActor { get; init; } = "";

    /// <summary>Our <c>expires_in</c>: the life that is asked for; null for the configured one.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>Our <c>run_id</c>: a run to continue; empty for a new one.</summary>
    public string RunId { get; init; } = "";

    /// <summary>Address without a port.</summary>
    public required string ClientAddress { get; init; }

    /// <summary>SHA-256 of the client certificate whose key the connection proved, base64url; empty without one. The token is bound to it.</summary>
    public string Certificate { get; init; } = "";
}
