using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Sallyport.Server.Notifications;

/// <summary>The post of a webhook and its signature, as Standard Webhooks 1.0 has them (https://www.standardwebhooks.com).</summary>
internal static class WebhookMessage
{
    private const string SecretPrefix = "whsec_";

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

    /// <summary>HMAC-SHA-256 over id, time and body, so that neither a changed post nor an old one passes.</summary>
    public static void Sign(HttpRequestHeaders headers, string id, DateTimeOffset now, ReadOnlySpan<byte> body, string secret)
    {
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var key = KeyOf(secret);
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        headers.Add("webhook-id", id);
        headers.Add("webhook-timestamp", timestamp);
        headers.Add("webhook-signature", "v1," + Convert.ToBase64String(hmac.GetHashAndReset()));
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary><c>whsec_</c> and base64 as the specification writes keys, or any other text as it is.</summary>
    private static byte[] KeyOf(string secret)
    {
        if (!secret.StartsWith(SecretPrefix, StringComparison.Ordinal))
        {
            return Encoding.UTF8.GetBytes(secret);
        }
        try
        {
            return Convert.FromBase64String(secret[SecretPrefix.Length..]);
        }
        catch (FormatException problem)
        {
            throw new InvalidOperationException("the secret is not base64 behind whsec_", problem);
        }
    }
}
