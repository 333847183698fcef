namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>What is remembered of one column of a table with tagged columns, by its numbers, which no renaming changes.</summary>
/// <param name="Relation">OID of the table.</param>
/// <param name="Attribute">Its number in the table.</param>
/// <param name="Origin">The declared column (<c>schema.table.column</c>) that its tag comes from; empty when it was there without a tag, or with one that was worked out.</param>
/// <param name="IsDerived">Its values were computed from tagged ones when they were stored.</param>
public readonly record struct KnownColumn(uint Relation, int Attribute, string Origin, bool IsDerived);

/// <summary>Keeps known columns over restarts of the gateway.</summary>
public interface IKnownColumnStore
{
    /// <param name="target">The target's name.</param>
    /// <param name="database">Which database it was: OIDs of another one mean nothing.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    Task<IReadOnlyList<KnownColumn>> LoadAsync(string target, string database, CancellationToken cancellationToken);

    /// <summary>Adds columns, or replaces what was known of them.</summary>
    Task SaveAsync(string target, string database, IReadOnlyList<KnownColumn> columns, CancellationToken cancellationToken);
}
