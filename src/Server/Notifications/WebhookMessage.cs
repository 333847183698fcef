using System.Text.Json;

namespace Sallyport.Server.Notifications;

/// <summary>The post of a webhook, as Standard Webhooks 1.0 has them (https://www.standardwebhooks.com).</summary>
internal static class WebhookMessage
{
    public static byte[] Body(Notification notification)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("type", notification.EventName);
            json.WriteString("timestamp", notification.At.UtcDateTime);
            json.WriteStartObject("data");
            json.WriteString("id", notification.About);
            json.WriteString("requestedBy", ShownName.Of(notification.Requester));
            json.WriteString("kind", notification.Kind.ToString().ToLowerInvariant());
            json.WriteString("onBehalfOf", ShownName.Of(notification.OnBehalfOf));
            json.WriteString("target", notification.Target);
            json.WriteString("class", notification.Class);
            json.WriteString("rule", notification.Rule);
            if (notification.ExpiresAt is { } expires)
            {
                json.WriteString("expiresAt", expires.UtcDateTime);
            }
            json.WriteString("url", notification.Link.AbsoluteUri);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
