namespace Sallyport.Gateway.Access;

/// <summary>Limits of the access desk.</summary>
public sealed record AccessDeskOptions
{
    /// <summary>Most pending requests of one requester.</summary>
    public int MaxPendingPerRequester { get; init; } = 20;

    /// <summary>Most pending requests of all requesters.</summary>
    public int MaxPending { get; init; } = 1000;

    /// <summary>Most grants in force that somebody asked for.</summary>
    public int MaxGrants { get; init; } = 10_000;

    /// <summary>Most grants in force of one principal.</summary>
    public int MaxGrantsPerHolder { get; init; } = 100;

    /// <summary>Longest reason or note, in characters.</summary>
    public int MaxReasonChars { get; init; } = 1000;

    /// <summary>Longest wait that one call may ask for.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Most overdue requests one sweep closes.</summary>
    public int MaxExpiredPerSweep { get; init; } = 500;
}
