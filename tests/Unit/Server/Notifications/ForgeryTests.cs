using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Configuration;
using Sallyport.Server.Notifications;

namespace Sallyport.Unit.Server.Notifications;

/// <summary>Whatever somebody is called, a message says the same, has the same shape, and leads to the same place.</summary>
public sealed class ForgeryTests
{
    private const string Link = "https://gateway.test:8443/approvals/apr_0000000001";
    private static readonly MailConfiguration Mail = new() { Host = "mail.test", Port = 587, From = "gateway@clinic.example", To = ["a@clinic.example", "b@clinic.example"] };

    [Theory]
    [MemberData(nameof(Sample.Forgeries), MemberType = typeof(Sample))]
    public void A_name_is_one_bounded_line_of_visible_characters(string name)
    {
        var shown = ShownName.Of(name);
        Assert.True(shown.Length <= ShownName.MaxChars + 1);
        Assert.DoesNotContain(shown, c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator or System.Globalization.UnicodeCategory.Surrogate);
    }

    [Theory]
    [MemberData(nameof(Sample.Forgeries), MemberType = typeof(Sample))]
    public void Slack_reads_no_markup_in_it(string name)
    {
        var forged = Json(ChatMessages.Slack(Sample.Notification(name, name)));
        var honest = Json(ChatMessages.Slack(Sample.Notification("x", "y")));
        Assert.Equal(Shape(honest), Shape(forged));
        Assert.Equal(honest.GetProperty("text").GetString(), forged.GetProperty("text").GetString());
        Assert.All(Objects(forged).Where(o => o.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String && o.TryGetProperty("type", out _)), text =>
        {
            Assert.Equal("plain_text", text.GetProperty("type").GetString());
            Assert.False(text.GetProperty("emoji").GetBoolean());
        });
        Assert.Equal([Link], Objects(forged).Where(o => o.TryGetProperty("url", out _)).Select(o => o.GetProperty("url").GetString()));
    }

    [Theory]
    [MemberData(nameof(Sample.Forgeries), MemberType = typeof(Sample))]
    public void A_card_has_no_markup_and_no_template_in_it(string name)
    {
        var forged = Json(ChatMessages.Teams(Sample.Notification(name, name)));
        Assert.Equal(Shape(Json(ChatMessages.Teams(Sample.Notification("x", "y")))), Shape(forged));
        Assert.All(Objects(forged).Where(o => o.TryGetProperty("text", out _)), run =>
        {
            Assert.Equal("TextRun", run.GetProperty("type").GetString());
            Assert.DoesNotContain("{", run.GetProperty("text").GetString());
        });
        Assert.Equal([Link], Objects(forged).Where(o => o.TryGetProperty("url", out _)).Select(o => o.GetProperty("url").GetString()));
    }

    [Theory]
    [MemberData(nameof(Sample.Forgeries), MemberType = typeof(Sample))]
    public void Mail_has_the_same_headers_and_lines(string name)
    {
        var forged = MailMessage.Compose(Sample.Notification(name, name), Mail);
        var honest = MailMessage.Compose(Sample.Notification("x", "y"), Mail);
        Assert.Equal(Head(honest), Head(forged));
        Assert.DoesNotContain(forged.Split("\r\n"), line => line.StartsWith('.') || line.Length > 998);
        Assert.All(forged, c => Assert.InRange(c, '\n', '~'));
        Assert.Equal(BodyLines(honest).Length, BodyLines(forged).Length);
        Assert.Equal(Link, BodyLines(forged)[^2]);
    }

    [Theory]
    [MemberData(nameof(Sample.Forgeries), MemberType = typeof(Sample))]
    public void A_webhook_carries_it_as_one_text(string name)
    {
        var forged = Json(WebhookMessage.Body(Sample.Notification(name, name)));
        Assert.Equal(Shape(Json(WebhookMessage.Body(Sample.Notification("x", "y")))), Shape(forged));
        Assert.Equal(Link, forged.GetProperty("data").GetProperty("url").GetString());
        Assert.Equal(ShownName.Of(name), forged.GetProperty("data").GetProperty("requestedBy").GetString());
    }

    private static JsonElement Json(byte[] body) => JsonDocument.Parse(body).RootElement;

    private static string Head(string mail) => mail[..mail.IndexOf("\r\n\r\n", StringComparison.Ordinal)];

    private static string[] BodyLines(string mail) =>
        Encoding.UTF8.GetString(Convert.FromBase64String(mail[(mail.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].Replace("\r\n", "", StringComparison.Ordinal))).Split("\r\n");

    /// <summary>Property names and kinds, in order, without any text.</summary>
    private static string Shape(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => "{" + string.Join(",", json.EnumerateObject().Select(p => p.Name + ":" + Shape(p.Value))) + "}",
        JsonValueKind.Array => "[" + string.Join(",", json.EnumerateArray().Select(Shape)) + "]",
        _ => json.ValueKind.ToString(),
    };

    private static IEnumerable<JsonElement> Objects(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(p => Objects(p.Value)).Prepend(json),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Objects),
        _ => [],
    };
}
