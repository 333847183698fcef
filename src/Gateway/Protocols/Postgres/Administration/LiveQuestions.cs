using System.Globalization;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>The questions of a live check, one after the other on one connection.</summary>
internal sealed class LiveQuestions(PlainConnection connection, PostgresTarget target, TargetPolicy policy, IReadOnlyList<Grant> grants)
{
    private const int OldestMajor = 14;
    private const int NewestMajor = 18;

    /// <summary>Most findings of one kind; more are counted.</summary>
    private const int MaxOfAKind = 20;

    private readonly List<LiveFinding> _findings = [];
    private readonly string _role = SqlQuoting.Name(target.Options.User);

    public async ValueTask<IReadOnlyList<LiveFinding>> AskAsync()
    {
        if (connection.ServerVersion is < OldestMajor or > NewestMajor)
        {
            Add(LiveSeverity.Error, $"PostgreSQL {connection.ServerVersion} is not supported; {OldestMajor} to {NewestMajor} are.", "");
        }

        await DumpsAsync();
        await RoleAsync();
        await SettingsAsync();
        await DriftAsync();
        await SchemasAsync();
        await RoutinesAsync();
        if (target.Options.TemporaryRoles is { } roles)
        {
            _findings.AddRange(await new TemporaryRoleQuestions(connection, target, roles, grants).AskAsync());
        }

        if (target.Options.RequiresFloor)
        {
            foreach (var flaw in await FloorGuard.FlawsAsync(connection, policy.Phi.Columns, target.Options))
            {
                Add(LiveSeverity.Error, $"The target is in floor mode, but {flaw}.", "");
            }
        }

        return [.. _findings.OrderBy(static finding => finding.Severity)];
    }

    /// <summary>The gateway reads the query trees the server shows it; the server must neither refuse that nor write them into its log.</summary>
    private async ValueTask DumpsAsync()
    {
        try
        {
            await connection.QueryAsync("SET debug_print_rewritten = on");
            if (await connection.ScalarAsync("SHOW debug_print_rewritten") != "on")
            {
                Add(LiveSeverity.Error, "A setting of one statement is gone in the next: something between here and the server shares connections. Name the server itself.", "");
            }
        }
        catch (StatementFailedException failure)
        {
            Add(LiveSeverity.Error, $"The gateway may not set debug_print_rewritten, which it reads statements by: {failure.Message}.", "");
        }

        var level = await connection.ScalarAsync("SHOW log_min_messages");
        if (level is not ("fatal" or "panic"))
        {
            Add(
                LiveSeverity.Warning,
                $"log_min_messages of the gateway's role is {level}: query trees, which hold the literals of statements, go into the server's log.",
                $"ALTER ROLE {_role} SET log_min_messages = fatal;");
        }

        await connection.QueryAsync("RESET debug_print_rewritten");
    }

    private async ValueTask RoleAsync()
    {
        var rows = await connection.QueryAsync(
            """
            SELECT flaw, word, serious FROM pg_roles, LATERAL (VALUES (rolsuper, 'a superuser', 'NOSUPERUSER', true), (rolreplication, 'allowed to replicate', 'NOREPLICATION', true),
                (rolbypassrls, 'allowed to bypass row security', 'NOBYPASSRLS', false), (rolcreaterole, 'allowed to create roles', 'NOCREATEROLE', false),
                (rolcreatedb, 'allowed to create databases', 'NOCREATEDB', false)) f(has, flaw, word, serious)
             WHERE rolname = current_user AND has
            """);
        // A credential that makes the roles of sessions runs no statement of theirs, and has to be allowed to.
        foreach (var row in rows.Where(row => row[1] != "NOCREATEROLE" || target.Options.TemporaryRoles is null))
        {
            Add(row[2] == "t" ? LiveSeverity.Error : LiveSeverity.Warning, $"The gateway's role is {row[0]}: one missed statement would then be total loss.", $"ALTER ROLE {_role} {row[1]};");
        }

        var isSuperuser = rows.Any(static row => row[1] == "NOSUPERUSER");
        var groups = isSuperuser ? [] : await connection.QueryAsync(
            """
            SELECT quote_ident(rolname), rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program') FROM pg_roles
             WHERE rolname IN ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_read_all_data', 'pg_write_all_data', 'pg_monitor',
                   'pg_read_all_stats', 'pg_read_all_settings', 'pg_signal_backend', 'pg_maintain', 'pg_create_subscription')
               AND pg_has_role(current_user, oid, 'MEMBER') ORDER BY 1
            """);
        foreach (var group in groups)
        {
            Add(group[1] == "t" ? LiveSeverity.Error : LiveSeverity.Warning, $"The gateway's role is a member of {group[0]}.", $"REVOKE {group[0]} FROM {_role};");
        }
    }

    private async ValueTask SettingsAsync()
    {
        var settings = (await connection.QueryAsync(
            """
            SELECT name, setting FROM pg_settings WHERE name IN ('server_encoding', 'log_statement', 'log_min_duration_statement', 'log_min_duration_sample', 'log_transaction_sample_rate',
                   'log_parameter_max_length', 'auto_explain.log_min_duration', 'pgaudit.log')
            """)).ToDictionary(static row => row[0]!, static row => row[1]!, StringComparer.Ordinal);
        if (settings.GetValueOrDefault("server_encoding") is { } encoding and not "UTF8")
        {
            Add(
                encoding == "SQL_ASCII" ? LiveSeverity.Error : LiveSeverity.Warning,
                $"The database is encoded in {encoding}; texts that cannot be written in UTF-8 break statements. Make it anew in UTF8.", "");
        }

        // The stored value, which the gateway's own sessions override: functions of the database are written for it.
        if (await connection.ScalarAsync("SELECT reset_val FROM pg_settings WHERE name = 'standard_conforming_strings'") == "off")
        {
            Add(LiveSeverity.Warning, "standard_conforming_strings is off.", $"ALTER ROLE {_role} SET standard_conforming_strings = on;");
        }

        Logged(settings, "log_statement", "none", static value => value != "none", "the text of statements");
        Logged(settings, "log_min_duration_statement", "-1", static value => value != "-1", "the text of statements that take long");
        Logged(settings, "log_min_duration_sample", "-1", static value => value != "-1", "the text of some statements");
        Logged(settings, "log_transaction_sample_rate", "0", static value => value != "0", "the text of some transactions");
        Logged(settings, "auto_explain.log_min_duration", "-1", static value => value != "-1", "plans with the values of statements");
        Logged(settings, "pgaudit.log", "none", static value => value is not ("none" or ""), "the text of statements");
    }

    private void Logged(Dictionary<string, string> settings, string name, string quiet, Func<string, bool> isLoud, string what)
    {
        if (settings.TryGetValue(name, out var value) && isLoud(value))
        {
            Add(LiveSeverity.Warning, $"{name} is {value}: {what} of agents, with the PHI in it, goes into the server's log.", $"ALTER ROLE {_role} SET {name} = '{quiet}';");
        }
    }

    private async ValueTask DriftAsync()
    {
        var rows = await connection.QueryAsync(
            PhiClosureSql.With(policy.Phi.Columns)
            + """
            SELECT quote_ident(sch) || '.' || quote_ident(tab) || '.' || quote_ident(col) FROM declared d
             WHERE NOT EXISTS (SELECT FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                                WHERE n.nspname = sch AND c.relname = tab AND a.attname = col) ORDER BY 1
            """);
        AddAll(LiveSeverity.Error, rows, static row => ($"phi names {row[0]}, which is not there: renamed or dropped? What it was called may be unprotected now.", ""));
    }

    private async ValueTask SchemasAsync()
    {
        var rows = await connection.QueryAsync(
            """
            SELECT quote_ident(n.nspname), EXISTS (SELECT FROM aclexplode(n.nspacl) x WHERE x.grantee = 0 AND x.privilege_type = 'CREATE') FROM pg_namespace n
             WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_schema_privilege(current_user, n.oid, 'CREATE')
               AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) ORDER BY 1
            """);
        AddAll(LiveSeverity.Note, rows, row => (
            $"Agents can make objects in the schema {row[0]}; functions there are never trusted.",
            $"REVOKE CREATE ON SCHEMA {row[0]} FROM {(row[1] == "t" ? "PUBLIC" : _role)};"));
    }

    private async ValueTask RoutinesAsync()
    {
        // An extension's functions go together; one that runs with its owner's rights is looked at by itself.
        var reaching = (await FloorCatalog.ReachingAsync(connection)).GroupBy(static row => row[1]!.StartsWith("belongs", StringComparison.Ordinal) ? row[1]! : row[0]!, StringComparer.Ordinal);
        AddAll(LiveSeverity.Warning, [.. reaching.OrderBy(static group => group.First()[1]!.StartsWith("belongs", StringComparison.Ordinal))], group =>
        {
            var which = string.Join(", ", group.Select(static row => row[0]));
            var first = group.First();
            return (
                group.Count() == 1 ? $"Agents can call {which}, which {first[1]}." : $"Agents can call {group.Count()} functions, {first[0]} first, of which each {first[1]}.",
                $"REVOKE EXECUTE ON ROUTINE {which} FROM {(group.Any(static row => row[2] == "t") ? "PUBLIC" : _role)};");
        });

        var changing = await connection.QueryAsync(
            """
            SELECT n.nspname, p.proname, p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE p.oid >= 16384 AND p.provolatile = 'v' AND NOT p.prosecdef AND p.prokind = 'f' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
               AND has_function_privilege(current_user, p.oid, 'EXECUTE') AND has_schema_privilege(current_user, n.oid, 'USAGE')
               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') ORDER BY 3
            """);
        AddAll(
            LiveSeverity.Note,
            [.. changing.Where(row => !policy.Functions.Any(f => f.Schema == row[0] && f.Name == row[1]))],
            static row => ($"Statements with {row[2]} are refused: it is VOLATILE and not listed under functions.", ""));

        if (await connection.ScalarAsync("SELECT to_regclass('public.pg_stat_statements') IS NOT NULL AND has_table_privilege(current_user, to_regclass('public.pg_stat_statements'), 'SELECT')") == "t")
        {
            Add(LiveSeverity.Warning, "Agents can read pg_stat_statements, which keeps the text of utility statements with their values.", "REVOKE SELECT ON public.pg_stat_statements FROM PUBLIC;");
        }
    }

    private void Add(LiveSeverity severity, string message, string fix) => _findings.Add(new LiveFinding(target.Name, severity, message, fix));

    private void AddAll<T>(LiveSeverity severity, IReadOnlyList<T> rows, Func<T, (string Message, string Fix)> write)
    {
        foreach (var row in rows.Take(MaxOfAKind))
        {
            var (message, fix) = write(row);
            Add(severity, message, fix);
        }

        if (rows.Count > MaxOfAKind)
        {
            Add(severity, string.Create(CultureInfo.InvariantCulture, $"{rows.Count - MaxOfAKind} more of this kind."), "");
        }
    }
}
