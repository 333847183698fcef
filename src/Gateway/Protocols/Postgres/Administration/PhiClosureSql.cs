using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>
/// Common table expressions that close the declared columns over what holds copies of them, from the live catalogue alone: it shares nothing
/// with the lineage analysis, because it is the second key beside it.
/// </summary>
internal static class PhiClosureSql
{
    /// <summary>
    /// Names three relations for the query that follows: <c>tagged(rel, att)</c>, the columns that hold PHI; <c>phi_rel(rel)</c>, their
    /// relations; <c>dependent(rel)</c>, those and every view and materialised view that is built on one, however it uses it.
    /// </summary>
    /// <param name="columns">The declared columns. An empty list is a relation without rows.</param>
    public static string With(IEnumerable<PhiColumn> columns) =>
        $"""
        WITH RECURSIVE declared(sch, tab, col) AS ({Declared(columns)}),
        tagged(rel, att) AS (
          SELECT a.attrelid, a.attnum FROM declared d
            JOIN pg_namespace n ON n.nspname = d.sch JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = d.tab
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = d.col AND a.attnum > 0 AND NOT a.attisdropped
          UNION
          SELECT more.rel, more.att FROM tagged t CROSS JOIN LATERAL (
            SELECT other.attrelid AS rel, other.attnum AS att FROM pg_attribute own
              JOIN pg_inherits i ON t.rel IN (i.inhparent, i.inhrelid)
              JOIN pg_attribute other ON other.attrelid IN (i.inhparent, i.inhrelid) AND other.attrelid <> t.rel
               AND other.attname = own.attname AND other.attnum > 0 AND NOT other.attisdropped
             WHERE own.attrelid = t.rel AND own.attnum = t.att
            UNION ALL
            SELECT made.adrelid, made.adnum FROM pg_attrdef made
              JOIN pg_attribute g ON g.attrelid = made.adrelid AND g.attnum = made.adnum AND g.attgenerated <> ''
              JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.rel AND d.refobjsubid = t.att
               AND (d.classid = 'pg_attrdef'::regclass AND d.objid = made.oid
                 OR d.classid = 'pg_class'::regclass AND d.objid = made.adrelid AND d.objsubid = made.adnum)
             WHERE made.adrelid = t.rel
            UNION ALL
            SELECT f.conrelid, f.conkey[k] FROM pg_constraint f, generate_subscripts(f.conkey, 1) k
             WHERE f.contype = 'f' AND f.confrelid = t.rel AND f.confkey[k] = t.att
          ) more
        ),
        phi_rel(rel) AS (SELECT DISTINCT rel FROM tagged),
        dependent(rel) AS (
          SELECT rel FROM phi_rel
          UNION
          SELECT r.ev_class FROM dependent p
            JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = p.rel AND d.classid = 'pg_rewrite'::regclass
            JOIN pg_rewrite r ON r.oid = d.objid
            JOIN pg_class c ON c.oid = r.ev_class AND c.relkind IN ('v', 'm')
        )

        """;

    private static string Declared(IEnumerable<PhiColumn> columns)
    {
        var rows = columns.Select(c => $"({SqlQuoting.Text(c.Schema)}::name, {SqlQuoting.Text(c.Table)}::name, {SqlQuoting.Text(c.Column)}::name)").ToList();
        return rows.Count > 0 ? "VALUES " + string.Join(", ", rows) : "SELECT ''::name, ''::name, ''::name WHERE false";
    }
}
