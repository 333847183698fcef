namespace Sallyport.Gateway.Policy;

/// <summary>Schemas that belong to PostgreSQL or to the session, not to an application.</summary>
internal static class SystemSchemas
{
    /// <summary>Whether the relation belongs to PostgreSQL's own catalogs. Reading them comes with any read grant; writing them with none.</summary>
    public static bool IsCatalog(string schema) => schema is "pg_catalog" or "information_schema";

    public static bool IsCatalogRead(RelationUse use) => use.Access == RelationAccess.Read && IsCatalog(use.Schema);

    /// <summary>Whether the schema holds the raw overflow storage of other tables, which no statement of an application reads.</summary>
    public static bool IsOverflowStorage(string schema) => schema.StartsWith("pg_toast", StringComparison.Ordinal);

    /// <summary>
    /// Whether the relation is a temporary one, which only this session sees and which ends with it. No user can create a schema
    /// whose name begins with <c>pg_</c>, so the prefix is proof.
    /// </summary>
    public static bool IsTemporary(string schema) => schema.StartsWith("pg_temp", StringComparison.Ordinal);
}
