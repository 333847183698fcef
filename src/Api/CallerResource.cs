using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>Whether a program or a person calls.</summary>
[JsonConverter(typeof(LowercaseEnumConverter<CallerKind>))]
public enum CallerKind
{
    /// <summary>A program; it may never approve anything.</summary>
    Agent,

    /// <summary>A person.</summary>
    Human,
}

/// <summary>Who the bearer token says is calling, and what that caller may do with this API.</summary>
public sealed record CallerResource
{
    /// <summary>The opaque id used in the ledger.</summary>
    public required string Id { get; init; }

    /// <summary>Program or person.</summary>
    public required CallerKind Kind { get; init; }

    /// <summary>The name shown to people.</summary>
    public required string Name { get; init; }

    /// <summary>The token's issuer.</summary>
    public required string Issuer { get; init; }

    /// <summary>The OAuth client, or empty.</summary>
    public string ClientId { get => field ?? ""; init; }

    /// <summary>The person an agent acts for, or empty.</summary>
    public string OnBehalfOf { get => field ?? ""; init; }

    /// <summary>The task this call belongs to, or empty.</summary>
    public string Run { get => field ?? ""; init; }

    /// <summary>Groups the issuer vouches for.</summary>
    public IReadOnlyList<string> Groups { get => field ?? []; init; }

    /// <summary>Roles that follow from the groups: <c>agent</c>, <c>developer</c>, <c>reviewer</c>, <c>operator</c>, <c>auditor</c>.</summary>
    public IReadOnlyList<string> Roles { get => field ?? []; init; }

    /// <summary>When the token ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
