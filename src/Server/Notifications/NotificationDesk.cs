using System.Collections.Immutable;
using System.Security.Cryptography;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Server.Notifications;

/// <summary>
/// Tells the configured places that somebody waits for a person. Telling never waits and never fails: who waits is in the store and the ledger, and
/// a message only hastens the decision. What is queued is lost when the gateway stops.
/// </summary>
internal sealed class NotificationDesk : IAsyncDisposable
{
    private readonly Func<NotificationConfiguration, INotificationSender> _senders;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private ImmutableArray<NotificationChannel> _channels = [];

    public NotificationDesk(
        IEnumerable<NotificationConfiguration> configured, Func<NotificationConfiguration, INotificationSender> senders, GatewayMetrics metrics, TimeProvider time)
    {
        _senders = senders;
        _metrics = metrics;
        _time = time;
        _channels = Open(configured);
    }

    public ImmutableArray<NotificationChannel> Channels => _channels;

    /// <summary>Posts by HTTP or hands over mail.</summary>
    public static INotificationSender SenderFor(NotificationConfiguration channel, TimeProvider time) =>
        channel.Kind == NotificationKind.Smtp ? new MailSender(channel, time) : new HttpSender(channel, time);

    /// <summary>Tells of a command that waits.</summary>
    public void Announce(Approval approval, Uri link) => Announce(new Notification
    {
        Id = NewId(),
        Event = NotificationEvents.Approval,
        About = approval.Id,
        Kind = approval.Requester.Kind,
        Requester = approval.Requester.Name,
        OnBehalfOf = approval.Requester.OnBehalfOf,
        Target = approval.Target,
        Class = PolicyNames.NameOf(approval.Class),
        Rule = approval.Rule,
        At = approval.RequestedAt,
        ExpiresAt = approval.ExpiresAt,
        Link = link,
    });

    /// <summary>Tells of somebody who asks for access.</summary>
    public void Announce(AccessRequest request, Uri link) => Announce(new Notification
    {
        Id = NewId(),
        Event = NotificationEvents.Access,
        About = request.Id,
        Kind = request.Requester.Kind,
        Requester = request.Requester.Name,
        OnBehalfOf = request.Requester.OnBehalfOf,
        Target = request.Ask.Target,
        Class = ClassesOf(request.Ask.Scope.Allow),
        Rule = request.Rule,
        At = request.RequestedAt,
        ExpiresAt = request.ExpiresAt,
        Link = link,
    });

    /// <summary>Tells of emergency access that somebody opened.</summary>
    public void Announce(AccessGrant emergency, Uri link) => Announce(new Notification
    {
        Id = NewId(),
        Event = NotificationEvents.BreakGlass,
        About = emergency.Id,
        Kind = emergency.Holder.Kind,
        Requester = emergency.Holder.Name,
        OnBehalfOf = emergency.Holder.OnBehalfOf,
        Target = emergency.Grant.Target,
        Class = ClassesOf(emergency.Grant.Allow),
        Rule = emergency.Rule,
        At = emergency.GrantedAt,
        ExpiresAt = emergency.Grant.Until,
        Link = link,
    });

    /// <summary>Tells every place that wants to hear of such a thing.</summary>
    public void Announce(Notification notification)
    {
        foreach (var channel in _channels)
        {
            if ((channel.Configuration.Events & notification.Event) != NotificationEvents.None)
            {
                channel.Announce(notification);
            }
        }
    }

    /// <summary>Uses another version of the configuration; what waits goes to the places of the same names.</summary>
    public async Task ReconfigureAsync(IEnumerable<NotificationConfiguration> configured)
    {
        var old = _channels;
        _channels = Open(configured);
        foreach (var channel in old)
        {
            await channel.DisposeAsync();
            var next = _channels.FirstOrDefault(open => open.Configuration.Name == channel.Configuration.Name);
            foreach (var waiting in channel.Rest())
            {
                next?.Announce(waiting);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            await channel.DisposeAsync();
        }
    }

    /// <summary>A new id of a notification.</summary>
    public static string NewId() => "msg_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));

    private static string ClassesOf(IEnumerable<CommandClass> classes) => string.Join(", ", classes.Order().Select(PolicyNames.NameOf));

    private ImmutableArray<NotificationChannel> Open(IEnumerable<NotificationConfiguration> configured) =>
        [.. configured.Select(channel => new NotificationChannel(channel, _senders(channel), _time, _metrics.NotificationChanged))];
}
