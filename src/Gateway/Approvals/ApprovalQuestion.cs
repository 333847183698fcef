using System.Collections.Immutable;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>A command that a human has to decide on.</summary>
public sealed record ApprovalQuestion
{
    /// <summary>The id of the request, where it had to be known before; empty for a new one.</summary>
    public string Id { get; init; } = "";

    public required Principal Requester { get; init; }

    public required string SessionId { get; init; }

    public required Command Command { get; init; }

    public required Verdict.Ask Verdict { get; init; }

    public required string PolicyHash { get; init; }

    /// <summary>The exact statement text as sent. Read before the first wait; never stored, held in memory for the reviewer.</summary>
    public required ReadOnlyMemory<byte> Statement { get; init; }

    /// <summary>Any canonical bytes of the bound parameters (types, formats, values). Part of the identity; never stored, never shown.</summary>
    public ReadOnlyMemory<byte> Parameters { get; init; }

    /// <summary>What stays of the command when its constants change, in any canonical bytes; empty where that cannot be told.</summary>
    public ReadOnlyMemory<byte> Plan { get; init; }

    /// <summary>The parameters as a reviewer may read them, in order; held in memory with the statement.</summary>
    public ImmutableArray<string> ShownParameters { get; init; } = [];

    /// <summary>How much it would touch.</summary>
    public RowMeasure Measure { get; init; } = RowMeasure.None;
}

/// <summary>What the requester holds while a human decides.</summary>
/// <param name="Id">Names the approval to people: <c>apr_</c> and 10 characters.</param>
/// <param name="Url">The page that says how to decide.</param>
/// <param name="State">Pending, or approved when the repeated command found its approval waiting to be used.</param>
/// <param name="Commitment">Ties the ledger's records of the request to those of the execution.</param>
/// <param name="Attached">Whether an earlier request for the same command was found.</param>
public sealed record ApprovalTicket(
    string Id,
    Uri Url,
    ApprovalState State,
    DateTimeOffset ExpiresAt,
    ImmutableArray<byte> Commitment,
    bool Attached);

/// <summary>How a wait for a decision ended.</summary>
public abstract record ApprovalDecision
{
    private ApprovalDecision()
    {
    }

    /// <summary>A human approved. The command may run only after <see cref="ApprovalDesk.RedeemAsync"/> returned true.</summary>
    public sealed record Approved(string By) : ApprovalDecision;

    public sealed record Denied(string By, string Reason) : ApprovalDecision;

    public sealed record Expired : ApprovalDecision;

    /// <summary>Nobody decided while the command was held. The request stays open; the same command again attaches to it.</summary>
    public sealed record StillPending : ApprovalDecision;
}

public enum ApprovalAnswer
{
    Approve,
    Deny,
}

/// <summary>How far an approval reaches.</summary>
/// <param name="For">For how long it stands; nothing for <see cref="ApprovalScope.Once"/>.</param>
public readonly record struct ApprovalReach(ApprovalScope Scope, TimeSpan For)
{
    /// <summary>The command that waits, and no other.</summary>
    public static readonly ApprovalReach Once;
}

/// <summary>What became of an attempt to decide.</summary>
public abstract record DecisionOutcome
{
    private DecisionOutcome()
    {
    }

    public sealed record Recorded(Approval Approval) : DecisionOutcome;

    public sealed record NotFound : DecisionOutcome;

    /// <param name="Code">Why, in kebab case; recorded.</param>
    /// <param name="Message">One sentence for the person.</param>
    public sealed record Refused(string Code, string Message) : DecisionOutcome
    {
        public const string NotAnApprover = "not-an-approver";
        public const string ReasonTooLong = "reason-too-long";
        public const string ScopeNotAllowed = "scope-not-allowed";
    }

    /// <summary>Somebody decided before, or the request has expired.</summary>
    public sealed record Closed(Approval Approval) : DecisionOutcome;
}

/// <summary>A limit on open approvals is reached; the command must be refused.</summary>
public sealed class ApprovalLimitException(string message) : Exception(message);
