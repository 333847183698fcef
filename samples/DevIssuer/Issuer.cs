using Microsoft.AspNetCore.Http.HttpResults;

namespace Sallyport.DevIssuer;

/// <summary>
/// The demo's OpenID issuer: discovery, keys, client credentials for agents, a device flow whose page is one button per
/// person, and token exchange (RFC 8693) for an agent that acts for a person. One ES256 key, made at start.
/// </summary>
internal sealed class Issuer : IDisposable
{
    private const string ClientCredentials = "client_credentials";
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
    private const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const int LifetimeSeconds = 3600;
    private const int PollSeconds = 1;

    private readonly string _url;
    private readonly TokenSigner _signer;
    private readonly DeviceCodes _devices;

    public Issuer(string url, TimeProvider time)
    {
        _url = url;
        _signer = new TokenSigner(url, TimeSpan.FromSeconds(LifetimeSeconds), time);
        _devices = new DeviceCodes(time);
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/.well-known/openid-configuration", () => TypedResults.Json(Discovery()));
        routes.MapGet("/jwks", () => TypedResults.Json(_signer.Keys()));
        routes.MapPost("/token", TokenAsync);
        routes.MapPost("/device/auth", StartDeviceAsync);
        routes.MapGet("/device", (string user_code) => TypedResults.Text(DevicePage.Ask(user_code), "text/html"));
        routes.MapPost("/device", ConfirmDeviceAsync);
    }

    public void Dispose() => _signer.Dispose();

    private Dictionary<string, object> Discovery() => new(StringComparer.Ordinal)
    {
        ["issuer"] = _url,
        ["jwks_uri"] = _url + "/jwks",
        ["token_endpoint"] = _url + "/token",
        ["device_authorization_endpoint"] = _url + "/device/auth",
        ["authorization_endpoint"] = _url + "/not-offered",
        ["grant_types_supported"] = new[] { ClientCredentials, DeviceGrant, TokenExchange },
        ["response_types_supported"] = new[] { "none" },
        ["subject_types_supported"] = new[] { "public" },
        ["id_token_signing_alg_values_supported"] = new[] { TokenSigner.Algorithm },
        ["token_endpoint_auth_methods_supported"] = new[] { "client_secret_basic", "client_secret_post", "none" },
    };

    private async Task<JsonHttpResult<Dictionary<string, object>>> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var clientId = ClientOf(request, form);
        return form["grant_type"].ToString() switch
        {
            ClientCredentials => Directory.Agents.TryGetValue(clientId, out var groups)
                ? Token(new Claims(clientId, clientId, groups) { RunId = form["run_id"].ToString() })
                : Refused("invalid_client"),
            DeviceGrant => Device(form["device_code"].ToString(), clientId),
            TokenExchange => Exchange(form["subject_token"].ToString(), clientId, form["run_id"].ToString()),
            _ => Refused("unsupported_grant_type"),
        };
    }

    private JsonHttpResult<Dictionary<string, object>> Device(string code, string clientId) => _devices.Poll(code) switch
    {
        (true, { } person) => Token(new Claims(person, clientId, Directory.People[person])),
        (true, null) => Refused("authorization_pending"),
        _ => Refused("expired_token"),
    };

    private JsonHttpResult<Dictionary<string, object>> Exchange(string subjectToken, string clientId, string runId)
    {
        if (!Directory.Agents.TryGetValue(clientId, out var groups))
        {
            return Refused("invalid_client");
        }

        var person = _signer.SubjectOf(subjectToken);
        return person is null || !Directory.People.ContainsKey(person)
            ? Refused("invalid_grant")
            : Token(new Claims(person, clientId, groups) { Actor = clientId, RunId = runId });
    }

    private async Task<JsonHttpResult<Dictionary<string, object>>> StartDeviceAsync(HttpRequest request)
    {
        await request.ReadFormAsync();
        var (code, userCode) = _devices.Start();
        return code is null
            ? Refused("slow_down")
            : TypedResults.Json(new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["device_code"] = code,
                ["user_code"] = userCode,
                ["verification_uri"] = _url + "/device",
                ["verification_uri_complete"] = $"{_url}/device?user_code={userCode}",
                ["expires_in"] = (int)DeviceCodes.Lifetime.TotalSeconds,
                ["interval"] = PollSeconds,
            });
    }

    private async Task<ContentHttpResult> ConfirmDeviceAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        var person = form["person"].ToString();
        var known = Directory.People.ContainsKey(person) && _devices.Confirm(form["user_code"].ToString(), person);
        return TypedResults.Text(known ? DevicePage.Done(person) : DevicePage.Unknown(), "text/html", statusCode: known ? 200 : 400);
    }

    private JsonHttpResult<Dictionary<string, object>> Token(Claims claims) => TypedResults.Json(new Dictionary<string, object>(StringComparer.Ordinal)
    {
        ["access_token"] = _signer.Sign(claims),
        ["token_type"] = "Bearer",
        ["expires_in"] = LifetimeSeconds,
    });

    private static JsonHttpResult<Dictionary<string, object>> Refused(string error) =>
        TypedResults.Json(new Dictionary<string, object>(StringComparer.Ordinal) { ["error"] = error }, statusCode: 400);

    /// <summary>The client's id, from HTTP Basic or from the form. Secrets are not looked at: this issuer has none.</summary>
    private static string ClientOf(HttpRequest request, IFormCollection form)
    {
        const string Basic = "Basic ";
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Basic, StringComparison.OrdinalIgnoreCase))
        {
            return form["client_id"].ToString();
        }

        Span<byte> bytes = stackalloc byte[512];
        return Convert.TryFromBase64String(header[Basic.Length..], bytes, out var written)
            ? Uri.UnescapeDataString(System.Text.Encoding.UTF8.GetString(bytes[..written]).Split(':')[0])
            : "";
    }
}

/// <summary>What a token says.</summary>
internal sealed record Claims(string Subject, string ClientId, string[] Groups)
{
    /// <summary>The program that acts for the subject, or null.</summary>
    public string? Actor { get; init; }

    /// <summary>The task the token is for, or empty.</summary>
    public string RunId { get; init; } = "";
}
