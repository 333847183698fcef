using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Recording;

/// <summary>A command that waits for a human.</summary>
public readonly record struct ApprovalRequestFacts
{
    public required string ApprovalId { get; init; }

    public required EncodedCommand Command { get; init; }

    public required string PolicyHash { get; init; }

    public required string Rule { get; init; }

    public byte[]? StatementCommitment { get; init; }

    /// <summary>The planner's estimate that reviewers see; null for none.</summary>
    public long? EstimatedRows { get; init; }

    /// <summary>Rows of the dry run; null where there was none.</summary>
    public long? DryRunRows { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>A held write that is about to run in a transaction that is rolled back.</summary>
public readonly record struct RehearsalFacts
{
    /// <summary>The request it is for; that one is recorded afterwards.</summary>
    public required string ApprovalId { get; init; }

    public required EncodedCommand Command { get; init; }

    public required string PolicyHash { get; init; }

    public required string Rule { get; init; }
}

/// <summary>A human's decision. The typed reason may hold PHI and is not recorded.</summary>
public readonly record struct ApprovalDecisionFacts
{
    public required string ApprovalId { get; init; }

    /// <summary>The session that asked.</summary>
    public required string SessionId { get; init; }

    public required bool Approved { get; init; }

    public required Principal DecidedBy { get; init; }

    public byte[]? StatementCommitment { get; init; }

    public ApprovalScope Scope { get; init; }

    /// <summary>When an approval of more than one command ends; null for any other.</summary>
    public DateTimeOffset? StandsUntil { get; init; }
}

/// <summary>The end of an approval of more than one command.</summary>
public readonly record struct ApprovalEndFacts
{
    public required string ApprovalId { get; init; }

    /// <summary>The session that asked.</summary>
    public required string SessionId { get; init; }

    public required ApprovalScope Scope { get; init; }

    /// <summary>A code.</summary>
    public required string Reason { get; init; }

    /// <summary>How many other commands ran by it since the gateway started.</summary>
    public required long Uses { get; init; }

    /// <summary>Who ended it, or null when nobody did.</summary>
    public Principal? By { get; init; }
}
