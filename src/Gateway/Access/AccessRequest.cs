using System.Collections.Immutable;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>One request for access, as it is stored, with the decisions made about it so far.</summary>
public sealed record AccessRequest
{
    /// <summary><c>req_</c> and 10 characters.</summary>
    public required string Id { get; init; }

    public required AccessRequestState State { get; init; }

    public required ApprovalRequester Requester { get; init; }

    public required AccessAsk Ask { get; init; }

    /// <summary>The one run the grant is to be for; empty for all of the requester's.</summary>
    public string RunId { get; init; } = "";

    /// <summary>The grant that is to last longer, or empty for a new one.</summary>
    public string Extends { get; init; } = "";

    /// <summary>The access rule that took it.</summary>
    public required string Rule { get; init; }

    /// <summary>Who has to agree, as the rule said when the request was made.</summary>
    public required ImmutableArray<ImmutableArray<string>> Approvers { get; init; }

    public required int Quorum { get; init; }

    public required string PolicyHash { get; init; }

    /// <summary>What the requester wrote; free text, kept here only and never in the ledger.</summary>
    public required string Reason { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When an undecided request ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    /// <summary>The grant it became, or empty.</summary>
    public string GrantId { get; init; } = "";

    /// <summary>One for each person, oldest first.</summary>
    public ImmutableArray<AccessDecision> Decisions { get; init; } = [];

    /// <summary>All groups whose members have a say.</summary>
    public IReadOnlyList<string> ApproverGroups => [.. Approvers.SelectMany(static groups => groups).Distinct(StringComparer.Ordinal)];
}

/// <summary>Where a request stands. The only way forward: pending to one of the others.</summary>
public enum AccessRequestState
{
    Pending,
    Granted,
    Denied,
    Expired,
}

/// <summary>What one person said about a request.</summary>
/// <param name="Id">Opaque id of the person.</param>
/// <param name="Name">The name shown to people.</param>
/// <param name="Issuer">With <paramref name="Subject"/> the person: who decides twice is one person.</param>
/// <param name="Subject">The person at the issuer.</param>
/// <param name="Answer">Yes or no.</param>
/// <param name="Groups">Those of the person's groups that the rule names.</param>
/// <param name="Reason">Free text, kept in the store only; may be empty.</param>
/// <param name="DecidedAt">When.</param>
public sealed record AccessDecision(
    string Id, string Name, string Issuer, string Subject, ApprovalAnswer Answer, ImmutableArray<string> Groups, string Reason, DateTimeOffset DecidedAt);
