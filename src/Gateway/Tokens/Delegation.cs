using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Tokens;

/// <summary>Permits agents to act for humans, or by themselves, with tokens of the gateway.</summary>
public sealed record Delegation
{
    public required string Name { get; init; }

    /// <summary>The agents, by name.</summary>
    public ImmutableArray<PrincipalMatch> Agents { get; init; } = [];

    /// <summary>The agents, by a group their own issuer gives them.</summary>
    public ImmutableArray<string> AgentGroups { get; init; } = [];

    /// <summary>Members of any of these groups may be acted for.</summary>
    public ImmutableArray<string> Humans { get; init; } = [];

    /// <summary>Whether the agents also get tokens without a human behind them.</summary>
    public bool MayBeAlone { get; init; }

    /// <summary>Whether the human's word is enough for who the agent is, without a token of the agent.</summary>
    public bool MayBeDeclared { get; init; }

    /// <summary>The most groups the token may carry; null for all of the human's.</summary>
    public ImmutableArray<string>? Ceiling { get; init; }

    internal bool Permits(Parties parties)
    {
        var named = Agents.Any(match => match.Matches(parties.AgentAlone)) || parties.AgentGroups.Any(AgentGroups.Contains);
        if (!named || (parties.IsDeclared && !MayBeDeclared))
        {
            return false;
        }
        return parties.HasHuman ? parties.HumanGroups.Any(Humans.Contains) : MayBeAlone;
    }

    /// <summary>What the token carries: never more than the human has; without a human, than the agent has.</summary>
    internal ImmutableArray<string> GroupsOf(Parties parties)
    {
        var groups = parties.HasHuman ? parties.HumanGroups : parties.AgentGroups;
        return Ceiling is { } ceiling ? [.. groups.Where(ceiling.Contains)] : groups;
    }
}
