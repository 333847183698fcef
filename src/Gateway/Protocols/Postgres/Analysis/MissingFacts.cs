using System.Collections.Immutable;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>Objects of the target database that a statement uses and the catalogue does not know (or not freshly), by OID.</summary>
public sealed record MissingFacts(ImmutableArray<uint> Relations, ImmutableArray<uint> Functions, ImmutableArray<uint> Operators)
{
    /// <summary>Whether a tagged column is a partition key anywhere: then partition bounds in the system catalogue are PHI.</summary>
    public bool PartitionKeys { get; init; }

    /// <summary>Data types to be read with everything they are made of.</summary>
    public ImmutableArray<uint> Types { get; init; } = [];
}
