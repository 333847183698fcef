using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>A condition and what follows. Rules are read top to bottom; the first that matches decides.</summary>
public sealed record Rule
{
    public required string Name { get; init; }

    public required RuleMatch Match { get; init; }

    public required RuleDecision Decision { get; init; }

    /// <summary>Groups whose human members may approve; only with <see cref="RuleDecision.Ask"/>.</summary>
    public ImmutableArray<string> Approvers { get; init; } = [];

    /// <summary>How long the command is held in place.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the approval request stays open.</summary>
    public TimeSpan Expires { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How much further than the one command an approval may reach; only with <see cref="RuleDecision.Ask"/>.</summary>
    public Widening Widen { get; init; }

    /// <summary>Whether a write that is held is run and rolled back, to count its rows for the reviewer; only with <see cref="RuleDecision.Ask"/>.</summary>
    public bool DryRun { get; init; }

    /// <summary>What the refusal tells the caller to do instead; null for the built-in sentence.</summary>
    public string? Remedy { get; init; }
}

public enum RuleDecision
{
    Allow,
    Ask,
    Deny,
}

/// <summary>
/// All conditions that are given must hold. A condition on what the command touches (effects, schemas, tables, tags) holds for a
/// rule that asks or denies when <em>any</em> part of the command meets it, and for a rule that allows only when <em>every</em> part does.
/// </summary>
public sealed record RuleMatch
{
    public ImmutableArray<CommandClass> Classes { get; init; } = [];

    /// <summary><see cref="Policy.Effects.None"/> for any.</summary>
    public Effects Effects { get; init; }

    public bool? Unbounded { get; init; }

    public ImmutableArray<string> Schemas { get; init; } = [];

    public ImmutableArray<RelationName> Tables { get; init; } = [];

    /// <summary>Whether the command touches a tagged relation.</summary>
    public bool? Phi { get; init; }

    /// <summary>Tags of the columns the command reads or writes.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    public ImmutableArray<string> Targets { get; init; } = [];

    public ImmutableArray<PrincipalMatch> Principals { get; init; } = [];

    public ImmutableArray<PrincipalKind> Kinds { get; init; } = [];

    public ImmutableArray<string> Groups { get; init; } = [];
}
