using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>Budgets end loops and floods, in the middle of a result where that is where the limit is, and survive a crash.</summary>
public sealed class BudgetTests(BudgetTests.Fixture fixture) : IClassFixture<BudgetTests.Fixture>
{
    [Fact]
    public async Task A_loop_over_patients_ends_at_the_configured_cell_in_the_middle_of_a_result_also_after_a_crash()
    {
        var (gateway, cells) = (fixture.Gateway, 0);
        string? error = null;
        for (var page = 0; page < 20 && error is null; page++)
        {
            using var client = await SignInAsync("agent-1", "run-1");
            var seen = await QueryAsync(client, $"SELECT patient_id, mrn, first_name FROM clinic.patients ORDER BY patient_id LIMIT 15 OFFSET {page * 15}");
            cells += 2 * seen.Count(m => m.Type == 'D');
            error = seen.SingleOrDefault(m => m.Type == 'E')?.Field('M');
        }

        Assert.Equal(100, cells);
        Assert.StartsWith("STOPPED - refused by budget:cells-of-run: 100 of 100 PHI cells of this run are used up - end this run", error);
        using (var client = await SignInAsync("agent-1", "run-1"))
        {
            Assert.StartsWith("NOT EXECUTED - refused by budget:cells-of-run: 100 of 100 PHI cells", await ErrorAsync(client, "SELECT mrn FROM clinic.patients LIMIT 1"));
        }

        // Half of another run is used, and the gateway killed: the count may be too high by a step and never too low.
        using (var client = await SignInAsync("agent-1", "run-2"))
        {
            Assert.Equal(50, (await QueryAsync(client, "SELECT mrn FROM clinic.patients LIMIT 50")).Count(m => m.Type == 'D'));
        }

        await gateway.KillAsync();
        await gateway.RestartAsync();
        using (var client = await SignInAsync("agent-1", "run-1"))
        {
            Assert.Contains("refused by budget:cells-of-run", await ErrorAsync(client, "SELECT 1"));
        }

        using (var client = await SignInAsync("agent-1", "run-2"))
        {
            var seen = await QueryAsync(client, "SELECT mrn FROM clinic.patients");
            Assert.InRange(seen.Count(m => m.Type == 'D'), 40, 50);
            Assert.Contains("STOPPED", Assert.Single(seen, m => m.Type == 'E').Field('M'));
            Assert.Equal("54000", Assert.Single(seen, m => m.Type == 'E').Field('C'));
        }

        using (var client = await SignInAsync("agent-1", "run-3"))
        {
            Assert.Contains(await QueryAsync(client, "SELECT mrn FROM clinic.patients LIMIT 1"), m => m.Type == 'C');
        }

        await AssertShownAndRecordedAsync();
    }

    private async Task AssertShownAndRecordedAsync()
    {
        var own = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/budgets", Shared.Issuer.Agent("agent-1", runId: "run-9"));
        var run = own.Body.GetProperty("items").EnumerateArray().Single(b => b.TryGetProperty("run", out var id) && id.GetString() == "run-1");
        Assert.True(run.GetProperty("isReached").GetBoolean());
        Assert.InRange(run.GetProperty("measures")[0].GetProperty("used").GetInt64(), 100, 103);
        var others = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/budgets", Shared.Issuer.Agent("stranger"));
        Assert.DoesNotContain(others.Body.GetProperty("items").EnumerateArray(), b => b.GetProperty("principal").GetString() == "agent-1");

        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        var reached = evidence.OfKind("budget.reached").First(r => r.GetProperty("budget").GetString() == "cells-of-run");
        Assert.Equal(("run", "phi-cells", 100, "deny"), (
            reached.GetProperty("per").GetString()!, reached.GetProperty("measure").GetString()!, reached.GetProperty("limit").GetInt32(), reached.GetProperty("action").GetString()!));
        var actions = evidence.OfKind("deny").Where(d => d.GetProperty("rule").GetString() == "budget:cells-of-run").Select(d => d.GetProperty("action").GetString()).ToList();
        Assert.Contains("cut", actions);
        Assert.Contains("refused", actions);
    }

    [Fact]
    public async Task One_large_result_is_cut_and_its_transaction_undone()
    {
        using var client = await SignInAsync("reader", "big");
        Assert.Contains(await QueryAsync(client, "BEGIN"), m => m.Type == 'C');
        var seen = await client.RoundTripAsync(
            RawClient.Parse("", "SELECT g, repeat('x', 100) FROM generate_series(1, 100000) g"), RawClient.Bind("", "", binaryResults: false), RawClient.Execute(""),
            RawClient.Parse("", "SELECT 1"), RawClient.Bind("", "", binaryResults: false), RawClient.Execute(""), RawClient.Sync);
        Assert.Equal(1000, seen.Count(m => m.Type == 'D'));
        Assert.Contains("STOPPED - refused by budget:rows-of-run: 1000 of 1000 rows", Assert.Single(seen, m => m.Type == 'E').Field('M'));
        Assert.Equal('E', (char)seen[^1].Body[0]);
        Assert.Contains(await QueryAsync(client, "ROLLBACK"), m => m.Type == 'C');
        Assert.Contains("1000 of 1000 rows", await ErrorAsync(client, "SELECT 1"));
    }

    [Fact]
    public async Task Copied_rows_count_like_others()
    {
        using var client = await SignInAsync("agent-2", "copy");
        var seen = await QueryAsync(client, "COPY (SELECT patient_id, mrn FROM clinic.patients) TO STDOUT");
        Assert.Equal(100, seen.Count(m => m.Type == 'd'));
        Assert.Contains("100 of 100 PHI cells", Assert.Single(seen, m => m.Type == 'E').Field('M'));
    }

    [Fact]
    public async Task Refusals_in_a_row_end_the_session_and_a_statement_in_between_begins_the_row_anew()
    {
        const string Forbidden = "SELECT pg_read_file('/etc/passwd')";
        using var client = await SignInAsync("stubborn", "r");
        for (var round = 0; round < 3; round++)
        {
            Assert.Contains("refused by analysis", await ErrorAsync(client, Forbidden));
            Assert.Contains("refused by analysis", await ErrorAsync(client, Forbidden));
            Assert.Contains(await QueryAsync(client, "SELECT 1"), m => m.Type == 'C');
        }

        for (var i = 0; i < 3; i++)
        {
            Assert.Contains("refused by analysis", await ErrorAsync(client, Forbidden));
        }

        await client.SendAsync(RawClient.Query("SELECT 1"));
        var last = await client.ReadToEndAsync();
        Assert.Contains(last, m => m.Type == 'E' && m.Field('S') == "FATAL" && m.Field('M').Contains("budget:stubborn: 3 of 3 refusals in a row", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Time_that_runs_out_cancels_what_runs()
    {
        using var client = await SignInAsync("sleeper", "s");
        var started = TimeProvider.System.GetTimestamp();
        Assert.Contains("STOPPED - refused by budget:time", await ErrorAsync(client, "SELECT pg_sleep(20)"));
        Assert.InRange(TimeProvider.System.GetElapsedTime(started).TotalSeconds, 0.5, 10);
    }

    [Fact]
    public async Task Where_the_budget_asks_a_reviewer_lets_one_statement_through_whole()
    {
        using var client = await SignInAsync("asker", "a");
        Assert.Contains(await QueryAsync(client, "SELECT mrn FROM clinic.patients LIMIT 10"), m => m.Type == 'C');
        const string More = "SELECT mrn FROM clinic.patients LIMIT 30";
        Assert.Contains(await QueryAsync(client, More), m => m.Type == 'E' && m.Field('C') == "SP001");
        var reviewer = Shared.Issuer.Human("carol", "security-officers");
        var approval = await fixture.Gateway.ApprovalAsync(reviewer, a => a.GetProperty("rule").GetString() == "budget:asking");
        await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{approval.GetProperty("id").GetString()}/approve", reviewer, new { reason = "yes" });
        Assert.Equal(30, (await QueryAsync(client, More)).Count(m => m.Type == 'D'));
        Assert.Contains(await QueryAsync(client, "SELECT 2"), m => m.Type == 'E' && m.Field('C') == "SP001");
    }

    [Fact]
    public async Task A_changed_limit_holds_for_open_sessions_from_their_next_statement()
    {
        using var client = await SignInAsync("reloaded", "x");
        Assert.Contains(await QueryAsync(client, "SELECT 1"), m => m.Type == 'C');
        Assert.Contains(await QueryAsync(client, "SELECT 2"), m => m.Type == 'C');
        Assert.Contains("2 of 2 statements", await ErrorAsync(client, "SELECT 3"));
        var file = await File.ReadAllTextAsync(fixture.Gateway.ConfigurationFile);
        await File.WriteAllTextAsync(fixture.Gateway.ConfigurationFile, file.Replace("{statements: 2}", "{statements: 3}", StringComparison.Ordinal));
        fixture.Gateway.Signal("HUP");
        await TestRun.UntilAsync("the new limit holds", async () => (await QueryAsync(client, "SELECT 3")).Any(m => m.Type == 'C'));
        Assert.Contains("3 of 3 statements", await ErrorAsync(client, "SELECT 4"));
    }

    [Fact]
    public async Task The_command_line_shows_what_is_left()
    {
        using (var client = await SignInAsync("agent-3", "c"))
        {
            Assert.Contains(await QueryAsync(client, "SELECT mrn FROM clinic.patients LIMIT 7"), m => m.Type == 'C');
        }

        var items = (await fixture.Gateway.Cli("budgets").With(Shared.Issuer.Human("olga", "operators")).JsonAsync("budgets")).GetProperty("items");
        var mine = items.EnumerateArray().Single(b => b.GetProperty("principal").GetString() == "agent-3" && b.GetProperty("budget").GetString() == "cells-of-run");
        Assert.Equal(7, mine.GetProperty("measures")[0].GetProperty("used").GetInt64());
    }

    private Task<RawClient> SignInAsync(string agent, string run) => RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent(agent, runId: run));

    private static Task<List<RawMessage>> QueryAsync(RawClient client, string sql) => client.RoundTripAsync(RawClient.Query(sql));

    private static async Task<string> ErrorAsync(RawClient client, string sql) => Assert.Single(await QueryAsync(client, sql), m => m.Type == 'E').Field('M');

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "",
            Limits = "{haltedFor: 0s}",
            More = """
                budgets:
                  - {name: cells-of-run, per: run, target: clinic, kinds: [agent], limits: {phiCells: 100}}
                  - {name: rows-of-run, per: run, principals: ["reader"], limits: {rows: 1000, bytes: 10MiB}}
                  - {name: stubborn, per: session, principals: ["stubborn"], limits: {denials: 3}, atLimit: kill}
                  - {name: time, per: principal, principals: ["sleeper"], limits: {time: 1s}}
                  - {name: asking, per: run, principals: ["asker"], limits: {phiCells: 10}, atLimit: ask, approvers: [security-officers], hold: 0s}
                  - {name: few, per: principal, window: 1h, principals: ["reloaded"], limits: {statements: 2}}
                """,
        });
    }
}
