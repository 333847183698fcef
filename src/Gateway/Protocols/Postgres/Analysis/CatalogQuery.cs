using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>One read of the target's system catalogues: run <see cref="Sql"/> as a simple query in text format and load all its rows.</summary>
public sealed class CatalogQuery
{
    internal CatalogQuery(CatalogFacts facts, string sql, MissingFacts? missing = null)
    {
        Facts = facts;
        Sql = sql;
        Missing = missing;
    }

    /// <summary>The statement. Every name and operator in it is schema-qualified, so the session's search_path cannot bend it.</summary>
    public string Sql { get; }

    internal CatalogFacts Facts { get; }

    internal MissingFacts? Missing { get; }

    /// <summary>The catalogue's state when the query was made.</summary>
    internal CatalogStamp Stamp { get; init; }
}
