using System.Collections.Immutable;

namespace Sallyport.Gateway.Configuration;

/// <summary>One protected PostgreSQL database and how the gateway itself signs in to it.</summary>
public sealed record TargetConfiguration
{
    /// <summary>What clients give as <c>dbname</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Host name or IP address (without brackets).</summary>
    public required string Host { get; init; }

    public required int Port { get; init; }

    /// <summary>The database's name at the server.</summary>
    public required string Database { get; init; }

    public required TargetTls Tls { get; init; }

    /// <summary>PEM file of the authorities that may vouch for the server; null for the machine's own.</summary>
    public string? AuthorityFile { get; init; }

    public required string User { get; init; }

    /// <summary>Null where the server asks for no password (peer or trust authentication).</summary>
    public SecretSource? Password { get; init; }

    /// <summary>Which keys a session at this target needs.</summary>
    public TargetMode Mode { get; init; }

    /// <summary>How each session gets a role of its own; null where all sign in as <see cref="User"/>.</summary>
    public TemporaryRolesConfiguration? TemporaryRoles { get; init; }

    /// <summary>Limit for connecting and signing in.</summary>
    public required TimeSpan ConnectTimeout { get; init; }
}

/// <summary>What the role of one session may do, and who gets what it leaves behind.</summary>
/// <param name="MemberOf">Roles of the target whose rights it has.</param>
/// <param name="FromGrants">Whether it also has the rights on tables and columns that the session's grants cover.</param>
/// <param name="ReassignTo">The role that gets what it owned; null to drop that.</param>
public sealed record TemporaryRolesConfiguration(ImmutableArray<string> MemberOf, bool FromGrants, string? ReassignTo)
{
    public bool Equals(TemporaryRolesConfiguration? other) =>
        other is not null && MemberOf.SequenceEqual(other.MemberOf) && FromGrants == other.FromGrants && ReassignTo == other.ReassignTo;

    public override int GetHashCode() => HashCode.Combine(MemberOf.Length, FromGrants, ReassignTo);
}

/// <summary>What keeps PHI from leaving.</summary>
public enum TargetMode
{
    /// <summary>The lineage of every statement.</summary>
    Lineage,

    /// <summary>And the rights of the gateway's own role, which must be unable to read PHI by itself.</summary>
    Floor,
}

/// <summary>How the connection to a target is protected, named as libpq's <c>sslmode</c>.</summary>
public enum TargetTls
{
    Disable,
    Require,
    VerifyCa,
    VerifyFull,
}
