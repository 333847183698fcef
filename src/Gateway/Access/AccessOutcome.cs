namespace Sallyport.Gateway.Access;

/// <summary>What became of an attempt to ask, decide, extend, revoke or review.</summary>
public abstract record AccessOutcome
{
    private AccessOutcome()
    {
    }

    /// <param name="Request">The request as it stands now.</param>
    /// <param name="Grant">The grant it became, or null.</param>
    public sealed record OfRequest(AccessRequest Request, AccessGrant? Grant) : AccessOutcome;

    public sealed record OfGrant(AccessGrant Grant) : AccessOutcome;

    public sealed record NotFound : AccessOutcome;

    /// <summary>It may not be done, at all or by this caller.</summary>
    /// <param name="Code">Why, in kebab case; recorded where it was an attempt to decide.</param>
    /// <param name="Message">One sentence for the caller.</param>
    /// <param name="Remedy">One sentence: what to do instead.</param>
    public sealed record Refused(string Code, string Message, string Remedy) : AccessOutcome;

    /// <summary>It cannot be done in this state.</summary>
    public sealed record Closed(string Message, string Remedy) : AccessOutcome;
}

/// <summary>Refused attempts by their code.</summary>
public static class AccessRefusal
{
    /// <summary>The request is malformed or too large.</summary>
    public const string Invalid = "invalid";

    /// <summary>No rule takes the request.</summary>
    public const string NoRule = "no-rule";

    public const string NotAnApprover = "not-an-approver";

    public const string AlreadyDecided = "already-decided";

    /// <summary>The rule was changed since, or no longer takes the request.</summary>
    public const string RuleChanged = "rule-changed";

    public const string NotTheHolder = "not-the-holder";

    public const string NotAReviewer = "not-a-reviewer";

    public const string TooMany = "too-many";
}
