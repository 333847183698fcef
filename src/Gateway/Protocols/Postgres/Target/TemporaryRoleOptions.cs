using System.Collections.Immutable;

namespace Sallyport.Gateway.Protocols.Postgres.Target;

/// <summary>What the role of one session may do, and who gets what it leaves behind.</summary>
public sealed record TemporaryRoleOptions
{
    /// <summary>Roles of the target whose rights every session has.</summary>
    public ImmutableArray<string> MemberOf { get; init; } = [];

    /// <summary>Whether a session also gets the rights on tables and columns that its grants cover, and no others.</summary>
    public bool FromGrants { get; init; }

    /// <summary>Owner of what a session made, once it is over; null to drop it with the role.</summary>
    public string? ReassignTo { get; init; }
}
