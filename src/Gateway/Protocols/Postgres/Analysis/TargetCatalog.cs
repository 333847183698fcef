namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>
/// What the gateway knows about one target database: relations and their tags, functions, operators, keyed by OID. Shared by all sessions of
/// the target; thread-safe.
/// </summary>
public sealed class TargetCatalog
{
    /// <param name="tagged">The columns declared as PHI.</param>
    /// <param name="cleanFunctions">Functions declared free of PHI and side effects, as <c>schema.name(type, type)</c>.</param>
    public TargetCatalog(IEnumerable<TaggedColumn> tagged, IEnumerable<string> cleanFunctions)
    {
        ArgumentNullException.ThrowIfNull(tagged);
        ArgumentNullException.ThrowIfNull(cleanFunctions);
    }

    /// <summary>What to run and load once, in this order, before the first statement of the first session is analysed.</summary>
    public IReadOnlyList<CatalogQuery> Bootstrap { get; } = [];

    /// <summary>Whether every bootstrap query was loaded. Until then every statement is unreadable.</summary>
    public bool IsReady { get; }

    /// <summary>The query that answers <paramref name="missing"/>; run it on the session whose statement needs it.</summary>
    public CatalogQuery QueryFor(MissingFacts missing) => new(CatalogFacts.Objects, "", missing);

    /// <summary>Takes the rows of <paramref name="query"/> in (text format, null for SQL NULL).</summary>
    public void Load(CatalogQuery query, IReadOnlyList<byte[]?[]> rows) => throw new NotSupportedException("The catalogue loads nothing yet.");

    /// <summary>Forgets relation facts after DDL; tags already seen stay with their OIDs.</summary>
    public void Invalidate()
    {
    }

    /// <summary>Whether <paramref name="lowerCased"/> names a schema, relation, column, function or type of the target.</summary>
    public bool ContainsWord(ReadOnlySpan<byte> lowerCased) => false;
}
