using System.Globalization;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>The catalogue queries. They run on clients' sessions, so each name, operator and cast is qualified and nothing depends on settings.</summary>
internal static class CatalogSql
{
    public const string Version = "SELECT pg_catalog.current_setting('server_version_num')";

    /// <summary>System relations, with the columns that hold copies of values, secrets or partition bounds.</summary>
    public const string SystemRelations = """
        SELECT 'r', c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind::pg_catalog.text, NULL, NULL, NULL
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.oid OPERATOR(pg_catalog.<) 16384 AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r','v','m','S','t','p','f']::pg_catalog."char"[])
        UNION ALL
        SELECT 'c', a.attrelid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text, '', NULL, NULL, NULL
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
        WHERE c.oid OPERATOR(pg_catalog.<) 16384 AND a.attnum OPERATOR(pg_catalog.>) 0 AND c.relkind OPERATOR(pg_catalog.=) ANY (ARRAY['r','S']::pg_catalog."char"[])
        """;

    /// <summary>
    /// Identifiers a template may show: names are metadata, not values. No more than 100,000 of them, so that nobody who may create objects can
    /// make the answer too long to be read; a word that is missing only shows as a placeholder.
    /// </summary>
    public const string Words = """
        SELECT w FROM (SELECT pg_catalog.lower(nspname::pg_catalog.text) AS w FROM pg_catalog.pg_namespace
        UNION SELECT pg_catalog.lower(relname::pg_catalog.text) FROM pg_catalog.pg_class
        UNION SELECT pg_catalog.lower(attname::pg_catalog.text) FROM pg_catalog.pg_attribute WHERE NOT attisdropped
        UNION SELECT pg_catalog.lower(proname::pg_catalog.text) FROM pg_catalog.pg_proc
        UNION SELECT pg_catalog.lower(typname::pg_catalog.text) FROM pg_catalog.pg_type) words
        LIMIT 100000
        """;

    public static string Objects(MissingFacts missing)
    {
        var parts = new List<string>();
        if (missing.Relations.Length > 0)
        {
            parts.Add(RelationParts.Replace("$OIDS", OidArray(missing.Relations), StringComparison.Ordinal));
        }

        if (missing.Functions.Length > 0)
        {
            parts.Add(FunctionSql.Functions.Replace("$OIDS", OidArray(missing.Functions), StringComparison.Ordinal));
        }

        if (missing.Operators.Length > 0)
        {
            parts.Add(FunctionSql.Operators.Replace("$OIDS", OidArray(missing.Operators), StringComparison.Ordinal));
        }

        if (missing.PartitionKeys)
        {
            parts.Add(PartitionKeys);
        }

        if (missing.Types.Length > 0)
        {
            parts.Add(TypeSql.Closure.Replace("$OIDS", OidArray(missing.Types), StringComparison.Ordinal));
        }

        return string.Join("\nUNION ALL\n", parts);
    }

    /// <summary>Every partition key column; an expression key has no column name.</summary>
    private const string PartitionKeys = """
        SELECT 'p', n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text, NULL, NULL, NULL, NULL
        FROM (SELECT partrelid, pg_catalog.unnest(partattrs) AS attribute FROM pg_catalog.pg_partitioned_table) k
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.partrelid
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) k.attribute
          AND a.attnum OPERATOR(pg_catalog.>) 0
        """;

    /// <summary>
    /// For each relation: itself, its columns, its family by inheritance and partitioning in both directions, the tagged candidates its foreign
    /// keys point to, which columns its generated columns read, and the stored query of a view.
    /// </summary>
    private const string RelationParts = """
        SELECT 'r', c.oid::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.relkind::pg_catalog.text, NULL, NULL, NULL
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE c.oid OPERATOR(pg_catalog.=) ANY ($OIDS)
        UNION ALL
        SELECT 'c', a.attrelid::pg_catalog.text, a.attnum::pg_catalog.text, a.attname::pg_catalog.text, a.attgenerated::pg_catalog.text, NULL, NULL, NULL
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($OIDS) AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
        UNION ALL
        SELECT 'i', f.root::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, NULL, NULL, NULL, NULL
        FROM (WITH RECURSIVE family(root, member) AS (
            SELECT t.o, t.o FROM pg_catalog.unnest($OIDS) AS t(o)
            UNION SELECT f.root, CASE WHEN i.inhrelid OPERATOR(pg_catalog.=) f.member THEN i.inhparent ELSE i.inhrelid END
            FROM family f JOIN pg_catalog.pg_inherits i ON i.inhrelid OPERATOR(pg_catalog.=) f.member OR i.inhparent OPERATOR(pg_catalog.=) f.member)
          SELECT root, member FROM family) f
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) f.member
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        WHERE f.member OPERATOR(pg_catalog.<>) f.root
        UNION ALL
        SELECT 'k', k.conrelid::pg_catalog.text, k.from_key::pg_catalog.text, n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text, NULL, NULL
        FROM (SELECT conrelid, confrelid, pg_catalog.unnest(conkey) AS from_key, pg_catalog.unnest(confkey) AS to_key FROM pg_catalog.pg_constraint
          WHERE contype OPERATOR(pg_catalog.=) 'f'::pg_catalog."char" AND conrelid OPERATOR(pg_catalog.=) ANY ($OIDS)) k
        JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) k.confrelid
        JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.=) k.to_key
        UNION ALL
        SELECT 'g', d.adrelid::pg_catalog.text, d.adnum::pg_catalog.text, p.refobjsubid::pg_catalog.text, NULL, NULL, NULL, NULL
        FROM pg_catalog.pg_attrdef d
        JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) d.adrelid AND a.attnum OPERATOR(pg_catalog.=) d.adnum
        JOIN pg_catalog.pg_depend p ON p.refclassid OPERATOR(pg_catalog.=) 1259::pg_catalog.oid AND p.refobjid OPERATOR(pg_catalog.=) d.adrelid
          AND (p.classid OPERATOR(pg_catalog.=) 2604::pg_catalog.oid AND p.objid OPERATOR(pg_catalog.=) d.oid
            OR p.classid OPERATOR(pg_catalog.=) 1259::pg_catalog.oid AND p.objid OPERATOR(pg_catalog.=) d.adrelid AND p.objsubid OPERATOR(pg_catalog.=) d.adnum)
        WHERE d.adrelid OPERATOR(pg_catalog.=) ANY ($OIDS) AND a.attgenerated OPERATOR(pg_catalog.<>) ''::pg_catalog."char"
        UNION ALL
        SELECT 'd', w.ev_class::pg_catalog.text, w.ev_action::pg_catalog.text, NULL, NULL, NULL, NULL, NULL
        FROM pg_catalog.pg_rewrite w
        WHERE w.ev_type OPERATOR(pg_catalog.=) '1'::pg_catalog."char" AND w.ev_class OPERATOR(pg_catalog.=) ANY ($OIDS)
        """;

    private static string OidArray(IEnumerable<uint> oids) =>
        "ARRAY[" + string.Join(',', oids.Select(oid => oid.ToString(CultureInfo.InvariantCulture))) + "]::pg_catalog.oid[]";
}
