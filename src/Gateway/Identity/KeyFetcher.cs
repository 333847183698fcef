using System.Text;
using System.Text.Json;

namespace Sallyport.Gateway.Identity;

/// <summary>Gets an issuer's keys from a file, a JWKS address, or by OpenID Connect Discovery 1.0. Everything is limited in size and time.</summary>
internal sealed class KeyFetcher : IDisposable
{
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient _client;

    /// <param name="handler">What carries the requests; null for the network.</param>
    public KeyFetcher(HttpMessageHandler? handler)
    {
        // A redirect could lead from a trusted https address to anywhere, so none is followed.
        _client = new HttpClient(handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = RequestTimeout,
            MaxResponseContentBufferSize = KeySet.MaxDocumentBytes,
        };
    }

    /// <exception cref="InvalidDataException">What came is no key set of this issuer.</exception>
    /// <exception cref="HttpRequestException">The issuer did not answer well.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The issuer did not answer in time.</exception>
    public async Task<KeySet> FetchAsync(IssuerOptions issuer)
    {
        // ConfigureAwait(false) throughout: the fetch is shared, so it must not depend on the context of the session that began it.
        if (issuer.KeysFile is not null)
        {
            return KeySet.Parse(await ReadFileAsync(issuer.KeysFile).ConfigureAwait(false));
        }
        var address = issuer.KeysAddress ?? await DiscoverAsync(issuer.Issuer).ConfigureAwait(false);
        return KeySet.Parse(await GetAsync(address).ConfigureAwait(false));
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Keys must come over TLS; only this machine itself is trusted without.</summary>
    public static bool IsSafe(Uri address) =>
        address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    private async Task<Uri> DiscoverAsync(string issuer)
    {
        var json = await GetAsync(new Uri(issuer.TrimEnd('/') + "/.well-known/openid-configuration")).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(json);
            // Discovery 1.0 section 4.3: the document must name the issuer it was asked for.
            if (TextOf(document, "issuer") != issuer)
            {
                throw new InvalidDataException("the discovery document names another issuer");
            }
            return Uri.TryCreate(TextOf(document, "jwks_uri"), UriKind.Absolute, out var address)
                ? address
                : throw new InvalidDataException("the discovery document has no jwks_uri");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException("the discovery document is not JSON", problem);
        }
    }

    private static string? TextOf(JsonDocument document, string name) =>
        document.RootElement.ValueKind == JsonValueKind.Object
        && document.RootElement.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private async Task<string> GetAsync(Uri address)
    {
        if (!IsSafe(address))
        {
            throw new InvalidDataException("keys are fetched by https only");
        }
        using var response = await _client.GetAsync(address).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"status {(int)response.StatusCode}");
        }
        return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false));
    }

    private static async Task<string> ReadFileAsync(string path)
    {
        var buffer = new byte[KeySet.MaxDocumentBytes + 1];
        using var file = File.OpenRead(path);
        var length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false).ConfigureAwait(false);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
