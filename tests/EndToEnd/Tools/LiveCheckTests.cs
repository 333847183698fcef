using System.Text.Json;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Tools;

/// <summary><c>sallyport-server check --live</c>: what a target lacks, with the SQL that mends it.</summary>
public sealed class LiveCheckTests
{
    [Theory]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Each_planted_defect_is_named_and_its_SQL_mends_it(int major)
    {
        var (server, database, role) = await FlawedAsync(major);
        var settings = GatewaySettings.For(server, Shared.Issuer, database) with
        {
            Targets = [("clinic", server, database, role, "live-e2e")],
            Phi = new Dictionary<string, string> { ["clinic"] = GatewaySettings.ClinicPhi() + "\nclinic.patients.renamed: NAME" },
        };
        var (exit, findings) = await CheckAsync(settings);
        Assert.Equal(1, exit);
        (string Severity, string Part)[] expected =
        [
            ("error", "allowed to replicate"), ("error", "member of pg_read_server_files"), ("error", "clinic.patients.renamed, which is not there"),
            ("warning", "allowed to create roles"), ("warning", "bypass row security"), ("warning", "log_min_messages of the gateway's role is"),
            ("warning", "log_statement is all"), ("warning", "log_min_duration_statement is 0"), ("warning", "scratch.lookup(integer), which runs with its owner's rights"),
            ("warning", "dblink"), ("note", "make objects in the schema scratch"), ("note", "scratch.change()"),
        ];
        foreach (var (severity, part) in expected)
        {
            Assert.True(findings.Any(f => f.Severity == severity && f.Message.Contains(part, StringComparison.Ordinal)), $"{part}: {string.Join('\n', findings)}");
        }

        foreach (var fix in findings.Select(f => f.Fix).Where(fix => fix.Length > 0))
        {
            await server.ExecuteAsync(fix, database);
        }

        var (_, left) = await CheckAsync(settings);
        Assert.Equal(["note", "error"], left.Select(f => f.Severity).Distinct().Order(StringComparer.Ordinal).Reverse());
        Assert.All(left, f => Assert.True(f.Fix.Length == 0 && (f.Message.Contains("renamed", StringComparison.Ordinal) || f.Message.Contains("VOLATILE", StringComparison.Ordinal)), f.ToString()));
    }

    [Theory]
    [InlineData(15)]
    [InlineData(18)]
    public async Task Each_privilege_that_making_roles_lacks_is_named_and_its_SQL_gives_it(int major)
    {
        var server = await Shared.PostgresAsync(major);
        var database = await Shared.DatabaseAsync(server);
        var role = $"maker_{database}";
        await server.ExecuteAsync(
            $"""
            CREATE ROLE {role} LOGIN PASSWORD 'live-e2e';
            ALTER ROLE {role} SET log_min_messages = fatal;
            CREATE ROLE readers_{role};
            CREATE ROLE heir_{role};
            """,
            database);
        var settings = GatewaySettings.For(server, Shared.Issuer, database) with
        {
            Targets = [("clinic", server, database, role, "live-e2e")],
            TemporaryRoles = $"{{memberOf: [readers_{role}], privileges: grants, reassignTo: heir_{role}}}",
            Grants = "- {name: agents, groups: [reporting-agents], target: clinic, allow: [read, write], schemas: [clinic]}",
        };
        var (exit, findings) = await CheckAsync(settings);
        Assert.Equal(1, exit);
        string[] expected =
        [
            $"ALTER ROLE \"{role}\" CREATEROLE;", $"GRANT \"heir_{role}\" TO \"{role}\";", $"GRANT SET ON PARAMETER \"log_min_messages\" TO \"{role}\";",
            $"GRANT SELECT ON ALL TABLES IN SCHEMA \"clinic\" TO \"{role}\" WITH GRANT OPTION;", $"GRANT DELETE ON ALL TABLES IN SCHEMA \"clinic\" TO \"{role}\" WITH GRANT OPTION;",
            $"GRANT USAGE ON SCHEMA \"clinic\" TO \"{role}\" WITH GRANT OPTION;", .. major >= 16 ? [$"GRANT \"readers_{role}\" TO \"{role}\" WITH ADMIN OPTION;"] : Array.Empty<string>(),
        ];
        Assert.All(expected, fix => Assert.Contains(fix, findings.Select(static finding => finding.Fix)));
        foreach (var (_, _, fix) in findings.Where(static finding => finding.Severity == "error" || finding.Fix.Contains("PARAMETER", StringComparison.Ordinal)))
        {
            await server.ExecuteAsync(fix, database);
        }

        var (fixedExit, left) = await CheckAsync(settings);
        Assert.True(fixedExit == 0, string.Join('\n', left));

        // And with these rights a session begins.
        await using var gateway = await GatewayProcess.StartAsync(settings);
        var psql = (await gateway.Psql(Shared.Issuer.Agent("agent-1")).QueryAsync("SELECT left(current_user, 12), count(*) > 0 FROM clinic.payers")).Expect(0);
        Assert.Contains("sallyport_s_|t", psql.Output);
        await TestRun.UntilAsync("its role is gone", async () => await server.ScalarAsync($"SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE m.roleid = 'readers_{role}'::regrole AND r.rolname LIKE 'sallyport%'") is null);
    }

    [Fact]
    public async Task A_good_target_has_nothing_but_notes_and_one_that_is_gone_is_an_error()
    {
        var server = await Shared.PostgresAsync();
        var database = await Shared.DatabaseAsync(server);
        var (exit, findings) = await CheckAsync(GatewaySettings.For(server, Shared.Issuer, database));
        Assert.True(exit == 0, string.Join('\n', findings));
        Assert.DoesNotContain(findings, f => f.Severity == "error");
        var (gone, none) = await CheckAsync(GatewaySettings.For(server, Shared.Issuer, "no_such_database"));
        Assert.Equal(1, gone);
        Assert.Contains("cannot sign in", Assert.Single(none).Message);
        var superuser = await CheckAsync(GatewaySettings.For(server, Shared.Issuer, database) with
        {
            Targets = [("clinic", server, database, PostgresServer.Superuser, PostgresServer.SuperuserPassword)],
            TargetMode = "floor",
        });
        Assert.Contains(superuser.Findings, f => f.Severity == "error" && f.Message.Contains("a superuser", StringComparison.Ordinal));
        Assert.Contains(superuser.Findings, f => f.Severity == "error" && f.Message.Contains("floor mode", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_text_has_the_fix_below_the_finding_and_the_command_line_passes_it_on()
    {
        var (server, database, role) = await FlawedAsync(15);
        var file = Write(GatewaySettings.For(server, Shared.Issuer, database) with { Targets = [("clinic", server, database, role, "live-e2e")] });
        var finished = await ChildProcess.RunAsync(new Launch(TestRun.Program("Cli", "sallyport"), "check", file, "--live")
        {
            Environment = new() { ["SALLYPORT_SERVER"] = TestRun.Program("Server", "sallyport-server"), ["HOME"] = TestRun.Directory },
        });
        Assert.Equal(1, finished.ExitCode);
        Assert.Contains($"target clinic: error: The gateway's role is allowed to replicate: one missed statement would then be total loss.\n    ALTER ROLE \"{role}\" NOREPLICATION;\n", finished.Output);
    }

    private static async Task<(PostgresServer Server, string Database, string Role)> FlawedAsync(int major)
    {
        var server = await Shared.PostgresAsync(major);
        var database = await Shared.DatabaseAsync(server);
        var role = $"flawed_{database}";
        await server.ExecuteAsync(
            $"""
            CREATE ROLE {role} LOGIN PASSWORD 'live-e2e' REPLICATION CREATEROLE BYPASSRLS;
            GRANT pg_read_server_files TO {role};
            ALTER ROLE {role} SET log_statement = 'all';
            ALTER ROLE {role} SET log_min_duration_statement = 0;
            GRANT ALL ON SCHEMA scratch TO {role};
            GRANT USAGE ON SCHEMA clinic TO {role};
            CREATE FUNCTION scratch.lookup(integer) RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT mrn FROM clinic.patients WHERE patient_id = $1';
            CREATE FUNCTION scratch.change() RETURNS integer LANGUAGE sql AS 'SELECT 1';
            CREATE EXTENSION dblink SCHEMA scratch;
            """,
            database);
        return (server, database, role);
    }

    private static async Task<(int Exit, List<(string Severity, string Message, string Fix)> Findings)> CheckAsync(GatewaySettings settings)
    {
        var finished = await ChildProcess.RunAsync(new Launch(TestRun.Program("Server", "sallyport-server"), "check", Write(settings), "--live", "--json"));
        var report = JsonDocument.Parse(finished.Output).RootElement;
        Assert.True(report.GetProperty("valid").GetBoolean(), finished.Output);
        return (finished.ExitCode, [.. report.GetProperty("live").EnumerateArray().Select(f => (
            f.GetProperty("severity").GetString()!, f.GetProperty("message").GetString()!, f.GetProperty("fix").GetString()!))]);
    }

    private static string Write(GatewaySettings settings)
    {
        var folder = TestRun.Subdirectory("live");
        var file = Path.Combine(folder, "sallyport.yaml");
        File.WriteAllText(file, settings.Yaml(TestRun.FreePort(), TestRun.FreePort(), Path.Combine(folder, "data")));
        return file;
    }
}
