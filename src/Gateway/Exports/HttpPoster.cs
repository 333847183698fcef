using System.Net.Http.Headers;
using System.Security.Authentication;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>Posts batches. An answer of 2xx is the receiver's word that it has them.</summary>
internal sealed class HttpPoster(ExportConfiguration export) : IDisposable
{
    /// <summary>Longest answer that is read, where one is.</summary>
    public const int MaxAnswerBytes = 1 << 20;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ConnectionLife = TimeSpan.FromMinutes(5);

    private HttpClient? _client;

    /// <summary>An address below another one.</summary>
    public static Uri Below(Uri address, string path) => new(address.AbsoluteUri.EndsWith('/') ? address : new Uri(address.AbsoluteUri + "/"), path);

    /// <summary>Does not read the answer's body.</summary>
    /// <exception cref="ExportFailedException">The receiver did not take it.</exception>
    public async Task PostAsync(Uri address, byte[] body, string mediaType, Action<HttpRequestHeaders> addHeaders, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(address, body, mediaType, addHeaders, cancellationToken);
    }

    /// <summary>As <see cref="PostAsync"/>, and reads the answer.</summary>
    /// <exception cref="ExportFailedException">The receiver did not take it, or its answer is too long.</exception>
    public async Task<byte[]> PostForAnswerAsync(Uri address, byte[] body, string mediaType, Action<HttpRequestHeaders> addHeaders, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(address, body, mediaType, addHeaders, cancellationToken);
        var buffer = new byte[MaxAnswerBytes + 1];
        try
        {
            await using var answer = await response.Content.ReadAsStreamAsync(cancellationToken);
            var length = await answer.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            return length <= MaxAnswerBytes ? buffer[..length] : throw new ExportFailedException("answer");
        }
        catch (IOException problem)
        {
            throw new ExportFailedException("closed", problem);
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

    private async Task<HttpResponseMessage> SendAsync(Uri address, byte[] body, string mediaType, Action<HttpRequestHeaders> addHeaders, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(mediaType, "utf-8");
        addHeaders(request.Headers);
        _client ??= Connect();
        try
        {
            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }
            response.Dispose();
            throw new ExportFailedException($"status-{(int)response.StatusCode}");
        }
        catch (HttpRequestException problem)
        {
            throw new ExportFailedException(problem.InnerException is AuthenticationException ? "certificate" : "unreachable", problem);
        }
    }

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
