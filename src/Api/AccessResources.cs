using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>Where a request for access stands.</summary>
[JsonConverter(typeof(LowercaseEnumConverter<AccessRequestState>))]
public enum AccessRequestState
{
    /// <summary>Not enough people have decided yet.</summary>
    Pending,

    /// <summary>It became a grant.</summary>
    Granted,

    /// <summary>Somebody refused.</summary>
    Denied,

    /// <summary>Nobody decided in time.</summary>
    Expired,
}

/// <summary>What access is about.</summary>
public sealed record AccessScopeResource
{
    /// <summary><c>read</c>, <c>write</c>, <c>ddl</c>.</summary>
    public IReadOnlyList<string> Allow { get => field ?? []; init; }

    /// <summary>Whole schemas. With no schema and no table it is the whole database.</summary>
    public IReadOnlyList<string> Schemas { get => field ?? []; init; }

    /// <summary>Tables as <c>schema.table</c>.</summary>
    public IReadOnlyList<string> Tables { get => field ?? []; init; }

    /// <summary>Tagged columns shown as they are stored, as <c>schema.table.column</c>.</summary>
    public IReadOnlyList<string> Unmasked { get => field ?? []; init; }

    /// <summary>Tagged columns that are left out.</summary>
    public IReadOnlyList<string> Never { get => field ?? []; init; }
}

/// <summary>A request for access. Exactly one of <see cref="Until"/> and <see cref="Seconds"/>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AccessRequestBody
{
    /// <summary>The protected system.</summary>
    public required string Target { get; init; }

    /// <summary><c>read</c>, <c>write</c>, <c>ddl</c>.</summary>
    public required IReadOnlyList<string> Allow { get; init; }

    /// <summary>Whole schemas.</summary>
    public IReadOnlyList<string> Schemas { get => field ?? []; init; }

    /// <summary>Tables as <c>schema.table</c>.</summary>
    public IReadOnlyList<string> Tables { get => field ?? []; init; }

    /// <summary>Tagged columns to be shown as they are stored.</summary>
    public IReadOnlyList<string> Unmasked { get => field ?? []; init; }

    /// <summary>Tagged columns to be left out.</summary>
    public IReadOnlyList<string> Never { get => field ?? []; init; }

    /// <summary>When it is to begin; absent for as soon as it is given.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>When it is to end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How long it is to last once it is given.</summary>
    public int? Seconds { get; init; }

    /// <summary>Whether it is for the caller's run only.</summary>
    public bool ThisRunOnly { get; init; }

    /// <summary>Why, 1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters; those who decide read it.</summary>
    public required string Reason { get; init; }
}

/// <summary>A request for access, with what people said about it.</summary>
public sealed record AccessRequestResource
{
    /// <summary>The id, <c>req_</c> and unguessable letters.</summary>
    public required string Id { get; init; }

    /// <summary>Where it stands.</summary>
    public required AccessRequestState State { get; init; }

    /// <summary>Name of who asked.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>Program or person.</summary>
    public required CallerKind Kind { get; init; }

    /// <summary>The person the agent acts for, or empty.</summary>
    public string OnBehalfOf { get => field ?? ""; init; }

    /// <summary>The requester's run when it asked, or empty.</summary>
    public string Run { get => field ?? ""; init; }

    /// <summary>Whether it is for that run only.</summary>
    public bool ThisRunOnly { get; init; }

    /// <summary>The protected system.</summary>
    public required string Target { get; init; }

    /// <summary>What it is about.</summary>
    public required AccessScopeResource Scope { get; init; }

    /// <summary>When it is to begin; absent for as soon as it is given.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>When it is to end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How long it is to last once it is given.</summary>
    public int? Seconds { get; init; }

    /// <summary>The grant that is to last longer, or empty.</summary>
    public string Extends { get => field ?? ""; init; }

    /// <summary>The access rule that took it.</summary>
    public required string Rule { get; init; }

    /// <summary>Each list wants a person of its own who is in any of its groups.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Approvers { get => field ?? []; init; }

    /// <summary>How many different people have to agree.</summary>
    public int Quorum { get; init; }

    /// <summary>How many are still missing at least.</summary>
    public int Missing { get; init; }

    /// <summary>Whether the caller may decide it.</summary>
    public bool CanDecide { get; init; }

    /// <summary>Why, in the requester's words.</summary>
    public string Reason { get => field ?? ""; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it ends undecided.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>What people said, oldest first.</summary>
    public IReadOnlyList<AccessDecisionResource> Decisions { get => field ?? []; init; }

    /// <summary>The grant it became.</summary>
    public string? Grant { get; init; }
}

/// <summary>What one person said.</summary>
/// <param name="By">Name of the person.</param>
/// <param name="Answer"><c>approve</c> or <c>deny</c>.</param>
/// <param name="Reason">Why; may be empty.</param>
/// <param name="At">When.</param>
public sealed record AccessDecisionResource(string By, string Answer, string Reason, DateTimeOffset At);

/// <summary>Requests for access, newest first.</summary>
/// <param name="Items">The requests on this page.</param>
/// <param name="More">Whether more match than this page holds.</param>
public sealed record AccessRequestPage(IReadOnlyList<AccessRequestResource> Items, bool More);

/// <summary>One grant.</summary>
public sealed record AccessGrantResource
{
    /// <summary>The id, <c>gr_</c> and unguessable letters, or the name of a standing grant.</summary>
    public required string Id { get; init; }

    /// <summary><c>standing</c> (of the configuration), <c>request</c> or <c>break-glass</c>.</summary>
    public required string Origin { get; init; }

    /// <summary>Name of who has it; for a standing grant its groups and principals.</summary>
    public required string Holder { get; init; }

    /// <summary>The one run it is for, or empty.</summary>
    public string Run { get => field ?? ""; init; }

    /// <summary>The protected system.</summary>
    public required string Target { get; init; }

    /// <summary>What it opens.</summary>
    public required AccessScopeResource Scope { get; init; }

    /// <summary>When it begins; absent for always.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>When it ends at the latest; absent for never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether it is in force, or will be.</summary>
    public required bool Active { get; init; }

    /// <summary>The rule behind it, or empty.</summary>
    public string Rule { get => field ?? ""; init; }

    /// <summary>Names of the people who gave it, or the rule; empty for a standing one.</summary>
    public string GivenBy { get => field ?? ""; init; }

    /// <summary>Why it was asked for.</summary>
    public string Reason { get => field ?? ""; init; }

    /// <summary>The request it comes from, or empty.</summary>
    public string Request { get => field ?? ""; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why, e.g. <c>expired</c>, <c>revoked</c>.</summary>
    public string? EndReason { get; init; }

    /// <summary>The review of an emergency; absent for other grants.</summary>
    public AccessReviewResource? Review { get; init; }
}

/// <summary>The look somebody has to take at an emergency.</summary>
/// <param name="DueAt">When it is overdue.</param>
/// <param name="Overdue">Whether it is now.</param>
/// <param name="By">Name of who took it; absent while it is open work.</param>
/// <param name="At">When.</param>
/// <param name="Note">What was found.</param>
public sealed record AccessReviewResource(DateTimeOffset DueAt, bool Overdue, string? By = null, DateTimeOffset? At = null, string? Note = null);

/// <summary>Grants: standing ones first, then those that were asked for, newest first.</summary>
/// <param name="Items">The grants on this page.</param>
/// <param name="More">Whether more match than this page holds.</param>
public sealed record AccessGrantPage(IReadOnlyList<AccessGrantResource> Items, bool More);

/// <summary>More time for a grant of one's own. Exactly one of <see cref="Until"/> and <see cref="Seconds"/>.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AccessExtendBody
{
    /// <summary>The new end.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>What is added to the end.</summary>
    public int? Seconds { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>Why a grant is revoked; its holder's sessions are told.</summary>
/// <param name="Reason">1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AccessRevokeBody(string Reason);

/// <summary>An emergency.</summary>
/// <param name="Target">The protected system.</param>
/// <param name="Reason">1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BreakGlassBody(string Target, string Reason);

/// <summary>What somebody found who looked at an emergency.</summary>
/// <param name="Note">1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record AccessReviewBody(string Note);
