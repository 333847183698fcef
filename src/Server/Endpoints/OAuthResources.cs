using System.Text.Json.Serialization;
using Sallyport.Gateway.Tokens;

namespace Sallyport.Server.Endpoints;

/// <summary>The gateway's metadata (RFC 8414 section 2; OpenID Connect Discovery 1.0 section 3).</summary>
internal sealed record OAuthMetadataResource
{
    [JsonPropertyName("issuer")]
    public required string Issuer { get; init; }

    [JsonPropertyName("token_endpoint")]
    public required string TokenEndpoint { get; init; }

    [JsonPropertyName("revocation_endpoint")]
    public required string RevocationEndpoint { get; init; }

    [JsonPropertyName("jwks_uri")]
    public required string KeysAddress { get; init; }

    [JsonPropertyName("grant_types_supported")]
    public required IReadOnlyList<string> GrantTypes { get; init; }

    [JsonPropertyName("response_types_supported")]
    public IReadOnlyList<string> ResponseTypes { get; init; } = [];

    [JsonPropertyName("subject_types_supported")]
    public IReadOnlyList<string> SubjectTypes { get; init; } = ["public"];

    [JsonPropertyName("id_token_signing_alg_values_supported")]
    public IReadOnlyList<string> Algorithms { get; init; } = ["ES256"];

    [JsonPropertyName("token_endpoint_auth_methods_supported")]
    public IReadOnlyList<string> ClientAuthentication { get; init; } = ["none"];

    /// <summary>RFC 8705 section 3.3.</summary>
    [JsonPropertyName("tls_client_certificate_bound_access_tokens")]
    public bool BindsToCertificates { get; init; } = true;
}

/// <summary>A token (RFC 8693 section 2.2.1), with the run it belongs to.</summary>
internal sealed record TokenResource
{
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    [JsonPropertyName("issued_token_type")]
    public string IssuedTokenType { get; init; } = ExchangeRequest.AccessTokenType;

    [JsonPropertyName("token_type")]
    public string TokenType { get; init; } = "Bearer";

    [JsonPropertyName("expires_in")]
    public required long ExpiresInSeconds { get; init; }

    [JsonPropertyName("run_id")]
    public string? RunId { get; init; }

    /// <summary>Keeps the token out of anything that prints records.</summary>
    public override string ToString() => $"a token of run {RunId}";
}

/// <summary>A refusal (RFC 6749 section 5.2) with one member more, for programs.</summary>
internal sealed record OAuthErrorResource
{
    [JsonPropertyName("error")]
    public required string Error { get; init; }

    [JsonPropertyName("error_description")]
    public required string Description { get; init; }

    [JsonPropertyName("reason")]
    public required string Reason { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OAuthMetadataResource))]
[JsonSerializable(typeof(TokenResource))]
[JsonSerializable(typeof(OAuthErrorResource))]
internal sealed partial class OAuthJson : JsonSerializerContext;
