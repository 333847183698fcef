using System.Net.Http.Headers;
using System.Security.Authentication;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>Posts batches. An answer of 2xx is the receiver's word that it has them; its body is not read.</summary>
internal sealed class HttpPoster(ExportConfiguration export) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);

    private HttpClient? _client;

    /// <exception cref="ExportFailedException">The receiver did not take it.</exception>
    public async Task PostAsync(Uri address, byte[] body, string mediaType, Action<HttpRequestHeaders> addHeaders, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType, "utf-8");
        addHeaders(request.Headers);
        _client ??= Connect();
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw new ExportFailedException($"status-{(int)response.StatusCode}");
            }
        }
        catch (HttpRequestException problem)
        {
            throw new ExportFailedException(problem.InnerException is AuthenticationException ? "certificate" : "unreachable", problem);
        }
    }

    /// <summary>The export's secret.</summary>
    /// <exception cref="ExportFailedException">It is not there now.</exception>
    public string Secret()
    {
        try
        {
            return export.Secret!.Read();
        }
        catch (InvalidOperationException problem)
        {
            throw new ExportFailedException("no-secret", problem);
        }
    }

    public void Dispose() => _client?.Dispose();

    /// <summary>Made for the first batch, so that a file that is no good fails batches and not the gateway.</summary>
    private HttpClient Connect()
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect could lead records anywhere.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLife,
            MaxConnectionsPerServer = 1,
            SslOptions = ExportCertificates.Options(export.Tls, export.Url!.IdnHost),
        };
        return new HttpClient(handler, disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
