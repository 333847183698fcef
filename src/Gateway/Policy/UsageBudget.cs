using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>How much somebody may use before a human looks: one entry of the configuration's <c>budgets:</c>.</summary>
public sealed record UsageBudget
{
    /// <summary>What verdicts begin with that a budget gives: <c>budget:NAME</c>. No rule or grant can have such a name.</summary>
    public const string RulePrefix = "budget:";

    public required string Name { get; init; }

    /// <summary>Names of targets; empty for all, which then count together.</summary>
    public ImmutableArray<string> Targets { get; init; } = [];

    public ImmutableArray<PrincipalMatch> Principals { get; init; } = [];

    public ImmutableArray<PrincipalKind> Kinds { get; init; } = [];

    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>Whose use is added up.</summary>
    public UsageScope Per { get; init; }

    /// <summary>How long use counts, from the first use on; null for as long as the scope lasts.</summary>
    public TimeSpan? Window { get; init; }

    public required UsageLimits Limits { get; init; }

    public UsageAction AtLimit { get; init; }

    /// <summary>Groups whose human members may let a statement past the limit; only with <see cref="UsageAction.Ask"/>.</summary>
    public ImmutableArray<string> Approvers { get; init; } = [];

    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan Expires { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The name verdicts and records carry.</summary>
    public string Rule => RulePrefix + Name;

    /// <summary>Whether what this principal does at this target counts.</summary>
    public bool Concerns(Principal principal, string target) =>
        (Targets.IsEmpty || Targets.Contains(target))
        && (Kinds.IsEmpty || Kinds.Contains(principal.Kind))
        && (Groups.IsEmpty || Groups.Any(principal.Groups.Contains))
        && (Principals.IsEmpty || Principals.Any(p => p.Matches(principal)));
}

public enum UsageScope
{
    /// <summary>Over all sessions of one principal.</summary>
    Principal,

    /// <summary>Over all sessions of one run (the token's <c>run_id</c>); what has none counts for its principal.</summary>
    Run,

    /// <summary>One connection.</summary>
    Session,
}

/// <summary>What happens to what would go past a limit.</summary>
public enum UsageAction
{
    Deny,
    Ask,
    Kill,
}

/// <summary>What a budget counts. The order is that of <see cref="UsageLimits"/>.</summary>
public enum UsageMeasure
{
    Statements,
    Rows,
    PhiCells,
    Bytes,
    Denials,
    Time,
}

/// <summary>The limits of one budget by measure; null where there is none.</summary>
/// <param name="Statements">Statements that were let through, session and transaction control aside.</param>
/// <param name="Rows">Rows that went to clients.</param>
/// <param name="PhiCells">
/// Cells of tagged columns in them, masked or computed to a constant; NULL cells that show as such do not count. A column that a grant shows counts once
/// for each row of a statement that reads it.
/// </param>
/// <param name="Bytes">Bytes of those rows as the target sends them.</param>
/// <param name="Denials">Refusals with no statement let through in between.</param>
/// <param name="Time">Milliseconds in which statements ran at the target.</param>
public sealed record UsageLimits(long? Statements, long? Rows, long? PhiCells, long? Bytes, long? Denials, long? Time)
{
    public long? this[UsageMeasure measure] => measure switch
    {
        UsageMeasure.Statements => Statements,
        UsageMeasure.Rows => Rows,
        UsageMeasure.PhiCells => PhiCells,
        UsageMeasure.Bytes => Bytes,
        UsageMeasure.Denials => Denials,
        _ => Time,
    };

    /// <summary>Whether what a result holds is limited.</summary>
    public bool AreOnResults => Rows is not null || PhiCells is not null || Bytes is not null;
}
