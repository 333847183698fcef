using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>Reads from the catalogue what there is to grant, and what of it the gateway's own role may pass on.</summary>
internal static class ScopeSql
{
    private const string UserSchema = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

    public const string Schemas =
        $"""
        SELECT n.nspname, has_schema_privilege(current_user, n.oid, 'USAGE WITH GRANT OPTION'), has_schema_privilege(current_user, n.oid, 'CREATE WITH GRANT OPTION')
          FROM pg_namespace n WHERE {UserSchema} ORDER BY 1
        """;

    /// <summary>Schema, name, kind, the table a sequence belongs to, and letters of the rights that can be passed on.</summary>
    /// <param name="closed">Tagged columns that no session's role may read; views built on their tables are left out.</param>
    public static string Relations(IReadOnlyList<PhiColumn> closed) =>
        (closed.Count == 0 ? "" : PhiClosureSql.With(closed))
        + $"""
        SELECT n.nspname, c.relname, c.relkind, coalesce((SELECT t.relname FROM pg_depend d JOIN pg_class t ON t.oid = d.refobjid
                 WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') LIMIT 1), ''),
               CASE WHEN c.relkind = 'S' THEN CASE WHEN has_sequence_privilege(current_user, c.oid, 'USAGE WITH GRANT OPTION') THEN 'U' ELSE '' END
                    ELSE {Right("SELECT", 'r')} || {Right("INSERT", 'a')} || {Right("UPDATE", 'w')} || {Right("DELETE", 'd')} END
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND {UserSchema}
        """
        + (closed.Count == 0 ? "" : " AND NOT (c.relkind IN ('v', 'm') AND c.oid IN (SELECT rel FROM dependent) AND c.oid NOT IN (SELECT rel FROM phi_rel))");

    /// <summary>Schema, table and column of everything that holds what a tagged column holds.</summary>
    public static string Tagged(IReadOnlyList<PhiColumn> closed) =>
        PhiClosureSql.With(closed)
        + """
        SELECT n.nspname, c.relname, a.attname FROM tagged t JOIN pg_class c ON c.oid = t.rel JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = t.rel AND a.attnum = t.att
        """;

    public static string Columns(IReadOnlyList<(string Schema, string Table)> relations) =>
        $"""
        SELECT n.nspname, c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE (n.nspname, c.relname) IN ({string.Join(", ", relations.Select(static r => $"({SqlQuoting.Text(r.Schema)}, {SqlQuoting.Text(r.Table)})"))})
        """;

    private static string Right(string right, char letter) =>
        $"CASE WHEN has_table_privilege(current_user, c.oid, '{right} WITH GRANT OPTION') THEN '{letter}' ELSE '' END";
}
