using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>One statement, request or push: the unit that is judged, approved and recorded. Holds no literal and no bind value.</summary>
public sealed record Command
{
    public required string Target { get; init; }

    public required CommandClass Class { get; init; }

    public required Effects Effects { get; init; }

    /// <summary>An UPDATE or DELETE without a condition that reads its target, or a TRUNCATE.</summary>
    public bool Unbounded { get; init; }

    public ImmutableArray<RelationUse> Relations { get; init; } = [];

    /// <summary>Qualified names of called functions that are not PostgreSQL's own.</summary>
    public ImmutableArray<string> Functions { get; init; } = [];

    /// <summary>Tagged columns the command reads or writes, as <c>schema.table.column</c>.</summary>
    public ImmutableArray<string> PhiColumns { get; init; } = [];

    /// <summary>Those of them that it reads as they are stored, by a grant that shows them.</summary>
    public ImmutableArray<UnmaskedColumn> Unmasked { get; init; } = [];

    /// <summary>What its conditions, keys and orders tell about tagged columns.</summary>
    public ImmutableArray<ColumnInference> Inferences { get; init; } = [];

    /// <summary>Whether any relation of the command has a tagged column; such commands lose value-bearing error text.</summary>
    public bool TouchesPhi { get; init; }

    /// <summary>The statement with every literal, comment and unknown word replaced by a typed placeholder.</summary>
    public required string Template { get; init; }
}

/// <summary>What a command does at most. A later class needs its own grant.</summary>
public enum CommandClass
{
    /// <summary>Session and transaction control: needs a session, no further grant.</summary>
    Session,
    Read,
    Write,
    Ddl,
    Admin,
}

/// <summary>Effects a rule can match on. Configuration names are the lower-case, hyphenated member names.</summary>
[Flags]
public enum Effects
{
    None = 0,
    Insert = 1 << 0,
    Update = 1 << 1,
    Delete = 1 << 2,
    Merge = 1 << 3,
    Truncate = 1 << 4,
    Drop = 1 << 5,
    Create = 1 << 6,
    Alter = 1 << 7,
    CopyIn = 1 << 8,
    CopyOut = 1 << 9,
    Lock = 1 << 10,
    Maintenance = 1 << 11,
    Notify = 1 << 12,
    Comment = 1 << 13,
    Explain = 1 << 14,
    Grant = 1 << 15,
}

public enum RelationAccess
{
    Read,
    Write,
}

/// <summary>One relation a command touches, views expanded to what they read.</summary>
/// <param name="Schema">Schema name; empty where the statement did not say and the server cannot be asked (CREATE without a schema).</param>
/// <param name="Indirect">
/// Reached only through a view or rule, with its owner's rights: the caller needs no grant of its own for it, but rules and tags count.
/// </param>
public readonly record struct RelationUse(string Schema, string Name, RelationAccess Access, bool Indirect = false);

/// <summary>What a command tells about a tagged column without showing a value of it.</summary>
/// <param name="Column">The stored column, <c>schema.table.column</c>.</param>
/// <param name="Kind">In kebab case: equality, search, presence, grouping, order.</param>
/// <param name="Values">How many values the statement compares it with, an array parameter counting as one; never the values.</param>
public readonly record struct ColumnInference(string Column, string Kind, int Values);
