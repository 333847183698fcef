using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>One column the configuration declares as PHI. Names are as stored in the catalogue, not quoted.</summary>
/// <param name="MaskIsConstant">
/// The tag's mask shows nothing of the value (redact, null). Only such a column may be rewritten from its own value
/// (<c>SET name = initcap(name)</c>): a partial mask would show parts of what was computed.
/// </param>
/// <param name="Predicates">How far its values may be used in conditions.</param>
public readonly record struct TaggedColumn(string Schema, string Table, string Column, string Tag, bool MaskIsConstant = false, PredicateLevel Predicates = PredicateLevel.Equality);
