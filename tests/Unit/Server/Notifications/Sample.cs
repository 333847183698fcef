using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Server.Notifications;

namespace Sallyport.Unit.Server.Notifications;

/// <summary>Notifications for tests, and names that try to be more than names.</summary>
internal static class Sample
{
    /// <summary>What somebody may call itself at an issuer that lets it.</summary>
    public static TheoryData<string> Forgeries { get; } =
    [
        "*Approved* by <!channel>",
        "<https://evil.example|Open>",
        "<@U012345> &lt;!here&gt;",
        "[Open](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "`code` ~gone~ _it_",
        ":white_check_mark: approved",
        "{{DATE(2026-11-21T00:00:00Z,SHORT)}} ${$root}",
        "<at>Sam</at>",
        "agent\r\nBcc: everybody@evil.example\r\n\r\nApproved, nothing to do.",
        "agent\n.\nMAIL FROM:<x@evil.example>",
        "agent\u2028Approved",
        "nothing \u202Egnihton",
        "a\u200Bb\u0000c\u001B[31m",
        "\",\"url\":\"https://evil.example\",\"x\":\"",
        "=?utf-8?B?ZXZpbA==?=",
        "<script>alert(1)</script>",
        "\uD800 half",
        new string('w', 5_000),
    ];

    public static Notification Notification(string requester = "agent-1", string onBehalfOf = "bob") => new()
    {
        Id = "msg_1",
        Event = NotificationEvents.Approval,
        About = "apr_0000000001",
        Kind = PrincipalKind.Agent,
        Requester = requester,
        OnBehalfOf = onBehalfOf,
        Target = "clinic",
        Class = "write",
        Rule = "held-writes",
        At = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero),
        ExpiresAt = new DateTimeOffset(2026, 11, 21, 12, 15, 0, TimeSpan.Zero),
        Link = new Uri("https://gateway.test:8443/approvals/apr_0000000001"),
    };
}
