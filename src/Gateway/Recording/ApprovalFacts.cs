using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Recording;

/// <summary>A command that waits for a human.</summary>
public readonly record struct ApprovalRequestFacts
{
    public required string ApprovalId { get; init; }

    public required EncodedCommand Command { get; init; }

    public required string PolicyHash { get; init; }

    public required string Rule { get; init; }

    public byte[]? StatementCommitment { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }
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
}
