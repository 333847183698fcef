using System.Collections.Immutable;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>Objects of the target database that a statement uses and the catalogue does not know, by OID.</summary>
public sealed record MissingFacts(ImmutableArray<uint> Relations, ImmutableArray<uint> Functions, ImmutableArray<uint> Operators);
