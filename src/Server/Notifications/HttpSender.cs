using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Authentication;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;

namespace Sallyport.Server.Notifications;

/// <summary>Posts JSON: to a webhook with a signature (Standard Webhooks 1.0, symmetric), to chat servers as they expect it.</summary>
internal sealed class HttpSender(NotificationConfiguration channel, TimeProvider time) : INotificationSender
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private HttpClient? _client;

    public async Task SendAsync(Notification notification, CancellationToken cancellationToken)
    {
        var client = _client ?? Interlocked.CompareExchange(ref _client, Connect(), comparand: null) ?? _client;
        using var request = Compose(notification);
        try
        {
            // The answer's body is not read: it is the other side's text.
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new NotificationFailedException($"status-{(int)response.StatusCode}", IsFinal(response.StatusCode));
            }
        }
        catch (HttpRequestException problem)
        {
            var code = problem.InnerException is AuthenticationException ? "certificate" : "unreachable";
            throw new NotificationFailedException(code, isFinal: false, problem);
        }
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>Made for the first message, so that a file of authorities that is no good fails messages and not the gateway.</summary>
    private HttpClient Connect()
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect could lead a signed post anywhere.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            MaxConnectionsPerServer = 2,
            MaxResponseDrainSize = 0,
        };
        if (channel.AuthorityFile is { } file)
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustedAuthorities.Of(file) };
        }
        return new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private HttpRequestMessage Compose(Notification notification)
    {
        var body = channel.Kind switch
        {
            NotificationKind.Slack => ChatMessages.Slack(notification),
            NotificationKind.Teams => ChatMessages.Teams(notification),
            _ => WebhookMessage.Body(notification),
        };
        try
        {
            var request = new HttpRequestMessage(HttpMethod.Post, new Uri(channel.Address!.Read())) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            if (channel.Secret is { } secret)
            {
                WebhookSignature.Sign(request.Headers, notification.Id, time.GetUtcNow(), body, secret.Read());
            }
            return request;
        }
        catch (Exception problem) when (problem is InvalidOperationException or UriFormatException)
        {
            throw new NotificationFailedException("no-secret", isFinal: false, problem);
        }
    }

    /// <summary>The other side understood and refuses; what is busy or broken may recover.</summary>
    private static bool IsFinal(HttpStatusCode status) =>
        (int)status is >= 300 and < 500 and not ((int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests);
}
