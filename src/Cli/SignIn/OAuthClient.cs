using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sallyport.Cli.Connection;

namespace Sallyport.Cli.SignIn;

/// <summary>Talks to one OAuth 2.0 issuer: metadata, token endpoint, device authorization endpoint.</summary>
internal sealed class OAuthClient(HttpClient http, TimeProvider time)
{
    private const int MaxAnswerBytes = 1024 * 1024;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private static readonly string[] MetadataPaths = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

    /// <summary>Reads the issuer's metadata and checks that it speaks for this issuer.</summary>
    public async Task<IssuerDocument> DiscoverAsync(Uri issuer, CancellationToken cancellationToken)
    {
        var name = issuer.AbsoluteUri.TrimEnd('/');
        foreach (var path in MetadataPaths)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, name + path);
            var (status, document) = await SendAsync(request, OAuthJson.Default.IssuerDocument, cancellationToken);
            if (status == HttpStatusCode.NotFound)
            {
                continue;
            }

            // RFC 8414, section 3.3: otherwise one issuer's metadata could send us to another.
            return document?.Issuer?.TrimEnd('/') == name && SecureUri.TryParse(document.TokenEndpoint, out _)
                ? document
                : throw NotAnIssuer(issuer, "its metadata names another issuer or no usable token endpoint");
        }

        throw NotAnIssuer(issuer, "it publishes no metadata");
    }

    /// <summary>Asks the token endpoint; the answer may be an error document.</summary>
    public async Task<TokenDocument> RequestTokenAsync(
        string endpoint, ClientCredential client, IEnumerable<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        using var request = FormRequest(endpoint, client, form);
        var (status, document) = await SendAsync(request, OAuthJson.Default.TokenDocument, cancellationToken);
        if (document is { Error: { Length: > 0 } } or { AccessToken.Length: > 0 })
        {
            return document;
        }

        throw new CliException(ExitCode.Unreachable, $"The issuer answered {(int)status} without a token and without saying why.", "Ask its operator.");
    }

    /// <summary>Asks for a device code; the answer may be an error document.</summary>
    public async Task<DeviceDocument> RequestDeviceCodeAsync(
        string endpoint, ClientCredential client, IEnumerable<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        using var request = FormRequest(endpoint, client, form);
        var (status, document) = await SendAsync(request, OAuthJson.Default.DeviceDocument, cancellationToken);
        return document ?? throw new CliException(ExitCode.Unreachable, $"The issuer answered {(int)status} without a device code.", "Ask its operator.");
    }

    private static HttpRequestMessage FormRequest(string endpoint, ClientCredential client, IEnumerable<KeyValuePair<string, string>> form)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, SecureUri.Parse(endpoint, "issuer's endpoint"));
        List<KeyValuePair<string, string>> fields = [.. form];
        if (client.Authentication == ClientAuthentication.SecretBasic)
        {
            // RFC 6749, section 2.3.1: both parts are form-encoded before they are joined.
            var pair = $"{WebUtility.UrlEncode(client.Id)}:{WebUtility.UrlEncode(client.Secret)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }
        else
        {
            fields.Add(KeyValuePair.Create("client_id", client.Id));
            if (client.Authentication == ClientAuthentication.SecretPost)
            {
                fields.Add(KeyValuePair.Create("client_secret", client.Secret ?? ""));
            }
        }

        request.Content = new FormUrlEncodedContent(fields);
        return request;
    }

    private async Task<(HttpStatusCode Status, T? Document)> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var timer = new CancellationTokenSource(RequestTimeout, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            request.Headers.Accept.ParseAdd("application/json");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, stop.Token);
            var isJson = response.Content.Headers.ContentType?.MediaType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true;
            return (response.StatusCode, isJson ? JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(stop.Token), type) : null);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IssuerUnreachableException($"The issuer {request.RequestUri?.Authority} did not answer in time.", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new IssuerUnreachableException($"The issuer {request.RequestUri?.Authority} cannot be reached: {exception.GetBaseException().Message}", exception);
        }
        catch (JsonException exception)
        {
            // The reason is left out: it may quote the answer.
            throw new CliException(ExitCode.Unreachable, "The issuer's answer is not valid JSON of its kind.", "Check --issuer.", exception);
        }
    }

    private static CliException NotAnIssuer(Uri issuer, string why) =>
        new(ExitCode.Unreachable, $"{issuer} is not a usable issuer: {why}.", "Check --issuer; it must be written exactly as the issuer writes itself.");
}

/// <summary>How this program proves itself to the issuer.</summary>
internal sealed record ClientCredential(string Id, ClientAuthentication Authentication, string? Secret)
{
    /// <summary>Keeps the secret out of anything that prints records.</summary>
    public override string ToString() => $"{Id} ({Authentication})";
}

/// <summary>The issuer gave no answer at all; a poll may try again.</summary>
internal sealed class IssuerUnreachableException(string message, Exception innerException)
    : CliException(Cli.ExitCode.Unreachable, message, "Check --issuer and the network, then try again.", innerException);
