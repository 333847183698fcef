namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>A stored column that holds PHI: what an identity value is the value of.</summary>
internal sealed class TaggedSource(string schema, string table, string column, string tag, bool maskIsConstant)
{
    /// <summary>Tag of a stored column that was computed from tagged ones (materialised views). No mask may depend on its value.</summary>
    public const string Derived = "DERIVED";

    /// <summary>Tag of a column that was added to a tagged table after the gateway first saw it.</summary>
    public const string Unclassified = "UNCLASSIFIED";

    /// <summary>Tag of SQL text of other sessions, which holds literals.</summary>
    public const string SqlText = "SQLTEXT";

    /// <summary>Tag of system catalogue columns that hold copies of column values or secrets.</summary>
    public const string SystemData = "SYSTEM";

    public string Tag { get; } = tag;

    /// <summary>Whether the tag's mask is the same for every value.</summary>
    public bool MaskIsConstant { get; } = maskIsConstant;

    public string Column { get; } = column;

    /// <summary><c>schema.table.column</c>.</summary>
    public string FullName { get; } = $"{schema}.{table}.{column}";
}
