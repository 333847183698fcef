using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Roles;
using Sallyport.Gateway.Protocols.Postgres.Target;

namespace Sallyport.Gateway.Protocols.Postgres.Administration;

/// <summary>What a target's credential lacks to make the roles of sessions, privilege by privilege, with the SQL that gives each.</summary>
internal sealed class TemporaryRoleQuestions(PlainConnection connection, PostgresTarget target, TemporaryRoleOptions options, IReadOnlyList<Grant> grants)
{
    /// <summary>From here on CREATEROLE alone lets nobody grant a role (PostgreSQL 16).</summary>
    private const int GrantsNeedAdmin = 16;

    /// <summary>From here on a setting of superusers can be granted to others (PostgreSQL 15).</summary>
    private const int SettingsCanBeGranted = 15;

    private static readonly (char Letter, string Right)[] Rights = [('r', "SELECT"), ('a', "INSERT"), ('w', "UPDATE"), ('d', "DELETE"), ('U', "USAGE")];

    private readonly List<LiveFinding> _findings = [];
    private readonly string _role = SqlQuoting.Name(target.Options.User);

    public async ValueTask<IReadOnlyList<LiveFinding>> AskAsync()
    {
        if (await connection.ScalarAsync("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user") != "t")
        {
            Add(LiveSeverity.Error, "temporaryRoles is on, but the gateway's role may not make roles.", $"ALTER ROLE {_role} CREATEROLE;");
        }

        foreach (var group in options.MemberOf)
        {
            await GroupAsync(group);
        }

        if (options.ReassignTo is { } heir)
        {
            await HeirAsync(heir);
        }

        await SettingsAsync();
        if (options.FromGrants)
        {
            await GrantableAsync();
        }

        return _findings;
    }

    private async ValueTask GroupAsync(string group)
    {
        var (name, text) = (SqlQuoting.Name(group), SqlQuoting.Text(group));
        var rows = await connection.QueryAsync(
            $"SELECT rolsuper, pg_has_role(current_user, oid, 'USAGE WITH ADMIN OPTION') OR pg_has_role(current_user, oid, 'MEMBER WITH ADMIN OPTION') FROM pg_roles WHERE rolname = {text}");
        if (rows is not [var row])
        {
            Add(LiveSeverity.Error, $"temporaryRoles names {name}, which is no role there.", $"CREATE ROLE {name} NOLOGIN;");
        }
        else if (row[0] == "t")
        {
            Add(LiveSeverity.Error, $"temporaryRoles makes every session a member of {name}, a superuser.", $"ALTER ROLE {name} NOSUPERUSER;");
        }
        else if (connection.ServerVersion >= GrantsNeedAdmin && row[1] != "t")
        {
            Add(LiveSeverity.Error, $"The gateway's role may not make others members of {name}: it lacks ADMIN OPTION on it.", $"GRANT {name} TO {_role} WITH ADMIN OPTION;");
        }
    }

    private async ValueTask HeirAsync(string heir)
    {
        var name = SqlQuoting.Name(heir);
        switch (await connection.QueryAsync($"SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = {SqlQuoting.Text(heir)}"))
        {
            case []:
                Add(LiveSeverity.Error, $"temporaryRoles leaves what sessions make to {name}, which is no role there.", $"CREATE ROLE {name} NOLOGIN;");
                break;
            case [["f"], ..]:
                Add(LiveSeverity.Error, $"The gateway's role may not leave what sessions make to {name}: it is not a member of it.", $"GRANT {name} TO {_role};");
                break;
        }
    }

    /// <summary>What keeps statements out of the server's log for the gateway's role must do so for the roles it makes.</summary>
    private async ValueTask SettingsAsync()
    {
        foreach (var row in await connection.QueryAsync(RoleSql.OwnSettings(connection.ServerVersion)))
        {
            if (row[2] == "t" && RoleSql.CanPassOn(row[0]!))
            {
                continue;
            }

            var (setting, value) = (SqlQuoting.Name(row[0]!), SqlQuoting.Text(row[1]!));
            var everybody = await connection.ScalarAsync(
                $"""
                SELECT true FROM pg_db_role_setting s, unnest(s.setconfig) c WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                   AND c = {SqlQuoting.Text($"{row[0]}={row[1]}")}
                """);
            if (everybody != "t")
            {
                Add(
                    LiveSeverity.Warning,
                    $"The roles of sessions do not get {row[0]} = {row[1]} of the gateway's role, because that may not set it for others.",
                    connection.ServerVersion >= SettingsCanBeGranted
                        ? $"GRANT SET ON PARAMETER {setting} TO {_role};"
                        : $"ALTER DATABASE {SqlQuoting.Name(target.Options.Database)} SET {setting} = {value};");
            }
        }
    }

    /// <summary>A right the gateway's role cannot pass on is one that sessions do not get, whatever their grant says.</summary>
    private async ValueTask GrantableAsync()
    {
        var wanted = grants.Select(static grant => new ScopeGrant(grant)).ToList();
        var lacking = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var row in await connection.QueryAsync(ScopeSql.Relations([])))
        {
            var (schema, isSequence) = (row[0]!, row[2] == "S");
            var table = row[3]!.Length > 0 ? row[3]! : row[1]!;
            var letters = wanted.Where(grant => grant.Reaches(schema, table)).SelectMany(grant => grant.Letters(isSequence)).ToHashSet();
            if (letters.Count > 0)
            {
                used.Add(schema);
            }

            // A view needs no more than SELECT to be of use.
            var isView = row[2] is "v" or "m";
            foreach (var (_, right) in Rights.Where(right => letters.Contains(right.Letter) && !row[4]!.Contains(right.Letter, StringComparison.Ordinal) && (right.Letter == 'r' || !isView)))
            {
                var fix = $"GRANT {right} ON ALL {(isSequence ? "SEQUENCES" : "TABLES")} IN SCHEMA {SqlQuoting.Name(schema)} TO {_role} WITH GRANT OPTION;";
                lacking[fix] = lacking.GetValueOrDefault(fix) + 1;
            }
        }

        foreach (var (fix, count) in lacking)
        {
            var right = fix.Split(' ')[1];
            Add(LiveSeverity.Error, $"Grants open {count} relations whose {right} the gateway's role may not pass on, so the database refuses them to sessions.", fix);
        }

        foreach (var row in await connection.QueryAsync(ScopeSql.Schemas))
        {
            var defines = wanted.Any(grant => grant.MayDefine && grant.OpensWhole(row[0]!));
            if (row[1] != "t" && (used.Contains(row[0]!) || defines))
            {
                Add(LiveSeverity.Error, $"The gateway's role may not pass on USAGE of the schema {row[0]}.", $"GRANT USAGE ON SCHEMA {SqlQuoting.Name(row[0]!)} TO {_role} WITH GRANT OPTION;");
            }

            if (row[2] != "t" && defines && grants.Any(static grant => grant.IsLimited))
            {
                Add(LiveSeverity.Warning, $"The gateway's role may not pass on CREATE in the schema {row[0]}, so no session can make tables there.", $"GRANT CREATE ON SCHEMA {SqlQuoting.Name(row[0]!)} TO {_role} WITH GRANT OPTION;");
            }
        }
    }

    private void Add(LiveSeverity severity, string message, string fix) => _findings.Add(new LiveFinding(target.Name, severity, message, fix));
}
