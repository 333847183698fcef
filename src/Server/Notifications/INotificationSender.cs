namespace Sallyport.Server.Notifications;

/// <summary>Delivers notifications to one place. Thread-safe.</summary>
internal interface INotificationSender : IDisposable
{
    /// <summary>Makes one attempt; returns when the other side has taken it.</summary>
    /// <exception cref="NotificationFailedException">It has not.</exception>
    Task SendAsync(Notification notification, CancellationToken cancellationToken);
}
