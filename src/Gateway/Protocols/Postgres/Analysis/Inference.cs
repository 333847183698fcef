using System.Collections.Immutable;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>What a permitted statement tells about a tagged column without showing it.</summary>
public enum InferenceKind
{
    /// <summary>Compared as a whole with values the statement brings along: <c>=</c>, <c>&lt;&gt;</c>, <c>IN</c>, <c>= ANY</c>.</summary>
    Equality,

    /// <summary>Searched: LIKE, ranges, containment, full text. Only at predicate level <c>search</c>.</summary>
    Search,

    /// <summary>Whether there is a value: <c>IS NULL</c>, <c>count(column)</c>.</summary>
    Presence,

    /// <summary>Which rows hold equal values: joins, GROUP BY, DISTINCT, set operations, windows.</summary>
    Grouping,

    /// <summary>Which value comes first: ORDER BY, <c>min</c> and <c>max</c> by rank.</summary>
    Order,
}

/// <summary>One such inference. Immutable; kept in memory with the analysis, never recorded with its values.</summary>
/// <param name="Column">The stored column, <c>schema.table.column</c>.</param>
/// <param name="Tag">Its PHI class.</param>
/// <param name="Kind">What is told.</param>
/// <param name="Values">The values it is compared with; empty for the kinds that compare with none.</param>
public sealed record Inference(string Column, string Tag, InferenceKind Kind, ImmutableArray<ComparedValue> Values)
{
    /// <summary>Whether <c>lower</c>, <c>upper</c> or the like stands around the column, so that a stored value would not match as it is.</summary>
    public bool IsTransformed { get; init; }
}

/// <summary>One value a tagged column is compared with.</summary>
/// <param name="Parameter">Number of the parameter (<c>$1</c> is 1) that brings it; 0 for a literal.</param>
/// <param name="Literal">The bytes of a literal as the query tree holds them; empty for a parameter.</param>
/// <param name="IsArray">Whether the parameter brings an array of values (<c>= ANY($1)</c>).</param>
public readonly record struct ComparedValue(int Parameter, ReadOnlyMemory<byte> Literal, bool IsArray = false);
