using System.Collections.Immutable;

namespace Sallyport.Gateway.Identity;

/// <summary>One trusted issuer of access tokens, and how its tokens are read.</summary>
public sealed record IssuerOptions
{
    /// <summary>Algorithms taken when the configuration names none. <c>none</c> and the HMAC family can never be configured.</summary>
    public static readonly ImmutableArray<string> DefaultAlgorithms = ["RS256", "PS256", "ES256"];

    /// <summary>Every algorithm that can be configured (RFC 7518 section 3.1).</summary>
    public static readonly ImmutableArray<string> SupportedAlgorithms =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary>The exact value of <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>A token must name one of these in <c>aud</c>.</summary>
    public required ImmutableArray<string> Audiences { get; init; }

    public ImmutableArray<string> Algorithms { get; init; } = DefaultAlgorithms;

    /// <summary>The claim that lists groups: a string or an array of strings.</summary>
    public string GroupsClaim { get; init; } = "groups";

    /// <summary>Put before every group of this issuer, so that two issuers cannot mean the same group by accident.</summary>
    public string GroupsPrefix { get; init; } = "";

    /// <summary>The claim that names the task a call belongs to.</summary>
    public string RunIdClaim { get; init; } = "run_id";

    /// <summary>Which tokens belong to agents, beside those with <c>act</c> and those whose subject is their own client.</summary>
    public AgentMatcher? Agents { get; init; }

    /// <summary>Whether every token of this issuer belongs to an agent, as with the identities of pipelines and workloads.</summary>
    public bool IsAgentsOnly { get; init; }

    /// <summary>The claim that names the agent, instead of its client or subject; null for those.</summary>
    public string? AgentNameClaim { get; init; }

    /// <summary>Whether tokens of this issuer open no door, and are only exchanged for tokens of the gateway.</summary>
    public bool IsForExchangeOnly { get; init; }

    /// <summary>Whether a token of this issuer can be exchanged once only; it needs a <c>jti</c> then.</summary>
    public bool IsOneTime { get; init; }

    /// <summary>Set where this issuer vouches by client certificates instead of tokens.</summary>
    public CertificateTrust? Certificates { get; init; }

    /// <summary>The keys of the gateway itself, which is the issuer; null for everybody else's.</summary>
    public Func<KeySet>? OwnKeys { get; init; }

    /// <summary>A JWKS file to use instead of asking the issuer, for sites without network; null to ask.</summary>
    public string? KeysFile { get; init; }

    /// <summary>The JWKS address to use instead of discovery; null to discover.</summary>
    public Uri? KeysAddress { get; init; }

    /// <summary>How far the issuer's clock may be off.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Keys older than this are fetched again while the old ones still serve.</summary>
    public TimeSpan KeysRefresh { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Keys that could not be fetched again for this long are no longer trusted.</summary>
    public TimeSpan KeysExpire { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>Tokens whose <paramref name="Claim"/> has one of <paramref name="Values"/> belong to agents. <c>client_id</c> also means <c>azp</c>.</summary>
public sealed record AgentMatcher(string Claim, ImmutableArray<string> Values);
