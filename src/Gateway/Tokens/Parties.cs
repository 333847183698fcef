using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Tokens;

/// <summary>Whom a token of the gateway is about: an agent, and the human it acts for, each with the issuer that vouches for it.</summary>
public sealed record Parties
{
    /// <summary>Empty without a human, like <see cref="Human"/>.</summary>
    public string HumanIssuer { get; init; } = "";

    public string Human { get; init; } = "";

    public ImmutableArray<string> HumanGroups { get; init; } = [];

    public required string AgentIssuer { get; init; }

    public required string Agent { get; init; }

    public ImmutableArray<string> AgentGroups { get; init; } = [];

    /// <summary>Whether only the human says who the agent is.</summary>
    public bool IsDeclared { get; init; }

    [JsonIgnore]
    public bool HasHuman => Human.Length > 0;

    /// <summary>The id of the principal the token will stand for, as <see cref="PrincipalReader"/> makes it.</summary>
    [JsonIgnore]
    public string PrincipalId => HasHuman
        ? PrincipalReader.IdOf(HumanIssuer, Human, Agent, AgentIssuer == HumanIssuer ? "" : AgentIssuer)
        : PrincipalReader.IdOf(AgentIssuer, Agent, Agent);

    /// <summary>The id of the human, or empty.</summary>
    [JsonIgnore]
    public string HumanId => HasHuman ? PrincipalReader.IdOf(HumanIssuer, Human, agent: "") : "";

    /// <summary>The agent as grants and delegations name it.</summary>
    internal Principal AgentAlone => new()
    {
        Kind = PrincipalKind.Agent,
        Id = PrincipalReader.IdOf(AgentIssuer, Agent, Agent),
        Issuer = AgentIssuer,
        Subject = Agent,
        Name = Agent,
        Groups = AgentGroups,
        ExpiresAt = default,
    };
}
