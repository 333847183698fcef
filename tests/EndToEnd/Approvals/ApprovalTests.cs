using System.Net;
using System.Text.Json;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Approvals;

/// <summary>A held command runs once when a human approves it, and never otherwise.</summary>
public sealed class ApprovalTests(ApprovalTests.Fixture fixture) : IClassFixture<ApprovalTests.Fixture>
{
    private static readonly TimeSpan Held = TimeSpan.FromSeconds(60);

    private static string Reviewer => Shared.Issuer.Human("carol", "security-officers");

    [Fact]
    public async Task A_held_write_says_so_and_runs_once_when_it_is_approved_over_the_api()
    {
        var id = await NewRowAsync();
        var agent = Shared.Issuer.Agent("agent-1");
        await using var psql = ChildProcess.Start(fixture.Gateway.Psql(agent).Launch("--command", $"UPDATE scratch.counters SET hits = hits + 1 WHERE id = {id}"));
        psql.Input.Close();
        var approval = await WaitForAsync($"id = {id}", psql);
        Assert.Equal("agent-1", approval.GetProperty("requestedBy").GetString());
        Assert.Equal("clinic", approval.GetProperty("target").GetString());
        Assert.Equal("held-writes", approval.GetProperty("rule").GetString());
        Assert.Equal(0, await HitsAsync(id));

        var (status, approved) = await DecideAsync(approval, "approve", Reviewer);
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Contains(approved.GetProperty("state").GetString(), (string[])["approved", "used"]);
        var finished = (await psql.WaitAsync(Held)).Expect(0);
        Assert.Contains("UPDATE 1", finished.Output);
        Assert.Contains("pending", finished.Error);
        Assert.Equal(1, await HitsAsync(id));

        // The approval is used up: the same command asks again.
        await using var again = ChildProcess.Start(fixture.Gateway.Psql(agent).Launch("--command", $"UPDATE scratch.counters SET hits = hits + 1 WHERE id = {id}"));
        again.Input.Close();
        var second = await WaitForAsync($"id = {id}", again);
        Assert.NotEqual(IdOf(approval), IdOf(second));
        Assert.Equal(1, await HitsAsync(id));
        await DecideAsync(second, "deny", Reviewer);
        Assert.Contains("denied", (await again.WaitAsync(Held)).Expect(1).Error);
        Assert.Equal(1, await HitsAsync(id));
    }

    [Fact]
    public async Task The_command_line_lists_shows_approves_and_waits()
    {
        var id = await NewRowAsync();
        await using var psql = ChildProcess.Start(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1")).Launch("--command", $"DELETE FROM scratch.counters WHERE id = {id}"));
        psql.Input.Close();
        var approval = IdOf(await WaitForAsync($"id = {id}", psql));
        var reviewer = fixture.Gateway.Cli("reviewer") with { Token = Reviewer };
        Assert.Contains(approval, (await reviewer.RunAsync("approvals", "list")).Expect(0).Output);
        Assert.Equal("pending", (await reviewer.JsonAsync("approvals", "show", approval)).GetProperty("state").GetString());

        var agent = fixture.Gateway.Cli("agent") with { Token = Shared.Issuer.Agent("agent-1") };
        (await agent.RunAsync("wait", approval, "--timeout", "1s")).Expect(2);
        (await reviewer.RunAsync("approvals", "approve", approval, "--reason", "ticket 4711")).Expect(0);
        (await psql.WaitAsync(Held)).Expect(0);
        (await agent.RunAsync("wait", approval, "--timeout", "30s")).Expect(0);
        (await reviewer.RunAsync("approvals", "approve", approval)).Expect(6);
    }

    [Fact]
    public async Task Neither_an_agent_nor_its_own_human_nor_somebody_outside_the_group_can_approve()
    {
        var id = await NewRowAsync();
        var agent = Shared.Issuer.Agent("agent-1", onBehalfOf: "bob");
        await using var psql = ChildProcess.Start(fixture.Gateway.Psql(agent).Launch("--command", $"UPDATE scratch.counters SET hits = 9 WHERE id = {id}"));
        psql.Input.Close();
        var approval = await WaitForAsync($"id = {id}", psql);
        string[] refused =
        [
            agent,
            Shared.Issuer.Agent("agent-2", groups: "security-officers"),
            Shared.Issuer.Agent("agent-1", groups: "security-officers", onBehalfOf: "carol"),
            Shared.Issuer.Human("bob", "security-officers"),
            Shared.Issuer.Human("alice", "developers"),
            Shared.Issuer.Human("audrey", "auditors"),
        ];
        foreach (var token in refused)
        {
            var (status, problem) = await DecideAsync(approval, "approve", token);
            Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.Forbidden, HttpStatusCode.NotFound]);
            Assert.NotEqual("", problem.GetProperty("title").GetString());
        }

        var (unsigned, _) = await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{IdOf(approval)}/approve", token: null, new { });
        Assert.Equal(HttpStatusCode.Unauthorized, unsigned);
        Assert.Equal(0, await HitsAsync(id));
        await DecideAsync(approval, "deny", Reviewer);
        (await psql.WaitAsync(Held)).Expect(1);
        Assert.Equal(0, await HitsAsync(id));
    }

    [Fact]
    public async Task Undecided_it_is_refused_with_id_and_address_and_the_same_command_attaches_after_approval()
    {
        var id = await NewRowAsync();
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1", runId: "run-1"));
        var sql = $"UPDATE scratch.patience SET hits = hits + 1 WHERE id = {id}";
        var refused = (await psql.RunAsync("--set", "VERBOSITY=verbose", "--command", sql)).Expect(1);
        Assert.Matches(@"SP001: NOT EXECUTED - approval apr_\w+ pending: http\S+/approvals/apr_\w+ - re-run the same command after approval", refused.Error);
        var approval = System.Text.RegularExpressions.Regex.Match(refused.Error, @"apr_\w+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Value;

        // Another text is another request; the same one attaches to it.
        var other = (await psql.QueryAsync(sql + " AND hits = 0")).Expect(1);
        Assert.DoesNotContain(approval, other.Error);
        Assert.Contains(approval, (await psql.QueryAsync(sql)).Expect(1).Error);

        var (status, _) = await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{approval}/approve", Reviewer, new { });
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(0L, await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.patience WHERE id = {id}", fixture.Database));
        (await psql.RunAsync("--command", sql)).Expect(0);
        Assert.Equal(1L, await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.patience WHERE id = {id}", fixture.Database));

        // Used up.
        var third = (await psql.QueryAsync(sql)).Expect(1);
        Assert.DoesNotContain(approval, third.Error);
        Assert.Equal(1L, await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.patience WHERE id = {id}", fixture.Database));
    }

    [Fact]
    public async Task An_approval_is_for_exactly_this_command_of_exactly_this_agent()
    {
        var id = await NewRowAsync();
        var sql = $"UPDATE scratch.patience SET hits = 5 WHERE id = {id}";
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1", runId: "run-a"));
        var approval = await RefusedAsync(psql, sql);
        Assert.Equal(HttpStatusCode.OK, (await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{approval}/approve", Reviewer, new { })).Status);

        Assert.NotEqual(approval, await RefusedAsync(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-2", runId: "run-a")), sql));
        Assert.NotEqual(approval, await RefusedAsync(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1", runId: "run-b")), sql));
        Assert.NotEqual(approval, await RefusedAsync(psql, $"UPDATE scratch.patience SET hits = 6 WHERE id = {id}"));
        Assert.Equal(0L, await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.patience WHERE id = {id}", fixture.Database));

        // Parameters are part of the command.
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1", runId: "run-p"));
        var first = await Assert.ThrowsAsync<PostgresException>(() => WithParameterAsync(connection, id, 7));
        var bound = System.Text.RegularExpressions.Regex.Match(first.MessageText, @"apr_\w+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
        await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{bound}/approve", Reviewer, new { });
        var changed = await Assert.ThrowsAsync<PostgresException>(() => WithParameterAsync(connection, id, 8));
        Assert.DoesNotContain(bound, changed.MessageText);
        await WithParameterAsync(connection, id, 7);
        Assert.Equal(7L, await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.patience WHERE id = {id}", fixture.Database));
    }

    [Fact]
    public async Task A_request_that_nobody_decides_expires_and_cannot_be_approved_any_more()
    {
        var id = await NewRowAsync();
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var approval = await RefusedAsync(psql, $"DELETE FROM scratch.patience WHERE id = {id}");
        await TestRun.UntilAsync("the request has expired", async () =>
        {
            var (_, shown) = await fixture.Gateway.ApiAsync(HttpMethod.Get, $"/api/v1/approvals/{approval}", Reviewer);
            return shown.GetProperty("state").GetString() == "expired";
        });
        Assert.Equal(HttpStatusCode.Conflict, (await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{approval}/approve", Reviewer, new { })).Status);
        Assert.Equal(1L, await fixture.Server.ScalarAsync($"SELECT count(*) FROM scratch.patience WHERE id = {id}", fixture.Database));
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("killed")]
    [InlineData("cancelled")]
    public async Task What_its_client_left_never_runs(string how)
    {
        var id = await NewRowAsync();
        await using var psql = ChildProcess.Start(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1")).Launch("--command", $"UPDATE scratch.counters SET hits = 1 WHERE id = {id}"));
        var approval = await WaitForAsync($"id = {id}", psql);
        psql.Signal(how switch { "reset" => "TERM", "killed" => "KILL", _ => "INT" });
        await psql.WaitAsync(Held);
        await DecideAsync(approval, "approve", Reviewer);
        await Task.Delay(1500);
        Assert.Equal(0, await HitsAsync(id));
    }

    [Fact]
    public async Task Parked_requests_survive_a_restart_and_nothing_runs_by_itself()
    {
        var (gateway, server, database) = await Shared.GatewayAsync(change: s => s with { Rules = Fixture.Rules });
        await using (gateway)
        {
            await server.ExecuteAsync(Fixture.Tables, database);
            await server.ExecuteAsync("INSERT INTO scratch.patience (id) VALUES (1)", database);
            var psql = gateway.Psql(Shared.Issuer.Agent("agent-1"));
            const string Sql = "UPDATE scratch.patience SET hits = hits + 1 WHERE id = 1";
            const string HeldSql = "UPDATE scratch.counters SET hits = hits + 1 WHERE id = 1";
            var parked = await RefusedAsync(psql, Sql);
            await using var holding = ChildProcess.Start(psql.Launch("--command", HeldSql));
            await TestRun.UntilAsync("the command is held", () => holding.Error.Contains("apr_", StringComparison.Ordinal));
            await gateway.KillAsync();
            (await holding.WaitAsync()).Expect(2);
            await gateway.RestartAsync();

            var (_, shown) = await gateway.ApiAsync(HttpMethod.Get, $"/api/v1/approvals/{parked}", Reviewer);
            Assert.Equal("pending", shown.GetProperty("state").GetString());
            Assert.Equal(HttpStatusCode.OK, (await gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{parked}/approve", Reviewer, new { })).Status);
            await gateway.KillAsync();
            await gateway.RestartAsync();
            await Task.Delay(1000);
            Assert.Equal(0L, await server.ScalarAsync("SELECT hits FROM scratch.patience WHERE id = 1", database));
            (await psql.RunAsync("--command", Sql)).Expect(0);
            Assert.Equal(1L, await server.ScalarAsync("SELECT hits FROM scratch.patience WHERE id = 1", database));
        }
    }

    [Fact]
    public async Task In_a_transaction_a_held_write_runs_inside_it()
    {
        var id = await NewRowAsync();
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"UPDATE scratch.counters SET hits = 3 WHERE id = {id}", connection, transaction);
        var running = command.ExecuteNonQueryAsync();
        var approval = await fixture.Gateway.ApprovalAsync(Reviewer, a => a.GetProperty("statement").GetString()!.Contains($"id = {id}", StringComparison.Ordinal));
        await DecideAsync(approval, "approve", Reviewer);
        Assert.Equal(1, await running);
        Assert.Equal(0, await HitsAsync(id));
        await transaction.CommitAsync();
        Assert.Equal(3, await HitsAsync(id));
    }

    [Fact]
    public async Task An_approval_of_a_plan_or_a_class_stands_for_more_commands_until_it_is_revoked()
    {
        var (first, second) = (await NewRowAsync(), await NewRowAsync());
        string Update(int id) => $"UPDATE scratch.batches SET hits = hits + 1 WHERE id = {id}";
        var reviewer = fixture.Gateway.Cli("reviewer") with { Token = Reviewer };
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1", runId: "run-plan"));
        var plan = await RefusedAsync(psql, Update(first));
        (await reviewer.RunAsync("approvals", "approve", plan, "--for-plan", "30m")).Expect(6);
        (await reviewer.RunAsync("approvals", "approve", plan, "--for-plan", "10m")).Expect(0);
        (await psql.QueryAsync(Update(first))).Expect(0);
        (await psql.QueryAsync(Update(second))).Expect(0);
        Assert.NotEqual(plan, await RefusedAsync(psql, Update(second) + " AND hits > 0"));
        Assert.NotEqual(plan, await RefusedAsync(fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1", runId: "run-other")), Update(second)));
        Assert.Contains("this plan until", (await reviewer.RunAsync("approvals", "show", plan)).Expect(0).Output);
        (await reviewer.RunAsync("approvals", "revoke", plan)).Expect(0);
        Assert.NotEqual(plan, await RefusedAsync(psql, Update(first)));

        psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1", runId: "run-class"));
        var run = await RefusedAsync(psql, Update(first));
        (await reviewer.RunAsync("approvals", "approve", run, "--for-run", "10m")).Expect(0);
        (await psql.QueryAsync($"UPDATE scratch.batches SET hits = 7 WHERE id = {second} AND hits < 100")).Expect(0);
        await RefusedAsync(psql, $"DELETE FROM scratch.batches WHERE id = {second}");
        await RefusedAsync(psql, "UPDATE scratch.batches SET hits = 8");
        Assert.Equal(7L, await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.batches WHERE id = {second}", fixture.Database));

        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        string[] OfScope(string kind, string approval) =>
            [.. evidence.OfKind(kind).Where(record => record.GetProperty("approval").GetString() == approval).Select(record => record.GetProperty("scope").GetString()!)];
        Assert.Equal(["plan"], OfScope("approval.decide", plan));
        Assert.Equal(["plan", "plan"], [.. evidence.OfKind("intent").Where(record => record.TryGetProperty("approval", out var by) && by.GetString() == plan).Select(record => record.GetProperty("scope").GetString()!)]);
        Assert.Equal("revoked", Assert.Single(evidence.OfKind("approval.end"), record => record.GetProperty("approval").GetString() == plan).GetProperty("reason").GetString());
        Assert.Equal(["run"], OfScope("approval.decide", run));
    }

    private static async Task WithParameterAsync(NpgsqlConnection connection, int id, long hits)
    {
        await using var command = new NpgsqlCommand("UPDATE scratch.patience SET hits = $1 WHERE id = $2", connection)
        {
            Parameters = { new() { Value = hits }, new() { Value = id } },
        };
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<string> RefusedAsync(Psql psql, string sql)
    {
        var refused = (await psql.QueryAsync(sql)).Expect(1);
        Assert.Contains("NOT EXECUTED", refused.Error);
        return System.Text.RegularExpressions.Regex.Match(refused.Error, @"apr_\w+", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Value;
    }

    private static string IdOf(JsonElement approval) => approval.GetProperty("id").GetString()!;

    private async Task<JsonElement> WaitForAsync(string statement, ChildProcess client)
    {
        await TestRun.UntilAsync("the command is held", () => client.Error.Contains("apr_", StringComparison.Ordinal) || client.HasExited);
        Assert.False(client.HasExited, client.Output + client.Error);
        return await fixture.Gateway.ApprovalAsync(Reviewer, a => a.GetProperty("statement").GetString()!.Contains(statement, StringComparison.Ordinal));
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> DecideAsync(JsonElement approval, string decision, string token) =>
        fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{IdOf(approval)}/{decision}", token, new { reason = "because" });

    private async Task<int> NewRowAsync()
    {
        var id = (int)(await fixture.Server.ScalarAsync("INSERT INTO scratch.counters DEFAULT VALUES RETURNING id", fixture.Database))!;
        await fixture.Server.ExecuteAsync($"INSERT INTO scratch.patience (id) VALUES ({id})", fixture.Database);
        await fixture.Server.ExecuteAsync($"INSERT INTO scratch.batches (id) VALUES ({id})", fixture.Database);
        return id;
    }

    private async Task<long> HitsAsync(int id) => (long)(await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.counters WHERE id = {id}", fixture.Database))!;

    public sealed class Fixture : GatewayFixture
    {
        internal const string Rules = """
            - {name: held-writes, match: {class: write, tables: [scratch.counters]}, verdict: ask, approvers: [security-officers], hold: 60s, expires: 15m}
            - {name: batch-writes, match: {class: write, tables: [scratch.batches]}, verdict: ask, approvers: [security-officers], hold: 0s, widen: {plan: 15m, run: 15m}}
            - {name: short-deletes, match: {effects: [delete], tables: [scratch.patience]}, verdict: ask, approvers: [security-officers], hold: 1s, expires: 10s}
            - {name: short-writes, match: {class: write, tables: [scratch.patience]}, verdict: ask, approvers: [security-officers], hold: 1s, expires: 15m}
            """;

        internal const string Tables = $"""
            CREATE TABLE scratch.counters (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hits bigint NOT NULL DEFAULT 0);
            CREATE TABLE scratch.patience (id integer PRIMARY KEY, hits bigint NOT NULL DEFAULT 0);
            CREATE TABLE scratch.batches (id integer PRIMARY KEY, hits bigint NOT NULL DEFAULT 0);
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            """;

        private protected override Task PrepareAsync() => Server.ExecuteAsync(Tables, Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) =>
            Task.FromResult(settings with { Rules = Rules, Limits = "{approvalsPendingPerPrincipal: 100}" });
    }
}
