using System.Collections.Immutable;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>One request for a human's decision on exactly one command, as it is stored. Holds no literal, no bind value and no statement text.</summary>
public sealed record Approval
{
    /// <summary><c>apr_</c> and 10 characters of Crockford's base 32.</summary>
    public required string Id { get; init; }

    public required ApprovalState State { get; init; }

    public required ApprovalRequester Requester { get; init; }

    public required string Target { get; init; }

    /// <summary>The session that asked first. A later session of the same requester and run may attach and redeem.</summary>
    public required string SessionId { get; init; }

    public required string Rule { get; init; }

    public required string PolicyHash { get; init; }

    /// <summary>Groups whose human members may decide.</summary>
    public required ImmutableArray<string> Approvers { get; init; }

    public required string Template { get; init; }

    public required CommandClass Class { get; init; }

    public required Effects Effects { get; init; }

    public bool Unbounded { get; init; }

    /// <summary>What the command touches, views expanded.</summary>
    public ImmutableArray<RelationUse> Relations { get; init; } = [];

    /// <summary>Tagged columns the command touches, as <c>schema.table.column</c>.</summary>
    public ImmutableArray<string> PhiColumns { get; init; } = [];

    /// <summary>Those of them that the command reads as they are stored, and the grants that show them.</summary>
    public ImmutableArray<UnmaskedColumn> Unmasked { get; init; } = [];

    /// <summary>Random, 16 bytes; makes commitments of equal commands differ.</summary>
    public required ImmutableArray<byte> Salt { get; init; }

    /// <summary>HMAC-SHA-256 over requester, run, target, statement text and parameters; see <see cref="CommandIdentity"/>.</summary>
    public required ImmutableArray<byte> Commitment { get; init; }

    /// <summary>Functions it calls that are not PostgreSQL's own.</summary>
    public ImmutableArray<string> Functions { get; init; } = [];

    /// <summary>HMAC-SHA-256 over what stays of the command when its constants change; empty where that cannot be told. See <see cref="CommandIdentity.PlanDigest"/>.</summary>
    public ImmutableArray<byte> Plan { get; init; } = [];

    /// <summary>How far the rule that asks lets a human approve.</summary>
    public Widening Widen { get; init; }

    /// <summary>How much it would touch, as far as that could be told when it was requested. For those who may decide: to anybody else it would tell of stored values.</summary>
    public RowMeasure Measure { get; init; } = RowMeasure.None;

    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When a pending request, or an approval nobody has used, ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Opaque id of the human who decided, or empty.</summary>
    public string DecidedBy { get; init; } = "";

    /// <summary>The name shown to people, or empty.</summary>
    public string DecidedByName { get; init; } = "";

    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>What the human wrote; free text, kept here only and never in the ledger.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What was approved.</summary>
    public ApprovalScope Scope { get; init; }

    /// <summary>The instant at which an approval of more than one command ends, whatever happens; null for any other.</summary>
    public DateTimeOffset? StandsUntil { get; init; }

    /// <summary>When it ended; null while it stands.</summary>
    public DateTimeOffset? StoodUntil { get; init; }

    /// <summary>Why it ended, one of <see cref="StandingEnd"/>; empty while it stands.</summary>
    public string EndReason { get; init; } = "";

    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>The session that redeemed the approval, or empty.</summary>
    public string UsedBySession { get; init; } = "";
}

/// <summary>Who asked: the facts of the principal that the decision depends on.</summary>
public sealed record ApprovalRequester
{
    public required PrincipalKind Kind { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Issuer { get; init; }

    public required string Subject { get; init; }

    /// <summary>The human the requester acts for, or empty.</summary>
    public string OnBehalfOf { get; init; } = "";

    public string RunId { get; init; } = "";

    public static ApprovalRequester Of(Principal principal) => new()
    {
        Kind = principal.Kind,
        Id = principal.Id,
        Name = principal.Name,
        Issuer = principal.Issuer,
        Subject = principal.Subject,
        OnBehalfOf = principal.OnBehalfOf,
        RunId = principal.RunId,
    };

    /// <summary>Whether this is the principal of that id, or an agent that acts for the human of that id.</summary>
    public bool IsOrActsFor(string principalId) =>
        Id == principalId || (OnBehalfOf.Length > 0 && PrincipalReader.IdOf(Issuer, OnBehalfOf, agent: "") == principalId);
}

/// <summary>Where an approval stands. The only ways forward: pending to approved, denied or expired; approved to used or expired. Says nothing about other commands that the approval stands for.</summary>
public enum ApprovalState
{
    Pending,
    Approved,
    Denied,
    Expired,
    Used,
}
