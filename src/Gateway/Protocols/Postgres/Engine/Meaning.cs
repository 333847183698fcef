using System.Collections.Immutable;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What a statement was found to mean.</summary>
internal sealed record Meaning
{
    public static readonly Meaning Plain = new();

    public StatementAnalysis? Analysis { get; init; }

    /// <summary>The meaning of the query inside or behind a utility statement.</summary>
    public StatementAnalysis? Inner { get; init; }

    /// <summary>The columns of that query.</summary>
    public FieldType[] InnerFields { get; init; } = [];

    /// <summary>Hash of the tree of that query.</summary>
    public UInt128 DumpHash { get; init; }

    /// <summary>The utility statement returns that query's rows (FETCH, EXECUTE).</summary>
    public bool ReturnsInner { get; init; }

    /// <summary>The rows come from a cursor that is open: what it may do was decided when it was declared.</summary>
    public NamedQuery? Cursor { get; init; }

    /// <summary>A COPY TO STDOUT whose rows have to be masked.</summary>
    public bool IsCopyToMask { get; init; }

    public Refusal? Refusal { get; init; }

    /// <summary>The server's own error about an inner query.</summary>
    public byte[]? Error { get; init; }

    public ImmutableArray<RelationUse> Relations { get; init; } = [];

    public bool TouchesPhi { get; init; }

    /// <summary>The query the statement does something with.</summary>
    public StatementAnalysis? Query => Analysis ?? Inner;

    /// <summary>What the rows of the statement are, or null when it returns none that hold stored values.</summary>
    public StatementAnalysis? Rows => Analysis ?? (ReturnsInner ? Inner : null);

    public static Meaning Refuse(string rule, string reason, string remedy) => new() { Refusal = new Refusal(rule, reason, remedy) };

    /// <summary>The outer statement returns other columns than the inner query, or none.</summary>
    public Meaning WithoutOutputs() => Analysis is null
        ? this
        : this with { Analysis = null, Inner = Analysis };
}
