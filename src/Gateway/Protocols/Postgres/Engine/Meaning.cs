using System.Collections.Immutable;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What a statement was found to mean.</summary>
internal sealed record Meaning
{
    public static readonly Meaning Plain = new();

    public StatementAnalysis? Analysis { get; init; }

    /// <summary>The meaning of the query inside a utility statement, whose own columns are others.</summary>
    public StatementAnalysis? Inner { get; init; }

    public Refusal? Refusal { get; init; }

    /// <summary>The server's own error about an inner query.</summary>
    public byte[]? Error { get; init; }

    public ImmutableArray<RelationUse> Relations { get; init; } = [];

    public bool TouchesPhi { get; init; }

    public static Meaning Refuse(string rule, string reason, string remedy) => new() { Refusal = new Refusal(rule, reason, remedy) };

    /// <summary>The outer statement returns other columns than the inner query, or none.</summary>
    public Meaning WithoutOutputs() => Analysis is null
        ? this
        : this with { Analysis = null, Inner = Analysis };
}
