using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>What would become of a statement.</summary>
[JsonConverter(typeof(LowercaseEnumConverter<ExplainedDecision>))]
public enum ExplainedDecision
{
    /// <summary>It would run, its rows masked as the columns say.</summary>
    Allow,

    /// <summary>It would wait for a person.</summary>
    Ask,

    /// <summary>It would be refused.</summary>
    Deny,

    /// <summary>The target's own parser does not accept it.</summary>
    Error,
}

/// <summary>Statements to be explained, not run.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ExplainRequest
{
    /// <summary>Up to <see cref="ApiLimits.MaxExplainedStatements"/> statements.</summary>
    public required string Sql { get; init; }

    /// <summary>The session's <c>search_path</c>; absent for the target's own.</summary>
    public string? SearchPath { get; init; }

    /// <summary>For whom to judge; absent for the caller. Others only for operators.</summary>
    public ExplainFor? As { get; init; }
}

/// <summary>Somebody as they would sign in, described by an operator.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ExplainFor
{
    /// <summary>Program or person.</summary>
    public required CallerKind Kind { get; init; }

    /// <summary>Client id of an agent, subject of a person.</summary>
    public required string Name { get; init; }

    /// <summary>The groups their token would have.</summary>
    public IReadOnlyList<string> Groups { get => field ?? []; init; }

    /// <summary>The issuer of their token; absent for the caller's own.</summary>
    public string? Issuer { get; init; }
}

/// <summary>How statements would be judged and masked.</summary>
/// <param name="Target">The protected system.</param>
/// <param name="Policy">Hash of the policy that judged.</param>
/// <param name="Statements">One for each statement, in order.</param>
public sealed record ExplanationResource(string Target, string Policy, IReadOnlyList<StatementExplanationResource> Statements);

/// <summary>How one statement would be judged and masked. It has not run.</summary>
public sealed record StatementExplanationResource
{
    /// <summary>The statement with every literal replaced by a typed placeholder.</summary>
    public required string Template { get; init; }

    /// <summary>What would become of it.</summary>
    public required ExplainedDecision Decision { get; init; }

    /// <summary>The rule, grant or check that decides; empty for an error.</summary>
    public string Rule { get => field ?? ""; init; }

    /// <summary>Why it is refused or asked about, or the server's own words; may be empty.</summary>
    public string Reason { get => field ?? ""; init; }

    /// <summary>What to write or do instead; may be empty.</summary>
    public string Remedy { get => field ?? ""; init; }

    /// <summary>The server's error code.</summary>
    public string? SqlState { get; init; }

    /// <summary>Groups whose members decide.</summary>
    public IReadOnlyList<string> Approvers { get => field ?? []; init; }

    /// <summary><c>session</c>, <c>read</c>, <c>write</c>, <c>ddl</c> or <c>admin</c>; empty when it is not known.</summary>
    public string Class { get => field ?? ""; init; }

    /// <summary>What it does, e.g. <c>update</c>, <c>unbounded</c>.</summary>
    public IReadOnlyList<string> Effects { get => field ?? []; init; }

    /// <summary>Relations it touches, views expanded.</summary>
    public IReadOnlyList<RelationResource> Relations { get => field ?? []; init; }

    /// <summary>Functions it calls that are not the server's own.</summary>
    public IReadOnlyList<string> Functions { get => field ?? []; init; }

    /// <summary>Columns of its result, or of the query inside a utility statement.</summary>
    public IReadOnlyList<ExplainedColumnResource> Columns { get => field ?? []; init; }

    /// <summary>What it tells about tagged columns without showing them.</summary>
    public IReadOnlyList<InferenceResource> Inferences { get => field ?? []; init; }
}

/// <summary>One column of a result.</summary>
public sealed record ExplainedColumnResource
{
    /// <summary>Its name; absent where it only exists inside.</summary>
    public string? Name { get; init; }

    /// <summary>What is done to its values: the mask's name, <c>constant</c> for computed ones; absent when they come back as they are.</summary>
    public string? Mask { get; init; }

    /// <summary>Its PHI class.</summary>
    public string? Tag { get; init; }

    /// <summary>The stored tagged column it is or comes from, as <c>schema.table.column</c>.</summary>
    public string? Source { get; init; }

    /// <summary>Why.</summary>
    public string Reason { get => field ?? ""; init; }
}

/// <summary>Something a statement tells about a tagged column although no value of it is shown.</summary>
/// <param name="Column">The stored column, as <c>schema.table.column</c>.</param>
/// <param name="Tag">Its PHI class.</param>
/// <param name="Kind"><c>equality</c>, <c>search</c>, <c>presence</c>, <c>grouping</c> or <c>order</c>.</param>
/// <param name="Values">With how many values of the statement it is compared.</param>
public sealed record InferenceResource(string Column, string Tag, string Kind, int Values);
