using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>Opens one target to some principals, for some classes of command, within some schemas or tables and some time.</summary>
public sealed record Grant
{
    /// <summary>Unique within the configuration; verdicts cite it as <c>grant:NAME</c>.</summary>
    public required string Name { get; init; }

    public required string Target { get; init; }

    /// <summary>Members of any of these groups have the grant.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>These principals have the grant too.</summary>
    public ImmutableArray<PrincipalMatch> Principals { get; init; } = [];

    /// <summary>Classes of command the grant opens: <see cref="CommandClass.Read"/>, <see cref="CommandClass.Write"/>, <see cref="CommandClass.Ddl"/>.</summary>
    public required ImmutableArray<CommandClass> Allow { get; init; }

    /// <summary>Whole schemas the grant opens. With no schema and no table it opens the whole database.</summary>
    public ImmutableArray<string> Schemas { get; init; } = [];

    /// <summary>Single relations the grant opens, beside <see cref="Schemas"/>.</summary>
    public ImmutableArray<RelationName> Tables { get; init; } = [];

    /// <summary>First instant at which the grant holds; null for always.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>First instant at which the grant no longer holds; null for never.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Whether the grant names schemas or tables at all.</summary>
    public bool IsLimited => Schemas.Length > 0 || Tables.Length > 0;

    public bool HoldsAt(DateTimeOffset instant) => (From is null || instant >= From) && (Until is null || instant < Until);
}

public readonly record struct RelationName(string Schema, string Name);
