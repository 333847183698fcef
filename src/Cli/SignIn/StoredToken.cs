using System.Text.Json.Serialization;

namespace Sallyport.Cli.SignIn;

/// <summary>One sign-in as it is kept on disk: the token and what is needed to renew it. The client secret itself is never kept.</summary>
internal sealed record StoredToken
{
    public required string Issuer { get; init; }

    public required string TokenEndpoint { get; init; }

    public required string ClientId { get; init; }

    public required string AccessToken { get; init; }

    public string? RefreshToken { get; init; }

    /// <summary>Null when neither the answer nor the token says.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset ObtainedAt { get; init; }

    public string? Scope { get; init; }

    public string? Audience { get; init; }

    public string? Resource { get; init; }

    /// <summary>How the client proves itself at the token endpoint.</summary>
    public required ClientAuthentication Authentication { get; init; }

    /// <summary>The file the client secret was read from, so that an agent's token can be renewed without a person.</summary>
    public string? ClientSecretFile { get; init; }

    /// <summary>The gateway named at sign-in.</summary>
    public string? Gateway { get; init; }

    /// <summary>Set where the token is the gateway's own, got by exchange.</summary>
    public ExchangeSource? Exchange { get; init; }

    /// <summary>The private authority named at sign-in.</summary>
    public string? Ca { get; init; }

    /// <summary>The sign-in of a machine that has no account at any issuer of ours.</summary>
    public static StoredToken AtGateway(Uri gateway) => new()
    {
        Issuer = gateway.AbsoluteUri.TrimEnd('/'),
        TokenEndpoint = "",
        ClientId = "",
        AccessToken = "",
        ObtainedAt = default,
        Authentication = ClientAuthentication.None,
    };
}

/// <summary>RFC 6749, section 2.3.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClientAuthentication>))]
internal enum ClientAuthentication
{
    /// <summary>A public client: only its id.</summary>
    None,
    SecretBasic,
    SecretPost,
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(StoredToken))]
internal sealed partial class StoredTokenJson : JsonSerializerContext;
