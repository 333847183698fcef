namespace Sallyport.Api;

public sealed partial class SallyportClient
{
    /// <summary>The places that are told when somebody waits, and how they do.</summary>
    public Task<NotificationList> ListNotificationsAsync(CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.Notifications, ApiJson.Default.NotificationList, cancellationToken);

    /// <summary>Sends a test message to one of them, once.</summary>
    public Task<NotificationTestResource> TestNotificationAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, With(ApiRoutes.NotificationTest, name)), ApiJson.Default.NotificationTestResource, _options.TargetWorkTimeout, cancellationToken);
}
