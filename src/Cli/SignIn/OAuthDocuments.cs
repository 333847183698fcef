using System.Text.Json.Serialization;

namespace Sallyport.Cli.SignIn;

/// <summary>What is used of an issuer's metadata (RFC 8414, OpenID Connect Discovery 1.0, RFC 8628 section 4).</summary>
internal sealed record IssuerDocument
{
    [JsonPropertyName("issuer")]
    public string? Issuer { get; init; }

    [JsonPropertyName("token_endpoint")]
    public string? TokenEndpoint { get; init; }

    [JsonPropertyName("device_authorization_endpoint")]
    public string? DeviceAuthorizationEndpoint { get; init; }

    [JsonPropertyName("token_endpoint_auth_methods_supported")]
    public IReadOnlyList<string>? AuthenticationMethods { get; init; }
}

/// <summary>A token endpoint's answer, good or bad (RFC 6749 sections 5.1 and 5.2).</summary>
internal sealed record TokenDocument
{
    [JsonPropertyName("access_token")]
    public string? AccessToken { get; init; }

    [JsonPropertyName("token_type")]
    public string? TokenType { get; init; }

    [JsonPropertyName("expires_in")]
    [JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
    public long? ExpiresInSeconds { get; init; }

    [JsonPropertyName("refresh_token")]
    public string? RefreshToken { get; init; }

    [JsonPropertyName("scope")]
    public string? Scope { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }

    [JsonPropertyName("error_description")]
    public string? ErrorDescription { get; init; }

    /// <summary>The gateway's own code for a refusal.</summary>
    [JsonPropertyName("reason")]
    public string? Reason { get; init; }

    /// <summary>The run a token of the gateway belongs to.</summary>
    [JsonPropertyName("run_id")]
    public string? RunId { get; init; }
}

/// <summary>A device authorization endpoint's answer (RFC 8628 section 3.2).</summary>
internal sealed record DeviceDocument
{
    [JsonPropertyName("device_code")]
    public string? DeviceCode { get; init; }

    [JsonPropertyName("user_code")]
    public string? UserCode { get; init; }

    [JsonPropertyName("verification_uri")]
    public string? VerificationUri { get; init; }

    [JsonPropertyName("verification_uri_complete")]
    public string? VerificationUriComplete { get; init; }

    [JsonPropertyName("expires_in")]
    public long? ExpiresInSeconds { get; init; }

    [JsonPropertyName("interval")]
    public long? IntervalSeconds { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }

    [JsonPropertyName("error_description")]
    public string? ErrorDescription { get; init; }
}

[JsonSourceGenerationOptions]
[JsonSerializable(typeof(IssuerDocument))]
[JsonSerializable(typeof(TokenDocument))]
[JsonSerializable(typeof(DeviceDocument))]
internal sealed partial class OAuthJson : JsonSerializerContext;
