using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>Opens one target to some principals, for some classes of command, within some schemas or tables and some time.</summary>
public sealed record Grant
{
    /// <summary>Unique within the configuration, or <c>gr_...</c> for one that was asked for; verdicts cite it as <c>grant:NAME</c>.</summary>
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

    /// <summary>Tagged columns whose stored values come back as they are where the holder only reads, as <c>schema.table.column</c>.</summary>
    public ImmutableArray<string> Unmasked { get; init; } = [];

    /// <summary>Tagged columns the grant leaves out: it opens no command that reads or writes one of them.</summary>
    public ImmutableArray<string> Never { get; init; } = [];

    public GrantOrigin Origin { get; init; }

    /// <summary>The request it was made for, <c>req_...</c>; empty where nobody had to be asked.</summary>
    public string RequestId { get; init; } = "";

    /// <summary>The one run (<c>run_id</c>) it is for; empty for all of the principal's.</summary>
    public string RunId { get; init; } = "";

    /// <summary>Opaque ids of the people who gave it, or <c>rule:NAME</c>.</summary>
    public ImmutableArray<string> Deciders { get; init; } = [];

    /// <summary>Whether somebody asked for it, so that it is recorded with each use.</summary>
    public bool IsDynamic => Origin != GrantOrigin.Configuration;

    /// <summary>Whether the grant names schemas or tables at all.</summary>
    public bool IsLimited => Schemas.Length > 0 || Tables.Length > 0;

    public bool HoldsAt(DateTimeOffset instant) => (From is null || instant >= From) && (Until is null || instant < Until);
}

/// <summary>Where a grant comes from.</summary>
public enum GrantOrigin
{
    /// <summary>It stands in the configuration.</summary>
    Configuration,

    /// <summary>Somebody asked for it, and those the rules name decided.</summary>
    Request,

    /// <summary>A person opened it in an emergency; somebody else has to look at it afterwards.</summary>
    BreakGlass,
}

public readonly record struct RelationName(string Schema, string Name);
