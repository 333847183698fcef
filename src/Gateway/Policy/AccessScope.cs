using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>What a request wants to have opened.</summary>
public sealed record AccessScope
{
    /// <summary>Most entries of each list.</summary>
    public const int MaxNames = 50;

    /// <summary>Classes of command: <see cref="CommandClass.Read"/>, <see cref="CommandClass.Write"/>, <see cref="CommandClass.Ddl"/>.</summary>
    public required ImmutableArray<CommandClass> Allow { get; init; }

    /// <summary>Whole schemas. With no schema and no table it is the whole database.</summary>
    public ImmutableArray<string> Schemas { get; init; } = [];

    /// <summary>Single relations, beside <see cref="Schemas"/>.</summary>
    public ImmutableArray<RelationName> Tables { get; init; } = [];

    /// <summary>Tagged columns whose values are to come back as they are, as <c>schema.table.column</c>; given only by rules that list them.</summary>
    public ImmutableArray<string> Unmasked { get; init; } = [];

    /// <summary>Tagged columns to be left out.</summary>
    public ImmutableArray<string> Never { get; init; } = [];

    /// <summary>A table that the scope does not open although a column of it is to be unmasked, or null.</summary>
    public string? HiddenTable => !IsLimited
        ? null
        : Unmasked
            .Select(static column => QualifiedName.TrySplit(column, 3, out var parts) ? new RelationName(parts[0], parts[1]) : default)
            .Where(table => !Schemas.Contains(table.Schema) && !Tables.Contains(table))
            .Select(static table => QualifiedName.Join(table.Schema ?? "", table.Name ?? ""))
            .FirstOrDefault();

    public bool IsLimited => Schemas.Length > 0 || Tables.Length > 0;
}

/// <summary>One request for access before it has an id: what is wanted where, and for how long.</summary>
public sealed record AccessAsk
{
    public required string Target { get; init; }

    public required AccessScope Scope { get; init; }

    /// <summary>When it is to begin; null for as soon as it is given.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>When it is to end; null where <see cref="Length"/> says so.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>How long it is to hold from its begin; becomes an instant when it is given.</summary>
    public TimeSpan? Length { get; init; }

    /// <summary>The instants it would hold between, were it given at <paramref name="now"/>.</summary>
    public (DateTimeOffset From, DateTimeOffset Until) At(DateTimeOffset now)
    {
        var from = From > now ? From.Value : now;
        return (from, Until ?? from + (Length ?? TimeSpan.Zero));
    }
}
