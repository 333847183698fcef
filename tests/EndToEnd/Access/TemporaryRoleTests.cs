using System.Diagnostics;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>A role for each session: what the database itself refuses, and that nothing is left of it.</summary>
public sealed class TemporaryRoleTests(TemporaryRoleFixture fixture) : IClassFixture<TemporaryRoleFixture>
{
    private GatewayProcess Gateway => fixture.Gateway;

    [Fact]
    public async Task The_database_itself_refuses_what_the_grant_leaves_out_and_the_log_of_the_target_names_the_session()
    {
        await using var agent = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1", "table-agents"));
        var role = (string)(await ScalarAsync(agent, "SELECT current_user::text"))!;
        Assert.Matches("^sallyport_s_[0-9a-f]{20}$", role);
        Assert.True((long)(await ScalarAsync(agent, "SELECT count(*) FROM clinic.encounters WHERE description <> 'needle-in-the-log'"))! > 0);

        // The role, seen by an administrator: one connection, no rights beyond its memberships, an end.
        var facts = (object[])(await fixture.Server.ScalarAsync(
            $"SELECT ARRAY[rolconnlimit::text, rolsuper::text, rolcreaterole::text, (rolvaliduntil BETWEEN now() AND now() + interval '12 min')::text] FROM pg_roles WHERE rolname = '{role}'"))!;
        Assert.Equal(["1", "false", "false", "true"], facts);
        Assert.StartsWith("SCRAM-SHA-256$4096:", (string)(await fixture.Server.ScalarAsync($"SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'"))!);

        // Past the gateway, with the role's own rights: an administrator gives it a password that a test can know.
        await fixture.Server.ExecuteAsync($"ALTER ROLE {role} PASSWORD 'known-e2e' CONNECTION LIMIT 2");
        await using (var direct = new NpgsqlConnection(fixture.Server.ConnectionString(fixture.Database, role, "known-e2e")))
        {
            await direct.OpenAsync();
            Assert.True((long)(await ScalarAsync(direct, "SELECT count(*) FROM clinic.payers"))! > 0);
            Assert.Equal(0L, await ScalarAsync(direct, "SELECT count(*) FROM scratch.shared"));
            foreach (var forbidden in (string[])["SELECT count(*) FROM clinic.patients", "DELETE FROM clinic.payers", "UPDATE clinic.encounters SET description = description", "CREATE TABLE clinic.mine (n integer)", $"SET ROLE {fixture.Control}"])
            {
                var refused = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(direct, forbidden));
                Assert.Equal("42501", refused.SqlState);
            }
        }

        await agent.CloseAsync();
        await NoRoleIsLeftAsync(role);
        Assert.DoesNotContain("needle-in-the-log", fixture.Server.Log);
    }

    [Fact]
    public async Task What_a_session_made_goes_to_the_heir_and_its_temporary_tables_go_with_it()
    {
        await using var agent = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1", "writing-agents"));
        var role = (string)(await ScalarAsync(agent, "SELECT current_user::text"))!;
        await ScalarAsync(agent, "CREATE TEMP TABLE passing (n integer)");
        await ScalarAsync(agent, "CREATE TABLE scratch.kept (n integer)");
        await agent.CloseAsync();
        await NoRoleIsLeftAsync(role);
        Assert.Equal(fixture.Heir, await fixture.Server.ScalarAsync("SELECT tableowner::text FROM pg_tables WHERE schemaname = 'scratch' AND tablename = 'kept'", fixture.Database));
    }

    [Fact]
    public async Task A_held_write_of_a_session_with_a_role_of_its_own_is_measured_with_that_role()
    {
        var refused = (await Gateway.Psql(Shared.Issuer.Agent("agent-1", "writing-agents")).QueryAsync("UPDATE scratch.held SET n = 0 WHERE n <= 50")).Expect(1);
        var id = System.Text.RegularExpressions.Regex.Match(refused.Error, @"apr_\w+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
        var (_, shown) = await Gateway.ApiAsync(HttpMethod.Get, $"/api/v1/approvals/{id}", Shared.Issuer.Human("carol", "security-officers"));
        Assert.True(shown.TryGetProperty("estimatedRows", out var rows), $"{refused.Error}{shown}");
        Assert.InRange(rows.GetInt64(), 40, 60);
        Assert.True(shown.TryGetProperty("dryRunRows", out var written), shown.ToString());
        Assert.Equal(50, written.GetInt64());
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.held WHERE n = 0", fixture.Database));
    }

    [Fact]
    public async Task A_session_s_record_says_which_role_it_had_and_that_it_is_gone()
    {
        await using var agent = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-2", "table-agents"));
        var role = (string)(await ScalarAsync(agent, "SELECT current_user::text"))!;
        var session = "ses_" + role["sallyport_s_".Length..];
        await agent.CloseAsync();
        await NoRoleIsLeftAsync(role);
        await TestRun.UntilAsync("the session is over", async () =>
            (await ExportedEvidence.ExportAsync(Gateway, Shared.Issuer, "--session", session)).OfKind("session.end").Any());
        var evidence = await ExportedEvidence.ExportAsync(Gateway, Shared.Issuer, "--session", session);
        var issued = Assert.Single(evidence.OfKind("credential.issue"));
        Assert.Equal(role, issued.GetProperty("role").GetString());
        Assert.Equal(fixture.Group, issued.GetProperty("member_of").GetString());
        Assert.Equal("two-tables", issued.GetProperty("grants").GetString());
        Assert.Equal(64, issued.GetProperty("scope").GetString()!.Length);
        var revoked = Assert.Single(evidence.OfKind("credential.revoke"));
        Assert.Equal((role, session, "session-end"), (revoked.GetProperty("role").GetString(), revoked.GetProperty("sid").GetString(), revoked.GetProperty("reason").GetString()));
        var cli = Gateway.Cli("auditor") with { Token = Shared.Issuer.Human("audrey", "auditors") };
        (await cli.RunAsync("evidence", "verify", evidence.BundleFile, "--key", await ExportedEvidence.KeyAsync(Gateway, Shared.Issuer))).Expect(0);
    }

    [Fact]
    public async Task After_the_gateway_was_killed_with_fifty_sessions_none_of_their_roles_is_left_within_ten_seconds()
    {
        var token = Shared.Issuer.Agent("agent-1", "table-agents");
        var sessions = new List<NpgsqlConnection>();
        try
        {
            for (var batch = 0; batch < 5; batch++)
            {
                sessions.AddRange(await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Gateway.ConnectAsync(token, more: builder => builder.Pooling = false))));
            }

            // One of them is at work, so that its process does not see that its client is gone.
            _ = ScalarAsync(sessions[0], "SELECT pg_sleep(120)").ContinueWith(static _ => { }, TaskScheduler.Default);
            Assert.True(await RolesAsync() >= 50);
            await Gateway.KillAsync();
            await Gateway.RestartAsync();
            await TestRun.UntilAsync("no role is left", async () => await RolesAsync() == 0, TimeSpan.FromSeconds(10));
        }
        finally
        {
            sessions.ForEach(static session => session.Dispose());
        }

        var evidence = await ExportedEvidence.ExportAsync(Gateway, Shared.Issuer);
        var issued = evidence.OfKind("credential.issue").Select(static record => record.GetProperty("role").GetString()).ToList();
        await TestRun.UntilAsync("every end is recorded", async () =>
        {
            evidence = await ExportedEvidence.ExportAsync(Gateway, Shared.Issuer);
            return evidence.OfKind("credential.revoke").Count() >= issued.Count;
        });
        Assert.Equal(issued.Order(StringComparer.Ordinal), evidence.OfKind("credential.revoke").Select(static record => record.GetProperty("role").GetString()).Order(StringComparer.Ordinal));
        Assert.True(evidence.OfKind("credential.revoke").Count(static record => record.GetProperty("reason").GetString() == "left-over") >= 50);
    }

    [Fact]
    public async Task A_kill_cancels_what_runs_within_a_second_drops_the_role_and_tells_the_client_why()
    {
        var quickest = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 3 && quickest > TimeSpan.FromSeconds(1); attempt++)
        {
            await using var psql = ChildProcess.Start(Gateway.Psql(Shared.Issuer.Agent("agent-1", "table-agents")).Launch("--command", "SELECT pg_sleep(61)"));
            string? role = null;
            await TestRun.UntilAsync("the statement runs", async () =>
                (role = (string?)await fixture.Server.ScalarAsync($"SELECT usename::text FROM pg_stat_activity WHERE datname = '{fixture.Database}' AND state = 'active' AND query LIKE '%pg_sleep%' AND usename LIKE 'sallyport%'")) is not null);
            var session = "ses_" + role!["sallyport_s_".Length..];
            var told = Stopwatch.GetTimestamp();
            var (status, killed) = await Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/sessions/{session}/kill", Shared.Issuer.Human("oscar", "operators"), new { reason = "runaway agent" });
            var took = Stopwatch.GetElapsedTime(told);
            Assert.Equal(System.Net.HttpStatusCode.OK, status);
            Assert.StartsWith("killed", killed.GetProperty("endReason").GetString());

            // The answer comes when the session is over: its process is gone, and so is its role.
            Assert.Null(await fixture.Server.ScalarAsync($"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"));
            Assert.Null(await fixture.Server.ScalarAsync($"SELECT 1 FROM pg_stat_activity WHERE datname = '{fixture.Database}' AND query LIKE '%pg_sleep(61)%' AND pid <> pg_backend_pid()"));
            var finished = await psql.WaitAsync(TimeSpan.FromSeconds(10));
            Assert.NotEqual(0, finished.ExitCode);
            Assert.Contains("the session was ended by an operator (oscar): runaway agent", finished.Error);
            quickest = took < quickest ? took : quickest;
        }

        Assert.True(quickest < TimeSpan.FromSeconds(1), $"{quickest}");
    }

    [Fact]
    public async Task A_disabled_principal_is_out_at_once_with_every_token_until_it_is_enabled()
    {
        var token = Shared.Issuer.Agent("agent-3", "table-agents");
        await using var agent = await Gateway.ConnectAsync(token);
        var role = (string)(await ScalarAsync(agent, "SELECT current_user::text"))!;
        var cli = Gateway.Cli("operator") with { Token = Shared.Issuer.Human("oscar", "operators") };
        var listed = System.Text.Json.JsonDocument.Parse((await cli.RunAsync("principals", "list", "--json")).Expect(0).Output).RootElement;
        var id = listed.GetProperty("items").EnumerateArray().Single(item => item.GetProperty("name").GetString() == "agent-3").GetProperty("id").GetString()!;
        (await cli.RunAsync("principals", "disable", id, "--reason", "stolen laptop")).Expect(0);
        await NoRoleIsLeftAsync(role);
        var ended = await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(agent, "SELECT 1"));
        Assert.Contains("disabled by an operator (oscar)", ended.ToString());
        foreach (var other in (string[])[token, Shared.Issuer.Agent("agent-3", "table-agents")])
        {
            var refused = await Gateway.Psql(other).QueryAsync("SELECT 1");
            Assert.Contains("your access to this gateway is disabled", refused.Error);
        }

        (await cli.RunAsync("principals", "enable", id, "--reason", "found again")).Expect(0);
        (await Gateway.Psql(token).QueryAsync("SELECT 1")).Expect(0);
        var evidence = await ExportedEvidence.ExportAsync(Gateway, Shared.Issuer);
        foreach (var kind in (string[])["principal.disable", "principal.enable"])
        {
            Assert.Contains(evidence.OfKind(kind), record => record.GetProperty("principal").GetString() == id && record.GetProperty("reason_com").GetString()!.Length == 64);
        }

        Assert.Contains(evidence.OfKind("auth.fail"), static record => record.GetProperty("reason").GetString() == "principal-disabled");
    }

    [Fact]
    public async Task A_killed_run_ends_all_its_sessions_and_no_other()
    {
        await using var one = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1", "table-agents", runId: "run-to-kill"), more: static builder => builder.Pooling = false);
        await using var two = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1", "table-agents", runId: "run-to-kill"), more: static builder => builder.Pooling = false);
        await using var other = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1", "table-agents", runId: "run-to-keep"), more: static builder => builder.Pooling = false);
        var roles = new[] { (string)(await ScalarAsync(one, "SELECT current_user::text"))!, (string)(await ScalarAsync(two, "SELECT current_user::text"))! };
        var cli = Gateway.Cli("operator") with { Token = Shared.Issuer.Human("oscar", "operators") };
        Assert.Contains("run-to-kill", (await cli.RunAsync("runs", "list")).Expect(0).Output);
        Assert.Contains("2 live sessions were ended", (await cli.RunAsync("runs", "kill", "run-to-kill", "--reason", "went astray")).Expect(0).Output);
        await Task.WhenAll(roles.Select(NoRoleIsLeftAsync));
        var ended = await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(one, "SELECT 1"));
        Assert.Contains("ended by an operator (oscar): went astray", ended.ToString());
        Assert.Equal(1, await ScalarAsync(other, "SELECT 1"));
    }

    [Fact]
    public async Task Grants_that_come_in_force_change_the_rights_of_live_sessions_before_their_next_statement()
    {
        await using var agent = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-2", "table-agents"));
        var role = (string)(await ScalarAsync(agent, "SELECT current_user::text"))!;
        Assert.False((bool)(await fixture.Server.ScalarAsync($"SELECT has_table_privilege('{role}', 'clinic.claims', 'SELECT')", fixture.Database))!);
        var before = await File.ReadAllTextAsync(Gateway.ConfigurationFile);
        try
        {
            await ReloadAsync(before.Replace("clinic.payers]", "clinic.payers, clinic.claims]", StringComparison.Ordinal));
            Assert.True((long)(await ScalarAsync(agent, "SELECT count(*) FROM clinic.claims"))! > 0);
            await ReloadAsync(before.Replace("[clinic.encounters, clinic.payers]", "[clinic.encounters]", StringComparison.Ordinal));
            Assert.True((long)(await ScalarAsync(agent, "SELECT count(*) FROM clinic.encounters"))! > 0);
            Assert.False((bool)(await fixture.Server.ScalarAsync($"SELECT has_table_privilege('{role}', 'clinic.payers', 'SELECT')", fixture.Database))!);
        }
        finally
        {
            await ReloadAsync(before);
        }
    }

    [Fact]
    public async Task In_floor_mode_rights_by_grant_leave_tagged_columns_out()
    {
        var settings = GatewaySettings.For(fixture.Server, Shared.Issuer, fixture.Database) with
        {
            Targets = [("clinic", fixture.Server, fixture.Database, fixture.Control, TemporaryRoleFixture.ControlPassword)],
            TargetMode = "floor",
            TemporaryRoles = "{privileges: grants}",
            Grants = "- {name: patients, groups: [reporting-agents], target: clinic, allow: [read], tables: [clinic.patients]}",
        };
        await using var gateway = await GatewayProcess.StartAsync(settings);
        var psql = gateway.Psql(Shared.Issuer.Agent("agent-1"));
        (await psql.QueryAsync("SELECT count(*) FROM clinic.patients WHERE gender = 'F'")).Expect(0);
        Assert.Contains("ERROR:  the statement may not do this", (await psql.QueryAsync("SELECT mrn FROM clinic.patients")).Error);
    }

    private async Task ReloadAsync(string configuration)
    {
        await File.WriteAllTextAsync(Gateway.ConfigurationFile, configuration);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(configuration)));
        var seen = Gateway.Log.Length;
        Gateway.Signal("HUP");
        await TestRun.UntilAsync("the configuration is in force", () => Task.FromResult(Gateway.Log[seen..].Contains(hash, StringComparison.Ordinal)));
    }

    private async Task<long> RolesAsync() =>
        (long)(await fixture.Server.ScalarAsync($"SELECT count(*) FROM pg_roles WHERE rolname LIKE 'sallyport\\_s\\_%' AND pg_has_role('{fixture.Control}', oid, 'MEMBER')"))!;

    private Task NoRoleIsLeftAsync(string role) => TestRun.UntilAsync(
        "the role is gone", async () => await fixture.Server.ScalarAsync($"SELECT 1 FROM pg_roles WHERE rolname = '{role}'") is null, TimeSpan.FromSeconds(5));

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 150 };
        return await command.ExecuteScalarAsync();
    }
}
