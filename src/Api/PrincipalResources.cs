using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>Somebody who calls the gateway, as sessions show them.</summary>
public sealed record PrincipalResource
{
    /// <summary>The opaque id used in the ledger, <c>p_...</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Client id of an agent, subject of a person; empty where no session is known.</summary>
    public required string Name { get; init; }

    /// <summary>Program or person; null where no session is known.</summary>
    public CallerKind? Kind { get; init; }

    /// <summary>Who vouches for them.</summary>
    public string Issuer { get => field ?? ""; init; }

    /// <summary>The person an agent acts for, or empty.</summary>
    public string OnBehalfOf { get => field ?? ""; init; }

    /// <summary>When the newest session began.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>All their sessions.</summary>
    public long Sessions { get; init; }

    /// <summary>Those that are live.</summary>
    public long Live { get; init; }

    /// <summary>Since when they are let in no more; null where they are.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>The operator who did that.</summary>
    public string? DisabledBy { get; init; }

    /// <summary>What the operator wrote.</summary>
    public string? DisabledReason { get; init; }
}

/// <summary>Principals: those who are shut out, then the others by their newest session.</summary>
/// <param name="Items">The principals on this page.</param>
/// <param name="More">Whether there are more.</param>
public sealed record PrincipalPage(IReadOnlyList<PrincipalResource> Items, bool More);

/// <summary>An operator's order to shut a principal out, or to let them in again.</summary>
/// <param name="Reason">Why, 1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters; kept, and committed to in the ledger.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record PrincipalRequest(string Reason);
