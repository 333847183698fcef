namespace Sallyport.Gateway.Budgets;

/// <summary>What one execution of a command would try out. Lives in memory for the moment of the check; its values are kept as keyed hashes only.</summary>
/// <param name="Risk">What its failure would tell.</param>
/// <param name="Comparisons">The tagged columns it compares with values it brings along.</param>
/// <param name="Trial">What it tells by not failing; null when that is nothing.</param>
public sealed record Attempt(FailureRisk Risk, IReadOnlyList<Comparison> Comparisons, Trial? Trial = null);

/// <summary>One tagged column and the values it is compared with.</summary>
/// <param name="Column">The stored column, <c>schema.table.column</c>.</param>
/// <param name="IsSearch">By LIKE, a range, containment: a prefix of the value is enough to match.</param>
/// <param name="Values">Each value once per place it stands at; null when they cannot be counted.</param>
public sealed record Comparison(string Column, bool IsSearch, IReadOnlyList<TriedValue>? Values);

/// <summary>One value.</summary>
/// <param name="Bytes">As the client or the query tree spells it.</param>
/// <param name="Form">Tells spellings apart: the same bytes in another form are another value.</param>
public readonly record struct TriedValue(ReadOnlyMemory<byte> Bytes, int Form);
