using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Notifications;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Notifications;

/// <summary>Who is told of what, and what a message about access holds.</summary>
public sealed class NotificationDeskTests
{
    private const string Typed = "the canary that somebody typed";

    private static readonly DateTimeOffset At = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private static readonly ApprovalRequester Requester = new()
    {
        Kind = PrincipalKind.Agent,
        Id = "p_1",
        Name = "agent-1",
        Issuer = "https://issuer.test",
        Subject = "bob",
        OnBehalfOf = "bob",
    };

    [Fact]
    public async Task A_request_for_access_is_told_with_who_what_where_and_until_when_and_without_what_was_typed()
    {
        var told = Assert.Single(await TellAsync(NotificationEvents.Access, desk =>
        {
            desk.Announce(Request(), new Uri("https://gateway.test/access/requests/req_0000000001"));
            desk.Announce(Emergency(), new Uri("https://gateway.test/access/grants/gr_0000000001"));
        }));
        using var document = JsonDocument.Parse(WebhookMessage.Body(told));
        Assert.Equal("access.requested", document.RootElement.GetProperty("type").GetString());
        var data = document.RootElement.GetProperty("data");
        Assert.Equal(
            ["req_0000000001", "agent-1", "bob", "clinic", "read, write", "reads", "https://gateway.test/access/requests/req_0000000001"],
            new[] { "id", "requestedBy", "onBehalfOf", "target", "class", "rule", "url" }.Select(name => data.GetProperty(name).GetString()));
        Assert.Equal(At.AddMinutes(30), data.GetProperty("expiresAt").GetDateTimeOffset());
        AssertNothingTyped(told);
    }

    [Fact]
    public async Task An_emergency_is_told_with_its_end()
    {
        var told = Assert.Single(await TellAsync(NotificationEvents.BreakGlass, desk =>
        {
            desk.Announce(Request(), new Uri("https://gateway.test/access/requests/req_0000000001"));
            desk.Announce(Emergency(), new Uri("https://gateway.test/access/grants/gr_0000000001"));
        }));
        using var document = JsonDocument.Parse(WebhookMessage.Body(told));
        Assert.Equal("breakglass.opened", document.RootElement.GetProperty("type").GetString());
        Assert.Equal("gr_0000000001", document.RootElement.GetProperty("data").GetProperty("id").GetString());
        Assert.Equal(At.AddHours(1), document.RootElement.GetProperty("data").GetProperty("expiresAt").GetDateTimeOffset());
        Assert.Equal("Emergency access gr_0000000001 was opened on clinic: read, write, rule night; it needs a review", told.Headline);
        AssertNothingTyped(told);
    }

    private static void AssertNothingTyped(Notification told)
    {
        var mail = new MailConfiguration { Host = "localhost", Port = 25, From = "a@b.example", To = ["c@d.example"] };
        var body = MailMessage.Compose(told, mail).Split("\r\n\r\n")[1];
        foreach (var message in new[]
        {
            Encoding.UTF8.GetString(WebhookMessage.Body(told)),
            Encoding.UTF8.GetString(ChatMessages.Slack(told)),
            Encoding.UTF8.GetString(ChatMessages.Teams(told)),
            Encoding.UTF8.GetString(Convert.FromBase64String(body)),
        })
        {
            Assert.Contains("agent-1", message, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", message, StringComparison.Ordinal);
            Assert.DoesNotContain("encounters", message, StringComparison.Ordinal);
        }
    }

    /// <summary>What a place that wants to hear of <paramref name="events"/> was told.</summary>
    private static async Task<IReadOnlyList<Notification>> TellAsync(NotificationEvents events, Action<NotificationDesk> tell)
    {
        var sent = Channel.CreateUnbounded<Notification>();
        using var metrics = new GatewayMetrics();
        var configured = new NotificationConfiguration { Name = "hook", Kind = NotificationKind.Webhook, Events = events };
        await using var desk = new NotificationDesk([configured], _ => new Sender(sent.Writer), metrics, new ManualTime());
        tell(desk);
        var told = new List<Notification> { await sent.Reader.ReadAsync(TestContext.Current.CancellationToken) };
        Assert.Equal(0, desk.Channels[0].State.Queued);
        while (sent.Reader.TryRead(out var more))
        {
            told.Add(more);
        }
        return told;
    }

    private static AccessRequest Request() => new()
    {
        Id = "req_0000000001",
        State = AccessRequestState.Pending,
        Requester = Requester,
        Ask = new AccessAsk { Target = "clinic", Scope = Scope, Length = TimeSpan.FromHours(2) },
        Rule = "reads",
        Approvers = [["security-officers"]],
        Quorum = 1,
        PolicyHash = "h",
        Reason = Typed,
        RequestedAt = At,
        ExpiresAt = At.AddMinutes(30),
    };

    private static AccessGrant Emergency() => new()
    {
        Grant = new Grant
        {
            Name = "gr_0000000001",
            Target = "clinic",
            Allow = Scope.Allow,
            Tables = Scope.Tables,
            From = At,
            Until = At.AddHours(1),
            Origin = GrantOrigin.BreakGlass,
        },
        Holder = Requester,
        Rule = "night",
        GivenBy = "agent-1",
        Reason = Typed,
        GrantedAt = At,
    };

    private static AccessScope Scope => new() { Allow = [CommandClass.Write, CommandClass.Read], Tables = [new RelationName("clinic", "encounters")] };

    private sealed class Sender(ChannelWriter<Notification> sent) : INotificationSender
    {
        public Task SendAsync(Notification notification, CancellationToken cancellationToken) => sent.WriteAsync(notification, cancellationToken).AsTask();

        public void Dispose()
        {
        }
    }
}
