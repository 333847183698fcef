using System.Globalization;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>Reads what a floor is made from, and what is wrong with one, from the live catalogue.</summary>
internal static class FloorCatalog
{
    private const string UserSchema = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

    /// <summary>
    /// Extensions whose functions reach past the caller's rights: other connections, files, pages and logs of the server, statements of others.
    /// </summary>
    private const string ReachingExtensions =
        "'dblink', 'postgres_fdw', 'file_fdw', 'lo', 'xml2', 'tablefunc', 'adminpack', 'pageinspect', 'pg_walinspect', 'amcheck', 'pg_buffercache', "
        + "'pgrowlocks', 'pg_freespacemap', 'pg_visibility', 'pgstattuple', 'pg_stat_statements', 'pg_prewarm', 'pg_surgery', 'sslinfo'";

    /// <summary>The server's own functions that show statements of others with the same role, or names that may hold values.</summary>
    private const string ShowingFunctions = "'pg_stat_get_activity(integer)'::regprocedure, 'pg_stat_get_backend_activity(integer)'::regprocedure, 'pg_prepared_xact()'::regprocedure";

    private const string RoutineReason =
        $"""
        CASE WHEN p.oid IN ({ShowingFunctions}) THEN 'shows what other sessions run or prepared'
             WHEN p.prosecdef AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) THEN 'runs with its owner''s rights'
             WHEN p.oid >= 16384 OR EXISTS (SELECT FROM pg_extension) THEN (
               SELECT 'belongs to the extension ' || e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
                WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
                  AND e.extname IN ({ReachingExtensions})) END
        """;

    /// <param name="connection">To the target's database.</param>
    /// <param name="columns">The declared columns.</param>
    /// <param name="role">The floor role.</param>
    /// <param name="source">The role whose rights are mirrored.</param>
    public static async ValueTask<FloorFacts> ReadAsync(PlainConnection connection, IReadOnlyList<PhiColumn> columns, string role, string source)
    {
        var (r, s) = (SqlQuoting.Text(role), SqlQuoting.Text(source));
        var existing = await RoleAsync(connection, r);
        // Before the role is there it has what PUBLIC has, which a right check for the name "public" tells.
        var subject = existing is null ? "'public'" : r;
        var grantee = existing is null ? "NULL::oid" : $"(SELECT oid FROM pg_roles WHERE rolname = {r})";
        return new FloorFacts
        {
            Role = role,
            Database = await connection.ScalarAsync("SELECT current_database()") ?? "",
            Existing = existing,
            Others = [.. (await connection.QueryAsync($"SELECT rolname FROM pg_roles WHERE NOT rolsuper AND rolname !~ '^pg_' AND rolname <> {r} ORDER BY 1")).Select(static row => row[0]!)],
            MayConnect = await connection.ScalarAsync($"SELECT has_database_privilege({subject}, current_database(), 'CONNECT')") == "t",
            Schemas = await SchemasAsync(connection, s, subject, grantee),
            Relations = await RelationsAsync(connection, columns, s, subject, grantee, existing is null ? "''" : r),
            Columns = await ColumnsAsync(connection, columns, s, subject, grantee),
            Routines = await RoutinesAsync(connection, grantee),
            Servers = await ServersAsync(connection, grantee),
            Missing = await MissingAsync(connection, columns),
        };
    }

    /// <summary>What lets the role get at PHI, or would, whatever the gateway does: one sentence each, at most about a hundred.</summary>
    public static async ValueTask<IReadOnlyList<string>> FlawsAsync(PlainConnection connection, IReadOnlyList<PhiColumn> columns, string role, FloorLevel level = FloorLevel.Full)
    {
        var r = SqlQuoting.Text(role);
        var rows = await connection.QueryAsync(
            PhiClosureSql.With(columns)
            + $"""
            (SELECT 'the role ' || quote_ident(rolname) || ' is ' || flaw FROM pg_roles, LATERAL (VALUES (rolsuper, 'a superuser'), (rolbypassrls, 'allowed to bypass row security'),
                (rolreplication, 'allowed to replicate'), (rolcreaterole, 'allowed to create roles')) f(has, flaw) WHERE rolname = {r} AND has)
            UNION ALL
            (SELECT 'the role is a member of ' || quote_ident(g.rolname) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
              WHERE u.rolname = {r} ORDER BY 1 LIMIT 20)
            UNION ALL
            (SELECT 'it can read ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname)
               FROM tagged t JOIN pg_class c ON c.oid = t.rel JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = t.rel AND a.attnum = t.att
              WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND has_column_privilege({r}, t.rel, t.att, 'SELECT') ORDER BY 1 LIMIT 20)
            UNION ALL
            (SELECT 'it can read ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ', which is built on tagged tables'
               FROM dependent d JOIN pg_class c ON c.oid = d.rel JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('v', 'm') AND has_any_column_privilege({r}, d.rel, 'SELECT') AND d.rel NOT IN (SELECT rel FROM phi_rel) ORDER BY 1 LIMIT 20)
            UNION ALL
            (SELECT 'it can call ' || p.oid::regprocedure::text || ', which ' || why FROM pg_proc p, LATERAL (SELECT {RoutineReason}) w(why)
              WHERE {(level == FloorLevel.Full ? "why IS NOT NULL" : "false")} AND p.oid >= 16384 AND has_function_privilege({r}, p.oid, 'EXECUTE') ORDER BY 1 LIMIT 20)
            """);
        return [.. rows.Select(static row => row[0]!)];
    }

    /// <summary>Functions of users and extensions that the connection's own role can call and that reach past its rights: signature, why, and whether everybody may.</summary>
    public static ValueTask<IReadOnlyList<string?[]>> ReachingAsync(PlainConnection connection) => connection.QueryAsync(
        $"""
        SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', why,
               EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE x.grantee = 0)
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, LATERAL (SELECT {RoutineReason}) w(why)
         WHERE why IS NOT NULL AND p.oid >= 16384 AND has_function_privilege(current_user, p.oid, 'EXECUTE') AND has_schema_privilege(current_user, n.oid, 'USAGE') ORDER BY 1
        """);

    private static async ValueTask<RoleFacts?> RoleAsync(PlainConnection connection, string role)
    {
        var rows = await connection.QueryAsync(
            $"""
            SELECT concat_ws(' ', CASE WHEN rolsuper THEN 'NOSUPERUSER' END, CASE WHEN rolcreaterole THEN 'NOCREATEROLE' END, CASE WHEN rolcreatedb THEN 'NOCREATEDB' END,
                   CASE WHEN rolreplication THEN 'NOREPLICATION' END, CASE WHEN rolbypassrls THEN 'NOBYPASSRLS' END),
                   rolcanlogin,
                   EXISTS (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setrole = o.oid AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
                     AND c IN ('log_min_messages=fatal', 'log_min_messages=panic'))
              FROM pg_roles o WHERE rolname = {role}
            """);
        if (rows is not [var row])
        {
            return null;
        }

        var memberships = await connection.QueryAsync(
            $"SELECT g.rolname FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles u ON u.oid = m.member WHERE u.rolname = {role} ORDER BY 1");
        return new RoleFacts(row[0]!.Split(' ', StringSplitOptions.RemoveEmptyEntries), row[1] == "t", [.. memberships.Select(static m => m[0]!)], row[2] == "t");
    }

    private static async ValueTask<IReadOnlyList<SchemaFacts>> SchemasAsync(PlainConnection connection, string source, string subject, string grantee)
    {
        var rows = await connection.QueryAsync(
            $"""
            SELECT n.nspname, has_schema_privilege({source}, n.oid, 'USAGE'), has_schema_privilege({subject}, n.oid, 'USAGE'),
                   EXISTS (SELECT FROM aclexplode(n.nspacl) x WHERE x.grantee = 0 AND x.privilege_type = 'CREATE'),
                   EXISTS (SELECT FROM aclexplode(n.nspacl) x WHERE x.grantee = {grantee} AND x.privilege_type = 'CREATE')
              FROM pg_namespace n WHERE {UserSchema} ORDER BY 1
            """);
        return [.. rows.Select(static row => new SchemaFacts(row[0]!, row[1] == "t", row[2] == "t", row[3] == "t", row[4] == "t"))];
    }

    private static async ValueTask<IReadOnlyList<RelationRights>> RelationsAsync(
        PlainConnection connection, IReadOnlyList<PhiColumn> columns, string source, string subject, string grantee, string role)
    {
        var rows = await connection.QueryAsync(
            PhiClosureSql.With(columns)
            + $"""
            SELECT c.oid, n.nspname, c.relname, c.relkind, c.oid IN (SELECT rel FROM phi_rel), c.oid IN (SELECT rel FROM dependent), pg_get_userbyid(c.relowner) = {role},
                   {Held(source, "c.oid")}, {Held(subject, "c.oid")}, {Granted("c.relacl", grantee)}, {Granted("c.relacl", "0")}
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S') AND {UserSchema} ORDER BY n.nspname, c.relname
            """);
        return [.. rows.Select(static row => new RelationRights(
            uint.Parse(row[0]!, CultureInfo.InvariantCulture), row[1]!, row[2]!, row[3]![0], row[4] == "t", row[5] == "t", row[6] == "t", row[7]!, row[8]!, row[9]!, row[10]!))];
    }

    private static async ValueTask<IReadOnlyList<ColumnRights>> ColumnsAsync(
        PlainConnection connection, IReadOnlyList<PhiColumn> columns, string source, string subject, string grantee)
    {
        static string Column(string who) =>
            string.Join(" || ", new[] { ("SELECT", 'r'), ("INSERT", 'a'), ("UPDATE", 'w') }.Select(p => $"CASE WHEN has_column_privilege({who}, a.attrelid, a.attnum, '{p.Item1}') THEN '{p.Item2}' ELSE '' END"));

        var rows = await connection.QueryAsync(
            PhiClosureSql.With(columns)
            + $"""
            SELECT a.attrelid, a.attname, EXISTS (SELECT FROM tagged t WHERE t.rel = a.attrelid AND t.att = a.attnum), {Column(source)}, {Column(subject)},
                   {Granted("a.attacl", grantee)}, {Granted("a.attacl", "0")}
              FROM phi_rel JOIN pg_attribute a ON a.attrelid = rel AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
            """);
        return [.. rows.Select(static row => new ColumnRights(
            uint.Parse(row[0]!, CultureInfo.InvariantCulture), row[1]!, row[2] == "t", row[3]!, row[4]!, row[5]!, row[6]!))];
    }

    private static async ValueTask<IReadOnlyList<RoutineFacts>> RoutinesAsync(PlainConnection connection, string grantee)
    {
        var rows = await connection.QueryAsync(
            $"""
            SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', why, open, direct
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, LATERAL (SELECT {RoutineReason}) w(why),
                   LATERAL (SELECT EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x WHERE x.grantee = 0),
                                   EXISTS (SELECT FROM aclexplode(p.proacl) x WHERE x.grantee = {grantee})) g(open, direct)
             WHERE why IS NOT NULL AND (open OR direct) ORDER BY 1
            """);
        return [.. rows.Select(static row => new RoutineFacts(row[0]!, row[1]!, row[2] == "t", row[3] == "t"))];
    }

    private static async ValueTask<IReadOnlyList<ServerFacts>> ServersAsync(PlainConnection connection, string grantee)
    {
        var rows = await connection.QueryAsync(
            $"""
            SELECT srvname, open, direct FROM pg_foreign_server s,
                   LATERAL (SELECT EXISTS (SELECT FROM aclexplode(s.srvacl) x WHERE x.grantee = 0), EXISTS (SELECT FROM aclexplode(s.srvacl) x WHERE x.grantee = {grantee})) g(open, direct)
             WHERE open OR direct ORDER BY 1
            """);
        return [.. rows.Select(static row => new ServerFacts(row[0]!, row[1] == "t", row[2] == "t"))];
    }

    private static async ValueTask<IReadOnlyList<string>> MissingAsync(PlainConnection connection, IReadOnlyList<PhiColumn> columns)
    {
        var rows = await connection.QueryAsync(
            PhiClosureSql.With(columns)
            + """
            SELECT quote_ident(sch) || '.' || quote_ident(tab) || '.' || quote_ident(col) FROM declared d
             WHERE NOT EXISTS (SELECT FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                WHERE n.nspname = sch AND c.relname = tab AND a.attname = col) ORDER BY 1
            """);
        return [.. rows.Select(static row => row[0]!)];
    }

    /// <summary>Letters of what a role may do with a whole relation.</summary>
    private static string Held(string who, string relation)
    {
        static string One(string who, string relation, string right, char letter) => $"CASE WHEN has_table_privilege({who}, {relation}, '{right}') THEN '{letter}' ELSE '' END";

        return $"CASE WHEN c.relkind = 'S' THEN CASE WHEN has_sequence_privilege({who}, {relation}, 'USAGE') THEN 'U' ELSE '' END ELSE "
            + $"{One(who, relation, "SELECT", 'r')} || {One(who, relation, "INSERT", 'a')} || {One(who, relation, "UPDATE", 'w')} || {One(who, relation, "DELETE", 'd')} END";
    }

    /// <summary>Letters of what an access control list grants to somebody; x for whatever has no letter here.</summary>
    private static string Granted(string list, string grantee) =>
        $"coalesce((SELECT string_agg(DISTINCT CASE privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd' WHEN 'USAGE' THEN 'U' ELSE 'x' END, '') "
        + $"FROM aclexplode({list}) x WHERE x.grantee = {grantee}), '')";
}
