namespace Sallyport.Gateway.Approvals;

/// <summary>Limits of the approval desk.</summary>
public sealed record ApprovalDeskOptions
{
    /// <summary>The address people reach the gateway at; approval URLs start with it.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>Most pending approvals of one requester.</summary>
    public int MaxPendingPerRequester { get; init; } = 20;

    /// <summary>Most pending approvals of all requesters.</summary>
    public int MaxPending { get; init; } = 1000;

    /// <summary>An approval stays usable at least this long after it was given, even where the request would have expired before.</summary>
    public TimeSpan MinUseWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most approvals of more than one command that stand for one requester at once.</summary>
    public int MaxStandingPerRequester { get; init; } = 20;

    /// <summary>Most of them for all requesters.</summary>
    public int MaxStanding { get; init; } = 1000;

    /// <summary>How many denied requests, newest first, are looked at for one that a new request resembles.</summary>
    public int MaxDeniedLookedAt { get; init; } = 500;

    /// <summary>Longest wait that one call may ask for.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Longest reason a reviewer may write, in characters.</summary>
    public int MaxReasonChars { get; init; } = 1000;

    /// <summary>Most overdue approvals one sweep closes.</summary>
    public int MaxExpiredPerSweep { get; init; } = 500;

    /// <summary>Longest statement kept for the reviewer, in bytes of UTF-8; a longer one is marked as cut.</summary>
    public int MaxShownStatementBytes { get; init; } = 256 * 1024;

    /// <summary>Most memory for all statements kept for reviewers, in bytes; the oldest go first.</summary>
    public int MaxShownBytes { get; init; } = 16 * 1024 * 1024;
}
