namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>What is known of one operator.</summary>
/// <param name="Function">OID of the function behind it.</param>
/// <param name="ComparesWhole">Equality of whole values by a B-tree or hash operator class, or its negation.</param>
internal readonly record struct OperatorFacts(uint Function, bool ComparesWhole)
{
    /// <summary>When it was read, in ticks of the catalogue's clock.</summary>
    public long ReadAt { get; init; }
}
