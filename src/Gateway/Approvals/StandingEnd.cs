namespace Sallyport.Gateway.Approvals;

/// <summary>Why an approval of more than one command does not stand any more, as recorded.</summary>
public static class StandingEnd
{
    /// <summary>Its time is over.</summary>
    public const string Expired = "expired";

    /// <summary>A person ended it.</summary>
    public const string Revoked = "revoked";

    /// <summary>The run it was for has ended.</summary>
    public const string RunEnded = "run-ended";

    /// <summary>The policy has no such rule any more, or the rule asks other people or does not allow as much.</summary>
    public const string RuleChanged = "rule-changed";

    /// <summary>The policy forbids what it was for.</summary>
    public const string Denied = "policy-denied";
}
