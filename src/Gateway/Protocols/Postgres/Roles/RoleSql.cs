using System.Globalization;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Administration;

namespace Sallyport.Gateway.Protocols.Postgres.Roles;

/// <summary>
/// The statements that make and drop temporary roles on PostgreSQL 14 to 18. Each text is one simple query and so one transaction: all of it or
/// nothing. None holds a password, only its verifier.
/// </summary>
internal static class RoleSql
{
    /// <summary>From here on a membership says by itself whether it inherits and may be entered, and CREATEROLE alone grants none (PostgreSQL 16).</summary>
    private const int GranularMemberships = 16;

    private const string Plain = "NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT";

    /// <summary>Not enumerated by others on purpose: whoever waits for the same lock does the same thing.</summary>
    private const string OneAtATime = "SELECT pg_catalog.pg_advisory_xact_lock(7311992517034);";

    /// <summary>Settings whose value is a list that must not be quoted as one text.</summary>
    private static readonly string[] ListSettings =
        ["local_preload_libraries", "session_preload_libraries", "shared_preload_libraries", "temp_tablespaces", "unix_socket_directories"];

    /// <param name="major">The server's version.</param>
    /// <param name="role">What is made.</param>
    /// <param name="name">Its name.</param>
    /// <param name="verifier">Its SCRAM verifier.</param>
    public static string Mint(int major, SessionRoleFacts role, string name, string verifier)
    {
        var own = SqlQuoting.Name(name);
        var sql = new StringBuilder();
        // A role that a crash of the server forgets has lost its session too; waiting for the disk would tell nothing.
        sql.Append("SET LOCAL synchronous_commit = off;");
        sql.Append(
            CultureInfo.InvariantCulture,
            $"CREATE ROLE {own} LOGIN {Plain} CONNECTION LIMIT 1 PASSWORD {SqlQuoting.Text(verifier)} VALID UNTIL '{role.ValidUntil.UtcDateTime:yyyy-MM-dd HH:mm:ss}+00';");
        sql.Append(CultureInfo.InvariantCulture, $"COMMENT ON ROLE {own} IS {SqlQuoting.Text(role.Marker.ToString())};");
        foreach (var (setting, value) in role.Settings)
        {
            sql.Append(CultureInfo.InvariantCulture, $"ALTER ROLE {own} SET {SqlQuoting.Name(setting)} TO {(setting == "search_path" ? value : SqlQuoting.Text(value))};");
        }

        foreach (var group in role.Groups)
        {
            sql.Append(CultureInfo.InvariantCulture, $"GRANT {SqlQuoting.Name(group)} TO {own}{Inheriting(major)};");
        }

        sql.Append(Reach(major, own));
        return sql.ToString();
    }

    /// <summary>A role that nobody signs in with, with rights that several sessions share.</summary>
    public static string MakeScope(int major, string name, RoleMarker marker, IReadOnlyList<string> grants)
    {
        var own = SqlQuoting.Name(name);
        var sql = new StringBuilder(OneAtATime);
        sql.Append(CultureInfo.InvariantCulture, $"CREATE ROLE {own} NOLOGIN {Plain};");
        sql.Append(CultureInfo.InvariantCulture, $"COMMENT ON ROLE {own} IS {SqlQuoting.Text(marker.ToString())};");
        foreach (var grant in grants)
        {
            sql.Append(CultureInfo.InvariantCulture, $"GRANT {grant} TO {own};");
        }

        sql.Append(Reach(major, own));
        return sql.ToString();
    }

    /// <summary>Ends what still runs as a role. One row per process that was told to go.</summary>
    public static string Terminate(string name) =>
        $"SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usesysid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = {SqlQuoting.Text(name)})";

    /// <summary>Drops a role of which nothing runs any more: what it owns goes to somebody or with it, what it was granted is taken.</summary>
    public static string Drop(string name, string? reassignTo)
    {
        var own = SqlQuoting.Name(name);
        var reassign = reassignTo is null ? "" : $"REASSIGN OWNED BY {own} TO {SqlQuoting.Name(reassignTo)};";
        return $"{reassign}DROP OWNED BY {own};DROP ROLE {own};";
    }

    /// <summary>
    /// The rights of a shared role, each as the statement that takes it. DROP OWNED would look for one grantor of all rights, and leave those the
    /// asker granted in its own name where it is also a member of the owner.
    /// </summary>
    public static string RightsOf(string name)
    {
        const string Granted = "d.deptype = 'a' AND d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = r.oid AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())";
        return $"""
            SELECT pg_catalog.format('REVOKE %s ON %s %I.%I FROM %I;', pg_catalog.string_agg(DISTINCT x.privilege_type, ', '), CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname, c.relname, r.rolname)
              FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_shdepend d ON {Granted} AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
              JOIN pg_catalog.pg_class c ON c.oid = d.objid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) x
             WHERE r.rolname = {SqlQuoting.Text(name)} AND x.grantee = r.oid GROUP BY c.relkind, n.nspname, c.relname, r.rolname
            UNION ALL
            SELECT pg_catalog.format('REVOKE %s (%I) ON TABLE %I.%I FROM %I;', x.privilege_type, a.attname, n.nspname, c.relname, r.rolname)
              FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_shdepend d ON {Granted} AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid > 0
              JOIN pg_catalog.pg_class c ON c.oid = d.objid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_catalog.pg_attribute a ON a.attrelid = d.objid AND a.attnum = d.objsubid CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) x
             WHERE r.rolname = {SqlQuoting.Text(name)} AND x.grantee = r.oid
            UNION ALL
            SELECT pg_catalog.format('REVOKE %s ON SCHEMA %I FROM %I;', pg_catalog.string_agg(DISTINCT x.privilege_type, ', '), n.nspname, r.rolname)
              FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_shdepend d ON {Granted} AND d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass
              JOIN pg_catalog.pg_namespace n ON n.oid = d.objid CROSS JOIN LATERAL pg_catalog.aclexplode(n.nspacl) x
             WHERE r.rolname = {SqlQuoting.Text(name)} AND x.grantee = r.oid GROUP BY n.nspname, r.rolname
            """;
    }

    /// <param name="name">A role without members.</param>
    /// <param name="revokes">The answer to <see cref="RightsOf"/>.</param>
    public static string DropScope(string name, IEnumerable<string> revokes) =>
        $"{OneAtATime}{string.Concat(revokes)}DROP OWNED BY {SqlQuoting.Name(name)};DROP ROLE {SqlQuoting.Name(name)};";

    /// <summary>Gives a live session's role other shared rights than it has.</summary>
    public static string Rescope(int major, string name, string? from, string to) =>
        (from is null ? "" : $"REVOKE {SqlQuoting.Name(from)} FROM {SqlQuoting.Name(name)};") + $"GRANT {SqlQuoting.Name(to)} TO {SqlQuoting.Name(name)}{Inheriting(major)};";

    /// <summary>Every role with one of the gateway's prefixes: name, comment, whether it expired more than an hour ago, whether it has members other than the asker.</summary>
    public const string List =
        $"""
        SELECT r.rolname, pg_catalog.shobj_description(r.oid, 'pg_authid'), coalesce(r.rolvaliduntil < pg_catalog.now() - interval '1 hour', false),
               EXISTS (SELECT FROM pg_catalog.pg_auth_members m WHERE m.roleid = r.oid AND m.member <> (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user))
          FROM pg_catalog.pg_roles r WHERE r.rolname LIKE 'sallyport\_s\_%' OR r.rolname LIKE 'sallyport\_g\_%' LIMIT 20000
        """;

    /// <summary>The settings of the asker's own role in this database, and whether the asker may give each to another role.</summary>
    public static string OwnSettings(int major) =>
        $"""
        SELECT split_part(c, '=', 1), substr(c, strpos(c, '=') + 1),
               (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) OR coalesce((SELECT g.context = 'user' FROM pg_catalog.pg_settings g WHERE lower(g.name) = lower(split_part(c, '=', 1))), false)
               {(major >= 15 ? "OR pg_catalog.has_parameter_privilege(current_user, split_part(c, '=', 1), 'SET')" : "")}
          FROM (SELECT DISTINCT ON (split_part(c, '=', 1)) c FROM pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
                 WHERE s.setrole = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
                   AND s.setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
                 ORDER BY split_part(c, '=', 1), s.setdatabase DESC) one(c) LIMIT 200
        """;

    /// <summary>Whether a setting can be passed on from one role to another.</summary>
    public static bool CanPassOn(string setting) => !ListSettings.Contains(setting, StringComparer.OrdinalIgnoreCase);

    /// <summary>Whoever made a role must have its rights to end its processes and drop what it owns.</summary>
    private static string Reach(int major, string own) => $"GRANT {own} TO CURRENT_USER{Inheriting(major)};";

    /// <summary>Rights come with the membership; entering the group by SET ROLE is refused by the server where it can.</summary>
    private static string Inheriting(int major) => major >= GranularMemberships ? " WITH INHERIT TRUE, SET FALSE" : "";
}

/// <summary>What the role of a session is made of.</summary>
/// <param name="Marker">Whose it is.</param>
/// <param name="ValidUntil">When the password ends.</param>
/// <param name="Groups">The roles whose rights it has.</param>
/// <param name="Settings">Its run-time settings.</param>
internal sealed record SessionRoleFacts(
    RoleMarker Marker, DateTimeOffset ValidUntil, IReadOnlyList<string> Groups, IReadOnlyList<KeyValuePair<string, string>> Settings);
