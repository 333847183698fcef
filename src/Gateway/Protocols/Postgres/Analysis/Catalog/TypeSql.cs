namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The catalogue queries about data types, written as those of <see cref="CatalogSql"/>.</summary>
internal static class TypeSql
{
    /// <summary>The server's own types, row types of its relations left out: those are read when one is needed.</summary>
    public const string BuiltIn = Columns + """
         WHERE t.oid OPERATOR(pg_catalog.<) 16384 AND t.typtype OPERATOR(pg_catalog.<>) 'c'::pg_catalog."char"
          AND t.typcategory OPERATOR(pg_catalog.<>) 'C'::pg_catalog."char"
        """;

    /// <summary>The types asked for and what they are made of, and the attributes of composite types. $OIDS is replaced by an array.</summary>
    public const string Closure = Columns + " WHERE t.oid OPERATOR(pg_catalog.=) ANY (ARRAY(" + Family + """
        )::pg_catalog.oid[])
        UNION ALL
        SELECT 'ta', t.oid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.oid::pg_catalog.text,
          a.atttypmod::pg_catalog.text, NULL, NULL
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.typrelid
        WHERE t.typrelid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
          AND t.oid OPERATOR(pg_catalog.=) ANY (ARRAY(
        """ + Family + ")::pg_catalog.oid[])";

    /// <summary>
    /// A true array is the type its element names as its array; <c>oidvector</c> and the like have a format of their own.
    /// </summary>
    private const string Columns = """
        SELECT 't', t.oid::pg_catalog.text, n.nspname::pg_catalog.text, t.typname::pg_catalog.text,
          pg_catalog.concat(CASE WHEN e.typarray OPERATOR(pg_catalog.=) t.oid THEN 'a' ELSE t.typtype::pg_catalog.text END, t.typcategory, t.typdelim, t.typtypmod),
          COALESCE(CASE WHEN e.typarray OPERATOR(pg_catalog.=) t.oid THEN t.typelem END, NULLIF(t.typbasetype, 0::pg_catalog.oid), r.rngsubtype, m.rngtypid)::pg_catalog.text,
          (SELECT l.enumlabel::pg_catalog.text FROM pg_catalog.pg_enum l WHERE l.enumtypid OPERATOR(pg_catalog.=) t.oid ORDER BY l.enumsortorder LIMIT 1),
          (SELECT x.extname::pg_catalog.text FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid OPERATOR(pg_catalog.=) d.refobjid
           WHERE d.classid OPERATOR(pg_catalog.=) 1247::pg_catalog.oid AND d.objid OPERATOR(pg_catalog.=) t.oid
             AND d.refclassid OPERATOR(pg_catalog.=) 3079::pg_catalog.oid AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog."char" LIMIT 1)
        FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace
        LEFT JOIN pg_catalog.pg_type e ON e.oid OPERATOR(pg_catalog.=) t.typelem
        LEFT JOIN pg_catalog.pg_range r ON r.rngtypid OPERATOR(pg_catalog.=) t.oid
        LEFT JOIN pg_catalog.pg_range m ON m.rngmultitypid OPERATOR(pg_catalog.=) t.oid
        """;

    private const string Family = """
        WITH RECURSIVE family(o) AS (
          SELECT s.o FROM pg_catalog.unnest($OIDS) AS s(o)
          UNION SELECT x.o FROM family f JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) f.o,
            LATERAL (SELECT t.typelem UNION ALL SELECT t.typbasetype
              UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid OPERATOR(pg_catalog.=) t.oid
              UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid OPERATOR(pg_catalog.=) t.oid
              UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE t.typrelid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
                AND a.attrelid OPERATOR(pg_catalog.=) t.typrelid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped) x(o)
          WHERE x.o OPERATOR(pg_catalog.<>) 0::pg_catalog.oid)
        SELECT o FROM family
        """;
}
