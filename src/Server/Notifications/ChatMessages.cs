using System.Globalization;
using System.Text.Json;
using Sallyport.Gateway.Identity;

namespace Sallyport.Server.Notifications;

/// <summary>
/// Messages of chat servers. What a caller chose stands only where the medium reads no markup at all; where it does read markup there are only the
/// gateway's words, names of the configuration, and the link.
/// </summary>
internal static class ChatMessages
{
    /// <summary>Slack's incoming webhook. <c>text</c>, which servers without blocks show with markup, holds nothing of the caller.</summary>
    public static byte[] Slack(Notification notification) => Write(json =>
    {
        json.WriteString("text", $"{Literal(notification.Headline)}: {notification.Link.AbsoluteUri}");
        json.WriteBoolean("unfurl_links", false);
        json.WriteStartArray("blocks");
        json.WriteStartObject();
        json.WriteString("type", "section");
        WritePlain(json, "text", notification.Headline);
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteString("type", "section");
        json.WriteStartArray("fields");
        foreach (var (name, value) in Facts(notification))
        {
            json.WriteStartObject();
            WritePlainFields(json, $"{name}: {value}");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteString("type", "actions");
        json.WriteStartArray("elements");
        json.WriteStartObject();
        json.WriteString("type", "button");
        WritePlain(json, "text", "Open");
        json.WriteString("url", notification.Link.AbsoluteUri);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
    });

    /// <summary>An Adaptive Card 1.4 for Teams. Only text runs hold what a caller chose: they have no markup (a TextBlock does).</summary>
    public static byte[] Teams(Notification notification) => Write(json =>
    {
        json.WriteString("type", "message");
        json.WriteStartArray("attachments");
        json.WriteStartObject();
        json.WriteString("contentType", "application/vnd.microsoft.card.adaptive");
        json.WriteStartObject("content");
        json.WriteString("$schema", "http://adaptivecards.io/schemas/adaptive-card.json");
        json.WriteString("type", "AdaptiveCard");
        json.WriteString("version", "1.4");
        json.WriteStartArray("body");
        WriteRun(json, notification.Headline, isBold: true);
        foreach (var (name, value) in Facts(notification))
        {
            WriteRun(json, $"{name}: {value}", isBold: false);
        }
        json.WriteEndArray();
        json.WriteStartArray("actions");
        json.WriteStartObject();
        json.WriteString("type", "Action.OpenUrl");
        json.WriteString("title", "Open");
        json.WriteString("url", notification.Link.AbsoluteUri);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    });

    /// <summary>Who, for whom, and until when; what a caller chose is one line.</summary>
    public static IEnumerable<(string Name, string Value)> Facts(Notification notification)
    {
        yield return (notification.Kind == PrincipalKind.Agent ? "Agent" : "Person", ShownName.Of(notification.Requester));
        if (notification.OnBehalfOf.Length > 0)
        {
            yield return ("For", ShownName.Of(notification.OnBehalfOf));
        }
        if (notification.ExpiresAt is { } expires)
        {
            yield return ("Open until", expires.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Names of the configuration may hold <c>_</c>, which is markup.</summary>
    private static string Literal(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    private static byte[] Write(Action<Utf8JsonWriter> content)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void WritePlain(Utf8JsonWriter json, string property, string text)
    {
        json.WriteStartObject(property);
        WritePlainFields(json, text);
        json.WriteEndObject();
    }

    private static void WritePlainFields(Utf8JsonWriter json, string text)
    {
        json.WriteString("type", "plain_text");
        json.WriteString("text", text);
        // Without this :name: becomes a picture.
        json.WriteBoolean("emoji", false);
    }

    private static void WriteRun(Utf8JsonWriter json, string text, bool isBold)
    {
        json.WriteStartObject();
        json.WriteString("type", "RichTextBlock");
        json.WriteStartArray("inlines");
        json.WriteStartObject();
        json.WriteString("type", "TextRun");
        // Cards replace {{DATE(...)}}, {{TIME(...)}} and ${...} in any text.
        json.WriteString("text", text.Replace("{", "(", StringComparison.Ordinal).Replace("}", ")", StringComparison.Ordinal));
        json.WriteString("weight", isBold ? "Bolder" : "Default");
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
