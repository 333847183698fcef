using System.Globalization;
using System.Text;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Server.Notifications;

/// <summary>A notification as a mail (RFC 5322). Headers hold nothing that a caller chose; the body is base64, so nothing in it can look like one.</summary>
internal static class MailMessage
{
    private const int LineChars = 76;
    private const string LineEnd = "\r\n";

    public static string Compose(Notification notification, MailConfiguration mail)
    {
        var domain = mail.From[(mail.From.IndexOf('@', StringComparison.Ordinal) + 1)..];
        var message = new StringBuilder();
        Header("From", mail.From);
        Header("To", string.Join("," + LineEnd + " ", mail.To));
        Header("Subject", $"Sallyport: {notification.EventName} {notification.About}");
        Header("Date", notification.At.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture));
        Header("Message-ID", $"<{notification.Id}@{domain}>");
        // RFC 3834: nobody's vacation notice answers it.
        Header("Auto-Submitted", "auto-generated");
        Header("MIME-Version", "1.0");
        Header("Content-Type", "text/plain; charset=utf-8");
        Header("Content-Transfer-Encoding", "base64");
        message.Append(LineEnd);
        var body = Convert.ToBase64String(Encoding.UTF8.GetBytes(Body(notification)));
        for (var at = 0; at < body.Length; at += LineChars)
        {
            message.Append(body.AsSpan(at, Math.Min(LineChars, body.Length - at))).Append(LineEnd);
        }
        return message.ToString();

        void Header(string name, string value) => message.Append(name).Append(": ").Append(value).Append(LineEnd);
    }

    private static string Body(Notification notification)
    {
        var facts = ChatMessages.Facts(notification).Select(fact => $"  {fact.Name}: {fact.Value}{LineEnd}");
        return $"{notification.Headline}{LineEnd}{LineEnd}{string.Concat(facts)}{LineEnd}{notification.Link.AbsoluteUri}{LineEnd}";
    }
}
