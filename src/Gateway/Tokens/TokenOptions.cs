using System.Collections.Immutable;

namespace Sallyport.Gateway.Tokens;

/// <summary>What the gateway's own tokens are like, and who gets them (section <c>tokens:</c>).</summary>
public sealed record TokenOptions
{
    /// <summary>No token of the gateway lives longer.</summary>
    public static readonly TimeSpan MaxLifetime = TimeSpan.FromHours(1);

    /// <summary>Life of a token where the request does not ask for another.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The longest life a request may ask for; at most <see cref="MaxLifetime"/>.</summary>
    public TimeSpan LongestLifetime { get; init; } = MaxLifetime;

    /// <summary>Life of a run from its first token on: no token of it, renewed however often, lives longer.</summary>
    public TimeSpan RunLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Whether a run ends with the token it was begun with.</summary>
    public bool IsWithinSubject { get; init; }

    /// <summary>Age at which a signing key is replaced.</summary>
    public TimeSpan KeyRotation { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Who may act for whom; what none permits is refused.</summary>
    public ImmutableArray<Delegation> Delegations { get; init; } = [];
}
