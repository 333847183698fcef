using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>One grant that somebody asked for, as it is stored.</summary>
public sealed record AccessGrant
{
    /// <summary>What policy judges by. Its name is the grant's id.</summary>
    public required Grant Grant { get; init; }

    /// <summary>Who has it.</summary>
    public required ApprovalRequester Holder { get; init; }

    /// <summary>The rule of <c>access:</c> or <c>breakGlass:</c> behind it.</summary>
    public required string Rule { get; init; }

    /// <summary>Names of the people who gave it, for people.</summary>
    public required string GivenBy { get; init; }

    /// <summary>Why it was asked for; free text, kept here only.</summary>
    public required string Reason { get; init; }

    public required DateTimeOffset GrantedAt { get; init; }

    /// <summary>When it ended; null while it is in force or waits for its begin.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why, in kebab case: expired, revoked, run-ended, principal-disabled; empty while it is in force.</summary>
    public string EndCode { get; init; } = "";

    /// <summary>Name of the person who ended it, or empty.</summary>
    public string EndedBy { get; init; } = "";

    /// <summary>What that person wrote; free text, kept here only.</summary>
    public string EndNote { get; init; } = "";

    /// <summary>The emergency's review; null for other grants.</summary>
    public AccessReview? Review { get; init; }

    public string Id => Grant.Name;

    public bool IsActive => EndedAt is null;
}

/// <summary>The look that somebody has to take at an emergency access afterwards.</summary>
/// <param name="DueAt">When it is overdue.</param>
public sealed record AccessReview(DateTimeOffset DueAt)
{
    /// <summary>Name of who reviewed it, or empty while it is open work.</summary>
    public string By { get; init; } = "";

    public DateTimeOffset? At { get; init; }

    /// <summary>What was found; free text, kept in the store only.</summary>
    public string Note { get; init; } = "";

    public bool IsOpen => At is null;
}
