using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>A gateway whose credential makes a role for each session, with the rights of the session's grants and of one group of the database.</summary>
public class TemporaryRoleFixture : GatewayFixture
{
    /// <summary>The credential's password.</summary>
    public const string ControlPassword = "control-e2e";

    /// <summary>Agents of this group read two tables and nothing else.</summary>
    public const string Grants = """
        - {name: two-tables, groups: [table-agents], target: clinic, allow: [read], tables: [clinic.encounters, clinic.payers]}
        - {name: writing, groups: [writing-agents], target: clinic, allow: [read, write, ddl], schemas: [scratch]}
        """;

    /// <summary>The role that makes the others.</summary>
    public string Control => $"control_{Database}";

    /// <summary>A group every session's role is a member of.</summary>
    public string Group => $"readers_{Database}";

    /// <summary>Gets what sessions leave behind.</summary>
    public string Heir => $"heir_{Database}";

    private protected override async Task PrepareAsync() => await Server.ExecuteAsync(
        $"""
        CREATE ROLE {Control} LOGIN CREATEROLE PASSWORD '{ControlPassword}';
        ALTER ROLE {Control} SET log_min_messages = fatal;
        GRANT SET ON PARAMETER log_min_messages TO {Control};
        CREATE ROLE {Group} NOLOGIN;
        CREATE ROLE {Heir} NOLOGIN;
        GRANT {Group}, {Heir} TO {Control} WITH ADMIN OPTION;
        CREATE TABLE scratch.shared (n integer);
        CREATE TABLE scratch.held (n integer);
        INSERT INTO scratch.held SELECT generate_series(1, 200);
        ANALYZE scratch.held;
        GRANT SELECT, INSERT, UPDATE, DELETE ON scratch.held TO {Control} WITH GRANT OPTION;
        GRANT USAGE ON SCHEMA scratch TO {Group};
        GRANT SELECT ON scratch.shared TO {Group};
        GRANT USAGE ON SCHEMA clinic TO {Control} WITH GRANT OPTION;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clinic TO {Control} WITH GRANT OPTION;
        GRANT USAGE, CREATE ON SCHEMA scratch TO {Control} WITH GRANT OPTION;
        """,
        Database);

    private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
    {
        Targets = [("clinic", Server, Database, Control, ControlPassword)],
        TemporaryRoles = $"{{memberOf: [{Group}], privileges: grants, reassignTo: {Heir}}}",
        Grants = Grants,
        Rules = GatewaySettings.StandardRules + "\n- {name: held-writes, match: {class: write, tables: [scratch.held]}, verdict: ask, approvers: [security-officers], hold: 0s, dryRun: true}",
        Limits = "{sessionsPerPrincipal: 200}",
    });
}
