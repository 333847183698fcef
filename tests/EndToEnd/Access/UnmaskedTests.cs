using System.Globalization;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>A grant may show tagged columns as they are stored: to its holder, those columns, where they are only read, and as long as it holds.</summary>
public sealed class UnmaskedTests(UnmaskedTests.Fixture fixture) : IClassFixture<UnmaskedTests.Fixture>
{
    private const string Prepare = "PREPARE look AS SELECT mrn, ssn, upper(mrn), mrn || ssn FROM clinic.patients WHERE patient_id = 1";

    private readonly UserCli _reviewer = fixture.Gateway.Cli("bob") with { Token = Shared.Issuer.Human("bob", "security-officers") };

    [Fact]
    public async Task The_same_statement_is_clear_to_who_has_the_grant_and_masked_to_who_has_not_and_to_both_after_its_end()
    {
        var (mrn, ssn) = await fixture.StoredAsync();
        await using var holder = PsqlSession.Start(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1")));
        await using var other = PsqlSession.Start(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-2")));
        await holder.TellAsync(Prepare);
        await other.TellAsync(Prepare);
        AllMasked(await holder.AskAsync("EXECUTE look"));
        var grant = await GrantAsync("agent-1");

        for (var i = 0; i < 2; i++)
        {
            var shown = (await holder.AskAsync("EXECUTE look")).Split('|');
            Assert.Equal((mrn, mrn.ToUpperInvariant()), (shown[0], shown[2]));
            Assert.DoesNotContain(ssn, string.Join('|', shown));
            Assert.DoesNotContain(mrn, shown[3]);
            AllMasked(await other.AskAsync("EXECUTE look"));
            Assert.Equal(mrn, await holder.AskAsync("SELECT mrn FROM clinic.patients WHERE patient_id = 1"));
            Assert.DoesNotContain(mrn, await other.AskAsync("SELECT mrn FROM clinic.patients WHERE patient_id = 1"));
        }

        Assert.Contains("analysis:computed-predicate", await other.FailAsync($"SELECT patient_id FROM clinic.patients WHERE substr(mrn, 1, 4) = '{mrn[..4]}'"));
        Assert.Contains("1", (await holder.AskAsync($"SELECT patient_id FROM clinic.patients WHERE substr(mrn, 1, 4) = '{mrn[..4]}' ORDER BY patient_id")).Split('\n'));
        Assert.Equal(mrn, await holder.AskAsync("COPY (SELECT mrn FROM clinic.patients WHERE patient_id = 1) TO STDOUT"));
        Assert.Contains("analysis:tagged-output", await holder.FailAsync("CREATE TABLE scratch.kept AS SELECT mrn FROM clinic.patients"));
        Assert.Contains("analysis:write-elsewhere", await holder.FailAsync("INSERT INTO scratch.notes SELECT mrn FROM clinic.patients"));
        AllMasked(await holder.AskAsync("UPDATE clinic.patients SET gender = gender WHERE patient_id = 1 RETURNING mrn, ssn"));

        await RevokeAsync(grant);
        AllMasked(await holder.AskAsync("EXECUTE look"));
        Assert.DoesNotContain(mrn, await holder.AskAsync("SELECT mrn FROM clinic.patients WHERE patient_id = 1"));
        Assert.DoesNotContain(mrn, await holder.AskAsync("COPY (SELECT mrn FROM clinic.patients WHERE patient_id = 1) TO STDOUT"));
        Assert.Contains("analysis:computed-predicate", await holder.FailAsync($"SELECT patient_id FROM clinic.patients WHERE substr(mrn, 1, 4) = '{mrn[..4]}'"));

        void AllMasked(string row)
        {
            Assert.DoesNotContain(mrn, row);
            Assert.DoesNotContain(ssn, row);
        }
    }

    [Fact]
    public async Task When_the_grant_ends_prepared_statements_are_masked_again_and_nothing_more_comes_of_open_cursors_and_portals()
    {
        var (mrn, _) = await fixture.StoredAsync();
        var grant = await GrantAsync("agent-3");
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-3"));
        await using var read = new NpgsqlCommand("SELECT mrn FROM clinic.patients WHERE patient_id = $1", connection) { Parameters = { new() { Value = 1L } } };
        await read.PrepareAsync();
        Assert.Equal(mrn, await read.ExecuteScalarAsync());
        Assert.Equal(mrn, await read.ExecuteScalarAsync());
        await using var browsing = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-3"), more: static builder => builder.Pooling = false);
        await ScalarAsync(browsing, "BEGIN");
        await ScalarAsync(browsing, "DECLARE rows CURSOR FOR SELECT mrn FROM clinic.patients ORDER BY patient_id");
        Assert.Equal(mrn, await ScalarAsync(browsing, "FETCH rows"));
        using var raw = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent("agent-3"));
        await raw.RoundTripAsync(RawClient.Query("BEGIN"));
        var first = await raw.RoundTripAsync(
            RawClient.Parse("all", "SELECT mrn FROM clinic.patients ORDER BY patient_id"), RawClient.Bind("some", "all", false), RawClient.Execute("some", 1), RawClient.Sync);
        Assert.Contains(first, message => message.Type == 'D' && message.Text.Contains(mrn, StringComparison.Ordinal));
        Assert.Contains(first, static message => message.Type == 's');

        await RevokeAsync(grant);
        Assert.DoesNotContain(mrn, (string?)await read.ExecuteScalarAsync());
        Assert.Contains("redeclared", (await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(browsing, "FETCH rows"))).MessageText);
        var more = await raw.RoundTripAsync(RawClient.Execute("some", 1), RawClient.Sync);
        Assert.Equal("40001", Assert.Single(more, static message => message.Type == 'E').Field('C'));
        Assert.DoesNotContain(more, static message => message.Type == 'D');
        await raw.RoundTripAsync(RawClient.Query("ROLLBACK"));
        var again = await raw.RoundTripAsync(RawClient.Bind("some", "all", false), RawClient.Execute("some", 1), RawClient.Sync);
        Assert.DoesNotContain(mrn, Assert.Single(again, static message => message.Type == 'D').Text);
    }

    [Fact]
    public async Task What_runs_when_the_grant_ends_is_cut_although_another_grant_is_left()
    {
        var grant = await GrantAsync("agent-2");
        await using var psql = ChildProcess.Start(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-2")).Launch(
            "--command", "SELECT count(*) FROM clinic.patients p, clinic.encounters a, clinic.encounters b, clinic.encounters c WHERE p.mrn || a.description || b.description || c.description <> ''"));
        psql.Input.Close();
        await TestRun.UntilAsync("it runs", async () => psql.HasExited || await fixture.Server.ScalarAsync(
            "SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%c.description <>%' AND pid <> pg_backend_pid()", fixture.Database) is not null);
        Assert.False(psql.HasExited, psql.Error);
        await RevokeAsync(grant);
        var ended = await psql.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.NotEqual(0, ended.ExitCode);
        Assert.Contains($"grant {grant}, which showed columns unmasked, has ended while a statement ran: revoked by bob: done", ended.Error);
        (await fixture.Gateway.Psql(Shared.Issuer.Agent("agent-2")).QueryAsync("SELECT 1")).Expect(0);
    }

    [Fact]
    public async Task Each_column_that_was_read_in_clear_is_recorded_with_the_grant_that_showed_it()
    {
        var grant = await GrantAsync("agent-2");
        await using (var psql = PsqlSession.Start(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-2", runId: "run-recorded"))))
        {
            await psql.AskAsync("SELECT mrn, ssn FROM clinic.patients WHERE patient_id = 1");
            await psql.AskAsync("SELECT count(*) FROM clinic.payers");
        }

        await RevokeAsync(grant);
        var auditor = fixture.Gateway.Cli("auditor") with { Token = Shared.Issuer.Human("audrey", "auditors") };
        var sessions = (await auditor.JsonAsync("sessions", "list", "--limit", "50")).GetProperty("items");
        var session = sessions.EnumerateArray().Single(static s => s.GetProperty("run").GetString() == "run-recorded").GetProperty("id").GetString()!;
        ExportedEvidence? evidence = null;
        await TestRun.UntilAsync("the session is over", async () =>
            (evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer, "--session", session)).OfKind("session.end").Any());
        (await auditor.RunAsync("evidence", "verify", evidence!.BundleFile, "--key", await ExportedEvidence.KeyAsync(fixture.Gateway, Shared.Issuer))).Expect(0);
        var intents = evidence.OfKind("intent").ToList();
        var shown = Assert.Single(intents, static intent => intent.TryGetProperty("unmasked", out _));
        var column = Assert.Single(shown.GetProperty("unmasked").EnumerateArray());
        Assert.Equal(("clinic.patients.mrn", grant), (column.GetProperty("col").GetString(), column.GetProperty("grant").GetString()));
        Assert.Equal(grant, shown.GetProperty("grant").GetString());
        Assert.Contains("clinic.patients.mrn", shown.GetProperty("phi_columns").EnumerateArray().Select(static name => name.GetString()));

        // The bundle has what stands behind the grant, although the configuration alone opened the table.
        Assert.Equal("clinic.patients.mrn", Assert.Single(evidence.OfKind("access.request")).GetProperty("unmasked").GetString());
        Assert.Equal(grant, Assert.Single(evidence.OfKind("grant.end")).GetProperty("grant").GetString());
    }

    [Fact]
    public async Task Only_a_rule_that_lists_the_column_gives_it_and_a_standing_grant_shows_it_in_every_format()
    {
        var agent = fixture.Gateway.Cli("agent-2") with { Token = Shared.Issuer.Agent("agent-2") };
        var refused = (await AskAsync(agent, "clinic.patients.ssn")).Expect(4);
        Assert.Contains("does not show clinic.patients.ssn unmasked", refused.Error);
        (await AskAsync(agent, "clinic.patients.gender")).Expect(4);

        var stored = (DateOnly)(await fixture.Server.ScalarAsync("SELECT birth_date FROM clinic.patients WHERE patient_id = 1", fixture.Database))!;
        await using var standing = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-3", "registry-agents"));
        Assert.Equal(stored, await ScalarAsync(standing, "SELECT birth_date FROM clinic.patients WHERE patient_id = 1"));
        Assert.Equal(stored.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), await ScalarAsync(standing, "SELECT birth_date::text FROM clinic.patients WHERE patient_id = 1"));
        Assert.NotEqual((await fixture.StoredAsync()).Mrn, await ScalarAsync(standing, "SELECT mrn FROM clinic.patients WHERE patient_id = 1"));
    }

    private static Task<Finished> AskAsync(UserCli agent, string column) => agent.RunAsync(
        "access", "request", "--target", "clinic", "--allow", "read", "--tables", "clinic.patients", "--unmasked", column, "--for", "10m", "--reason", "to match charts");

    /// <summary>The agent asks, a person agrees.</summary>
    private async Task<string> GrantAsync(string name)
    {
        var agent = fixture.Gateway.Cli(name) with { Token = Shared.Issuer.Agent(name) };
        (await AskAsync(agent, "clinic.patients.mrn")).Expect(2);
        var request = (await agent.JsonAsync("access", "list")).GetProperty("requests")[0].GetProperty("id").GetString()!;
        return (await _reviewer.JsonAsync("access", "approve", request)).GetProperty("grant").GetString()!;
    }

    private async Task RevokeAsync(string grant) => (await _reviewer.RunAsync("access", "revoke", grant, "--reason", "done")).Expect(0);

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public sealed class Fixture : GatewayFixture
    {
        internal async Task<(string Mrn, string Ssn)> StoredAsync() => (
            (string)(await Server.ScalarAsync("SELECT mrn::text FROM clinic.patients WHERE patient_id = 1", Database))!,
            (string)(await Server.ScalarAsync("SELECT ssn::text FROM clinic.patients WHERE patient_id = 1", Database))!);

        private protected override Task PrepareAsync() => Server.ExecuteAsync($"CREATE TABLE scratch.notes (note text); ALTER TABLE scratch.notes OWNER TO {PostgresServer.GatewayUser}", Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "",
            Grants = GatewaySettings.AllowAll + """

                - {name: registry, groups: [registry-agents], target: clinic, allow: [read], tables: [clinic.patients], unmasked: [clinic.patients.birth_date]}
                """,
            More = """
                access:
                  - {name: reads, groups: [reporting-agents], target: clinic, allow: [read], schemas: [clinic], verdict: auto, maxDuration: 1h}
                  - {name: charts, groups: [reporting-agents], target: clinic, allow: [read], tables: [clinic.patients], unmasked: [clinic.patients.mrn], approvers: [security-officers], maxDuration: 1h}
                """,
        });
    }
}
