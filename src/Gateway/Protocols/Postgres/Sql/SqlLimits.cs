namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Limits of everything that reads SQL text.</summary>
internal static class SqlLimits
{
    /// <summary>Most statements one simple query may hold.</summary>
    public const int MaxStatements = 10_000;

    /// <summary>Most relations, columns, list values or arguments a utility statement may name.</summary>
    public const int MaxListItems = 1_664;

    /// <summary>PostgreSQL cuts identifiers to this many bytes (NAMEDATALEN - 1).</summary>
    public const int MaxIdentifierBytes = 63;

    /// <summary>Longest value a SET, NOTIFY or COMMENT may carry, in bytes.</summary>
    public const int MaxConstantBytes = 8_000;

    /// <summary>Longest redacted template, in characters.</summary>
    public const int MaxTemplateChars = 4_096;
}
