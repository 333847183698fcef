namespace Sallyport.Gateway.Identity;

/// <summary>Who calls, as proved by one verified token.</summary>
public sealed record Principal
{
    /// <summary>Whether a program or a person calls. An agent may never approve anything.</summary>
    public required PrincipalKind Kind { get; init; }

    /// <summary>Stable opaque id used in the ledger: <c>p_</c> and 16 hexadecimal digits, a hash of issuer, subject and agent. Holds no name.</summary>
    public required string Id { get; init; }

    /// <summary>The issuer that vouches for <see cref="Subject"/>. A token of the gateway itself names the issuer it was exchanged from.</summary>
    public required string Issuer { get; init; }

    /// <summary>The issuer that vouches for the agent, where it is another one than <see cref="Issuer"/>; else empty.</summary>
    public string AgentIssuer { get; init; } = "";

    /// <summary>The token's <c>sub</c>: for an agent that acts for somebody, the human; else the caller.</summary>
    public required string Subject { get; init; }

    /// <summary>The OAuth client (<c>client_id</c> or <c>azp</c>), or empty.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>The name shown to people: client id of an agent, subject of a human.</summary>
    public required string Name { get; init; }

    /// <summary>The human an agent acts for (<c>sub</c>, where <c>act</c> or the client id names the agent), or empty.</summary>
    public string OnBehalfOf { get; init; } = "";

    /// <summary>The task this call belongs to (<c>run_id</c>), or empty.</summary>
    public string RunId { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>When the token ends; no session outlives it by more than the configured grace.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When the token was issued (<c>iat</c>); null when it does not say.</summary>
    public DateTimeOffset? IssuedAt { get; init; }

    /// <summary>Names the token where it has a <c>jti</c>: <c>t_</c> and 32 hexadecimal digits, a hash of issuer and <c>jti</c>. Else empty.</summary>
    public string TokenId { get; init; } = "";

    /// <summary>Whether the gateway itself issued the token.</summary>
    public bool IsGatewayToken { get; init; }

    /// <summary>SHA-256 of the client certificate the token is bound to (RFC 8705 <c>x5t#S256</c>), base64url; empty when it is a bearer token.</summary>
    public string Certificate { get; init; } = "";
}

public enum PrincipalKind
{
    Human,
    Agent,
}
