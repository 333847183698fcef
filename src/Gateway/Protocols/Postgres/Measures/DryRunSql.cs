using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>What is asked of the catalogue before a dry run. Run with a search path of pg_catalog first, so names mean what they say.</summary>
internal static class DryRunSql
{
    /// <summary>The first OID that is not PostgreSQL's own (FirstNormalObjectId).</summary>
    public const uint FirstNormalOid = 16_384;

    /// <summary>
    /// Takes the locks that the write will take, on every child too: nobody can add a trigger, a rule or a constraint until the dry run is rolled back.
    /// </summary>
    public static string Lock(IEnumerable<RelationUse> written) => $"LOCK TABLE {string.Join(", ", written.Select(Name))} IN ROW EXCLUSIVE MODE";

    /// <summary>Says in half a sentence each why rows of these tables and their children cannot be written and taken back without a trace; no row where they can.</summary>
    public static string TroubleWithWritten(IEnumerable<RelationUse> written) => $$"""
        {{Tree(written)}}
        SELECT DISTINCT CASE
          WHEN c.oid < {{FirstNormalOid}} THEN 'it writes a table of the system'
          WHEN c.relkind NOT IN ('r', 'p') THEN 'it writes what is no ordinary table'
          WHEN c.relkind = 'r' AND (SELECT a.amname FROM pg_am a WHERE a.oid = c.relam) <> 'heap' THEN 'it writes a table with storage of its own kind'
          WHEN c.relrowsecurity THEN 'it writes a table with row security'
          WHEN EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid) THEN 'it writes a table with rules'
          WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) THEN 'it writes a table with triggers'
          WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.confrelid = c.oid AND k.contype = 'f' AND (k.confupdtype IN ('c', 'n', 'd') OR k.confdeltype IN ('c', 'n', 'd')))
            THEN 'foreign keys would carry the write on to other tables'
          WHEN EXISTS (SELECT FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND y.oid >= {{FirstNormalOid}} AND y.typtype <> 'e')
            THEN 'it writes a table with types that are not PostgreSQL''s own'
          WHEN EXISTS (SELECT FROM pg_depend d
              WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass) AND (
                (d.classid = 'pg_class'::regclass AND (d.objid = c.oid OR d.objid IN (SELECT x.indexrelid FROM pg_index x WHERE x.indrelid = c.oid)))
                OR (d.classid = 'pg_constraint'::regclass AND d.objid IN (SELECT k.oid FROM pg_constraint k WHERE k.conrelid = c.oid))
                OR (d.classid = 'pg_attrdef'::regclass AND d.objid IN (SELECT f.oid FROM pg_attrdef f WHERE f.adrelid = c.oid))))
            THEN 'it writes a table whose checks, defaults or indexes call functions that are not PostgreSQL''s own'
          WHEN EXISTS (SELECT FROM (
                SELECT k.conbin::text AS tree FROM pg_constraint k WHERE k.conrelid = c.oid AND k.conbin IS NOT NULL
                UNION ALL
                SELECT f.adbin::text FROM pg_attrdef f JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum WHERE f.adrelid = c.oid AND a.attgenerated <> ''
              ) e, regexp_matches(e.tree, ':(?:op)?funcid (\d+)', 'g') m, pg_proc p
              WHERE p.oid = m[1]::oid AND p.provolatile = 'v')
            THEN 'it writes a table whose checks or computed columns call volatile functions'
          END AS why
        FROM tree JOIN pg_class c ON c.oid = tree.oid
        ORDER BY why NULLS LAST
        """;

    /// <summary>As <see cref="TroubleWithWritten"/>, for everything the statement names.</summary>
    public static string TroubleWithRead(IEnumerable<RelationUse> relations) => $$"""
        {{Tree(relations)}}
        SELECT DISTINCT 'it reads what is neither a table nor a view of this database' AS why
        FROM tree JOIN pg_class c ON c.oid = tree.oid
        WHERE c.relkind NOT IN ('r', 'p', 'v', 'm') OR (c.relkind IN ('r', 'm') AND (SELECT a.amname FROM pg_am a WHERE a.oid = c.relam) <> 'heap')
        """;

    /// <summary>How many of these functions exist and are not volatile.</summary>
    public static string QuietFunctions(IEnumerable<uint> functions) =>
        $"SELECT count(*) FROM pg_proc p WHERE p.oid = ANY ('{{{string.Join(',', functions)}}}'::oid[]) AND p.provolatile <> 'v'";

    private static string Tree(IEnumerable<RelationUse> relations) => $"""
        WITH RECURSIVE tree AS (
          SELECT named::regclass::oid AS oid FROM unnest(ARRAY[{string.Join(", ", relations.Select(use => SqlQuoting.Text(Name(use))))}]) named
          UNION
          SELECT i.inhrelid FROM pg_inherits i JOIN tree t ON t.oid = i.inhparent)
        """;

    private static string Name(RelationUse use) => SqlQuoting.Name(use.Schema, use.Name);
}
