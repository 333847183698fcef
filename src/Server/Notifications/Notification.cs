using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;

namespace Sallyport.Server.Notifications;

/// <summary>
/// Says that somebody waits for a person. Holds no statement, no reason and no stored value: whoever follows the link signs in and sees the rest there.
/// </summary>
internal sealed record Notification
{
    /// <summary>Names this notification; every attempt to deliver it carries it.</summary>
    public required string Id { get; init; }

    public required NotificationEvents Event { get; init; }

    /// <summary>The approval, request or grant it is about.</summary>
    public required string About { get; init; }

    public required PrincipalKind Kind { get; init; }

    /// <summary>Who waits. Untrusted text.</summary>
    public required string Requester { get; init; }

    /// <summary>The human whom the requester acts for, or empty. Untrusted text.</summary>
    public string OnBehalfOf { get; init; } = "";

    /// <summary>A configured target.</summary>
    public required string Target { get; init; }

    /// <summary>Command classes, such as <c>write</c>.</summary>
    public required string Class { get; init; }

    /// <summary>The rule that asks, from the configuration.</summary>
    public required string Rule { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>When the request ends by itself, or the access that was opened.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Where a person goes on.</summary>
    public required Uri Link { get; init; }

    /// <summary>One line in the gateway's own words and the configuration's: nothing that a caller chose.</summary>
    public string Headline => Event switch
    {
        NotificationEvents.Approval => $"Approval {About} waits for a decision: {Class} on {Target}, rule {Rule}",
        NotificationEvents.Access => $"Access request {About} waits for a decision: {Class} on {Target}, rule {Rule}",
        NotificationEvents.BreakGlass => $"Emergency access {About} was opened on {Target}: {Class}, rule {Rule}; it needs a review",
        _ => $"A test of the gateway's notifications ({About})",
    };

    public string EventName => Event switch
    {
        NotificationEvents.Approval => "approval.requested",
        NotificationEvents.Access => "access.requested",
        NotificationEvents.BreakGlass => "breakglass.opened",
        _ => "test",
    };
}
