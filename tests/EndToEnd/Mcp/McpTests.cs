using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Mcp;

/// <summary>An agent that speaks MCP meets the same gate, masks and records as one that speaks PostgreSQL.</summary>
public sealed class McpTests(McpTests.Fixture fixture) : IClassFixture<McpTests.Fixture>
{
    private const string PatientSql = "SELECT mrn, first_name, ssn, patient_id FROM clinic.patients WHERE patient_id <= 3 ORDER BY patient_id";

    private static string Agent => Shared.Issuer.Agent("agent-1", runId: "run-mcp");

    private static string Reviewer => Shared.Issuer.Human("carol", "security-officers");

    [Theory]
    [InlineData(McpConnection.WithSession)]
    [InlineData(McpConnection.Sessionless)]
    public async Task Queries_are_masked_as_psql_is(string version)
    {
        await using var mcp = await McpConnection.OpenAsync(fixture.Gateway, Agent, version);
        Assert.Equal(version, mcp.Client.NegotiatedProtocolVersion);
        var result = await mcp.QueryAsync(PatientSql);
        var text = JsonSerializer.Serialize(result);
        Assert.All(await PatientValues.OfFirstAsync(fixture.Server, 3, fixture.Database), value => Assert.DoesNotContain(value, text));

        // Tokens live as long as a session, or for one run where the agent says so; everything else is the same as over psql.
        var psql = (await fixture.Gateway.Psql(Agent).RunAsync("--no-align", "--tuples-only", "--field-separator", "\t", "--command", PatientSql)).Expect(0).Output;
        Assert.Equal(
            psql.TrimEnd().Split('\n').Select(line => line.Split('\t')[1..]),
            McpConnection.RowsOf(result).Select(row => row.Skip(1).Select(cell => cell ?? "").ToArray()));

        Assert.Equal([["2", "x"]], await mcp.RowsAsync("SELECT $1::int + 1, $2::text", "1", "x"));
        var refused = await mcp.QueryAsync("DELETE FROM scratch.notes");
        Assert.True(refused.IsError);
        Assert.False(refused.StructuredContent!.Value.GetProperty("executed").GetBoolean());
        Assert.Equal("refused", McpConnection.Field(refused, "status"));
        Assert.Equal("unbounded-write", McpConnection.Field(refused, "rule"));
        Assert.Equal("Add a condition.", McpConnection.Field(refused, "next_step"));
        Assert.StartsWith("NOT EXECUTED", McpConnection.TextOf(refused));
    }

    [Fact]
    public async Task Tools_list_targets_describe_tags_and_explain_and_none_decides()
    {
        await using var mcp = await McpConnection.OpenAsync(fixture.Gateway, Agent);
        var tools = await mcp.Client.ListToolsAsync();
        Assert.Equal(
            ["access_status", "approval_status", "describe_schema", "explain", "list_targets", "query", "request_access", "wait_for_approval"],
            tools.Select(tool => tool.Name).Order(StringComparer.Ordinal));
        Assert.All(tools, tool => Assert.Equal(tool.Name is not ("query" or "request_access"), tool.ProtocolTool.Annotations!.ReadOnlyHint));
        Assert.All(tools, tool => Assert.False(tool.JsonSchema.GetProperty("additionalProperties").GetBoolean()));

        var targets = await mcp.CallAsync("list_targets");
        Assert.Equal("clinic", targets.StructuredContent!.Value.GetProperty("targets")[0].GetProperty("name").GetString());
        var schema = await mcp.CallAsync("describe_schema", new { target = "clinic", table = "patients" });
        var columns = schema.StructuredContent!.Value.GetProperty("tables")[0].GetProperty("columns").EnumerateArray();
        var mrn = columns.Single(column => column.GetProperty("name").GetString() == "mrn");
        Assert.Equal(("MRN", "token"), (mrn.GetProperty("tag").GetString(), mrn.GetProperty("mask").GetString()));
        var explained = await mcp.CallAsync("explain", new { target = "clinic", sql = "DROP TABLE clinic.patients; SELECT mrn FROM clinic.patients WHERE ssn = '123-45-6789'" });
        Assert.DoesNotContain("6789", JsonSerializer.Serialize(explained));
        Assert.Equal("deny", explained.StructuredContent!.Value.GetProperty("statements")[0].GetProperty("decision").GetString());

        var elsewhere = await mcp.CallAsync("query", new { target = "nowhere", sql = "SELECT 1" });
        Assert.Equal("refused", McpConnection.Field(elsewhere, "status"));
        Assert.Contains("no-grant", McpConnection.Field(elsewhere, "rule"));
        Assert.Equal("invalid", McpConnection.Field(await mcp.CallAsync("query", new { target = "clinic", sql = "SELECT 1", approve = true }), "status"));
    }

    [Fact]
    public async Task A_transaction_spans_calls_of_a_session_and_is_refused_where_there_is_none()
    {
        await using (var mcp = await McpConnection.OpenAsync(fixture.Gateway, Agent))
        {
            await mcp.RowsAsync("BEGIN");
            await mcp.RowsAsync("INSERT INTO scratch.notes VALUES (1, 'gone')");
            await mcp.RowsAsync("ROLLBACK");
            await mcp.RowsAsync("BEGIN");
            await mcp.RowsAsync("INSERT INTO scratch.notes VALUES ($1::int, $2)", "2", "kept");
            await mcp.RowsAsync("COMMIT");
            var several = await mcp.QueryAsync("SELECT 1; SELECT 2");
            Assert.Equal("42601", McpConnection.Field(several, "sqlstate"));
            Assert.Equal([["2"]], await mcp.RowsAsync("SELECT id FROM scratch.notes WHERE id IN (1, 2)"));
            // What an ended conversation leaves open is rolled back.
            await mcp.RowsAsync("BEGIN");
            await mcp.RowsAsync("INSERT INTO scratch.notes VALUES (3, 'left open')");
        }

        await using var once = await McpConnection.OpenAsync(fixture.Gateway, Agent, McpConnection.Sessionless);
        var open = await once.QueryAsync("BEGIN");
        Assert.Equal("no-session", McpConnection.Field(open, "rule"));
        await TestRun.UntilAsync("the open transaction is gone", async () =>
            (await once.RowsAsync("SELECT count(*) FROM pg_locks WHERE relation = 'scratch.notes'::regclass AND mode = 'RowExclusiveLock'"))[0][0] == "0");
        Assert.Empty(await once.RowsAsync("SELECT id FROM scratch.notes WHERE id IN (1, 3)"));
    }

    [Fact]
    public async Task Results_are_cut_to_their_limits_and_say_so()
    {
        await using var mcp = await McpConnection.OpenAsync(fixture.Gateway, Agent);
        var many = await mcp.CallAsync("query", new { target = "clinic", sql = "SELECT i FROM generate_series(1, 1000) i", max_rows = 7 });
        Assert.Equal(7, McpConnection.RowsOf(many).Count);
        Assert.True(many.StructuredContent!.Value.GetProperty("truncated").GetBoolean());
        Assert.Contains("TRUNCATED", McpConnection.TextOf(many));
        var exactly = await mcp.CallAsync("query", new { target = "clinic", sql = "SELECT i FROM generate_series(1, 7) i", max_rows = 7 });
        Assert.False(exactly.StructuredContent!.Value.GetProperty("truncated").GetBoolean());
        var wide = await mcp.QueryAsync("SELECT repeat('x', 200000) FROM generate_series(1, 40)");
        Assert.InRange(McpConnection.RowsOf(wide).Count, 1, 2);
        Assert.True(wide.StructuredContent!.Value.GetProperty("truncated").GetBoolean());
        Assert.Equal([["7"]], await mcp.RowsAsync("SELECT 3 + 4"));
    }

    [Fact]
    public async Task A_held_statement_tells_that_it_waits_and_runs_once_when_a_person_approves()
    {
        await using var mcp = await McpConnection.OpenAsync(fixture.Gateway, Agent);
        var progress = new List<string>();
        var call = mcp.CallAsync(
            "query",
            new { target = "clinic", sql = "UPDATE scratch.counters SET hits = hits + 1 WHERE id = 1", wait_seconds = 60 },
            message =>
            {
                lock (progress)
                {
                    progress.Add(message);
                }
            });
        var approval = await PendingAsync("id = 1");
        await TestRun.UntilAsync("the agent is told", () =>
        {
            lock (progress)
            {
                return progress.Exists(message => message.Contains(approval, StringComparison.Ordinal));
            }
        });
        Assert.Equal(HttpStatusCode.OK, await DecideAsync(approval, "approve"));
        Assert.Equal("UPDATE 1", McpConnection.Field(await call, "command"));
        Assert.Equal(1, await HitsAsync(1));
    }

    [Fact]
    public async Task Undecided_it_is_not_executed_and_the_same_call_attaches_after_approval()
    {
        await using var mcp = await McpConnection.OpenAsync(fixture.Gateway, Agent);
        var held = new { target = "clinic", sql = "UPDATE scratch.counters SET hits = hits + 1 WHERE id = $1::int", parameters = new[] { "2" }, wait_seconds = 0 };
        var pending = await mcp.CallAsync("query", held);
        Assert.True(pending.IsError);
        Assert.Equal(("pending", "held-writes"), (McpConnection.Field(pending, "status"), McpConnection.Field(pending, "rule")));
        var approval = McpConnection.Field(pending, "id");
        Assert.Contains($"NOT EXECUTED - approval {approval} pending", McpConnection.TextOf(pending));
        Assert.Equal("pending", McpConnection.Field(await mcp.CallAsync("approval_status", new { id = approval }), "state"));

        var waiting = mcp.CallAsync("wait_for_approval", new { id = approval, timeout_seconds = 60 });
        Assert.Equal(HttpStatusCode.OK, await DecideAsync(approval, "approve"));
        Assert.Equal("approved", McpConnection.Field(await waiting, "state"));
        Assert.Equal(0, await HitsAsync(2));
        Assert.Equal("UPDATE 1", McpConnection.Field(await mcp.CallAsync("query", held), "command"));
        Assert.Equal(1, await HitsAsync(2));

        var denied = mcp.CallAsync("query", new { held.target, held.sql, held.parameters, wait_seconds = 60 });
        Assert.Equal(HttpStatusCode.OK, await DecideAsync(await PendingAsync("'2'"), "deny"));
        Assert.Equal("denied", McpConnection.Field(await denied, "status"));
        Assert.Equal(1, await HitsAsync(2));
    }

    [Fact]
    public async Task An_agent_without_a_grant_is_told_how_to_ask_asks_waits_and_goes_on()
    {
        const string sql = "SELECT count(*) FROM scratch.counters";
        await using var mcp = await McpConnection.OpenAsync(fixture.Gateway, Shared.Issuer.Agent("agent-2", groups: "guest-agents"));
        var closed = await mcp.QueryAsync(sql);
        Assert.Equal(("refused", "no-grant"), (McpConnection.Field(closed, "status"), McpConnection.Field(closed, "rule")));
        Assert.Equal("no-grant", McpConnection.Field(await mcp.CallAsync("explain", new { target = "clinic", sql }), "rule"));

        var asked = await AskAsync(mcp, closed, "the weekly count");
        Assert.Equal("pending", McpConnection.Field(asked, "state"));
        var request = McpConnection.Field(asked, "id");
        var told = mcp.CallAsync("access_status", new { id = request, wait_seconds = 60 });
        var carol = fixture.Gateway.Cli("mcp-carol") with { Token = Reviewer };
        (await carol.RunAsync("access", "approve", request, "--reason", "once a week is fine")).Expect(0);
        Assert.Equal("granted", McpConnection.Field(await told, "state"));
        Assert.Contains("once a week is fine", McpConnection.TextOf(await told));
        Assert.Equal([["9"]], await mcp.RowsAsync(sql));

        // Within the same session the next refusal names what is missing beside it; what no rule gives has nothing to call.
        var beside = await mcp.QueryAsync("SELECT c.hits FROM scratch.counters c JOIN scratch.notes n USING (id)");
        var more = beside.StructuredContent!.Value.GetProperty("next_call");
        Assert.Equal(["scratch.notes"], more.GetProperty("arguments").GetProperty("tables").EnumerateArray().Select(table => table.GetString()));
        var explained = (await mcp.CallAsync("explain", new { target = "clinic", sql = "SELECT * FROM scratch.notes" })).StructuredContent!.Value.GetProperty("statements")[0];
        Assert.Equal("request_access", explained.GetProperty("next_call").GetProperty("tool").GetString());
        Assert.Equal("granted", McpConnection.Field(await AskAsync(mcp, beside, "and their notes"), "state"));
        Assert.False((await mcp.QueryAsync("SELECT c.hits FROM scratch.counters c JOIN scratch.notes n USING (id)")).IsError);
        var never = await mcp.QueryAsync("SELECT patient_id FROM clinic.patients");
        Assert.Equal("no-grant", McpConnection.Field(never, "rule"));
        Assert.False(never.StructuredContent!.Value.TryGetProperty("next_call", out _));
    }

    [Theory]
    [InlineData(McpConnection.WithSession)]
    [InlineData(McpConnection.Sessionless)]
    public async Task A_client_that_left_while_it_waited_gets_nothing_run(string version)
    {
        var id = version == McpConnection.WithSession ? 3 : 4;
        var left = await McpConnection.OpenAsync(fixture.Gateway, Agent, version);
        var call = left.CallAsync("query", new { target = "clinic", sql = $"UPDATE scratch.counters SET hits = 7 WHERE id = {id}", wait_seconds = 60 });
        var approval = await PendingAsync($"id = {id}");
        await left.DisposeAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => call);
        await TestRun.UntilAsync("the session is over", async () =>
        {
            var (_, page) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/sessions?state=live", Shared.Issuer.Human("oscar", "operators"));
            return page.GetProperty("items").EnumerateArray().All(session => session.GetProperty("id").GetString() != approval.Session);
        });
        Assert.Equal(HttpStatusCode.OK, await DecideAsync(approval, "approve"));
        Assert.Equal(0, await HitsAsync(id));
    }

    [Fact]
    public async Task Errors_hold_no_protected_value()
    {
        await using var mcp = await McpConnection.OpenAsync(fixture.Gateway, Agent);
        var values = await PatientValues.OfFirstAsync(fixture.Server, 3, fixture.Database);
        foreach (var sql in (string[])[
            "SELECT ssn::int FROM clinic.patients",
            "SELECT 1 / (length(last_name) - length(last_name)) FROM clinic.patients",
            "SELECT first_name::date FROM clinic.patients WHERE patient_id = 1",
            "SELECT * FROM clinic.patients WHERE patient_id = (SELECT last_name FROM clinic.patients LIMIT 1)::int"])
        {
            var failed = await mcp.QueryAsync(sql);
            Assert.True(failed.IsError, sql);
            Assert.All(values, value => Assert.DoesNotContain(value, JsonSerializer.Serialize(failed)));
        }
    }

    [Fact]
    public async Task Without_a_token_a_client_is_led_to_the_issuers()
    {
        using var http = fixture.Gateway.Http(token: null);
        using var unsigned = await http.PostAsync(new Uri("/mcp", UriKind.Relative), new StringContent("{}"));
        Assert.Equal(HttpStatusCode.Unauthorized, unsigned.StatusCode);
        var challenge = unsigned.Headers.WwwAuthenticate.Single().Parameter!;
        var address = challenge.Split("resource_metadata=\"")[1].TrimEnd('"');
        using var document = JsonDocument.Parse(await http.GetStringAsync(new Uri(new Uri(address).PathAndQuery, UriKind.Relative)));
        Assert.Equal(LocalIssuer.Issuer, document.RootElement.GetProperty("authorization_servers")[0].GetString());
        Assert.EndsWith("/mcp", document.RootElement.GetProperty("resource").GetString());
    }

    [Theory]
    [InlineData("http")]
    [InlineData("stdio")]
    public async Task The_JavaScript_client_works_over_http_and_over_the_command_line(string how)
    {
        var folder = TestRun.Subdirectory("mcp");
        File.Copy(Path.Combine(TestRun.Repository, "tests", "EndToEnd", "Mcp", "client.mjs"), Path.Combine(folder, "client.mjs"));
        File.CreateSymbolicLink(Path.Combine(folder, "node_modules"), TestRun.NodeModules);
        var cli = (fixture.Gateway.Cli("mcp-" + how) with { Token = Agent }).Launch("mcp");
        string[] where = how == "http" ? [fixture.Gateway.ApiUrl + "/mcp"] : [cli.Program, .. cli.Arguments];
        var finished = await ChildProcess.RunAsync(new Launch(TestRun.Node, ["client.mjs", how, .. where]) { Directory = folder, Environment = cli.Environment });
        using var told = JsonDocument.Parse(finished.Expect(0).Output);
        var root = told.RootElement;
        Assert.Contains("wait_for_approval", root.GetProperty("tools").EnumerateArray().Select(tool => tool.GetString()));
        Assert.All(await PatientValues.OfFirstAsync(fixture.Server, 1, fixture.Database), value => Assert.DoesNotContain(value, finished.Output));
        Assert.Equal(1, Structured("read").GetProperty("row_count").GetInt32());
        Assert.Equal("0", Structured("inTransaction").GetProperty("rows")[0][0].GetString());
        Assert.Equal("unbounded-write", Structured("refused").GetProperty("rule").GetString());
        Assert.Equal("pending", Structured("held").GetProperty("status").GetString());
        Assert.Contains(Structured("held").GetProperty("id").GetString()!, root.GetProperty("progress")[0].GetString());

        JsonElement Structured(string call) => root.GetProperty(call).GetProperty("structuredContent");
    }

    [Fact]
    public async Task The_Inspector_lists_and_calls_tools_over_the_command_line()
    {
        using var listed = await InspectAsync("--method", "tools/list");
        Assert.Contains("request_access", listed.RootElement.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()));
        using var called = await InspectAsync(
            "--method", "tools/call", "--tool-name", "query", "--tool-arg", "target=clinic", "sql=SELECT ssn, mrn FROM clinic.patients WHERE patient_id = 1");
        Assert.Equal(1, called.RootElement.GetProperty("structuredContent").GetProperty("row_count").GetInt32());
        Assert.All(await PatientValues.OfFirstAsync(fixture.Server, 1, fixture.Database), value => Assert.DoesNotContain(value, called.RootElement.GetRawText()));
    }

    /// <summary>What the Inspector prints of one call.</summary>
    private async Task<JsonDocument> InspectAsync(params string[] what)
    {
        var cli = (fixture.Gateway.Cli("mcp-inspector") with { Token = Agent }).Launch("mcp");
        var inspector = Path.Combine(TestRun.NodeModules, "@modelcontextprotocol", "inspector-cli", "build", "cli.js");
        // It starts its own second half as "node". This version sends no header of ours over HTTP, hence the command line.
        var path = $"{Path.GetDirectoryName(TestRun.Node)}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}";
        var finished = await ChildProcess.RunAsync(new Launch(TestRun.Node, [inspector, "--cli", cli.Program, .. cli.Arguments, .. what])
        {
            Environment = new Dictionary<string, string>(cli.Environment!) { ["PATH"] = path },
        });
        return JsonDocument.Parse(finished.Expect(0).Output);
    }

    /// <summary>Makes the call that a refusal names.</summary>
    private static Task<CallToolResult> AskAsync(McpConnection mcp, CallToolResult refused, string reason)
    {
        var next = JsonNode.Parse(refused.StructuredContent!.Value.GetProperty("next_call").GetRawText())!;
        next["arguments"]!["reason"] = reason;
        return mcp.CallAsync(next["tool"]!.GetValue<string>(), next["arguments"]);
    }

    private static string IdOf(JsonElement approval) => approval.GetProperty("id").GetString()!;

    private async Task<PendingApproval> PendingAsync(string statement)
    {
        var found = await fixture.Gateway.ApprovalAsync(
            Reviewer, approval => approval.GetProperty("statement").GetString()!.Contains(statement, StringComparison.Ordinal));
        return new PendingApproval(IdOf(found), found.GetProperty("session").GetString()!);
    }

    private async Task<HttpStatusCode> DecideAsync(string approval, string how)
    {
        var (status, _) = await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{approval}/{how}", Reviewer, new { reason = "because" });
        return status;
    }

    private async Task<int> HitsAsync(int id) => (int)(await fixture.Server.ScalarAsync($"SELECT hits FROM scratch.counters WHERE id = {id}", fixture.Database))!;

    private sealed record PendingApproval(string Id, string Session)
    {
        public static implicit operator string(PendingApproval approval) => approval.Id;
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = """
                - {name: unbounded-write, match: {effects: [update, delete], unbounded: true}, verdict: deny, remedy: Add a condition.}
                - {name: no-destructive-ddl, match: {effects: [drop, truncate], schemas: [clinic]}, verdict: deny, remedy: Ask the operator for a migration.}
                - {name: held-writes, match: {class: write, tables: [scratch.counters]}, verdict: ask, approvers: [security-officers], hold: 30s, expires: 15m}
                """,
            More = """
                access:
                  - {name: guests, groups: [guest-agents], target: clinic, allow: [read], tables: [scratch.counters], approvers: [security-officers], maxDuration: 1h}
                  - {name: guests-notes, groups: [guest-agents], target: clinic, allow: [read], tables: [scratch.notes], verdict: auto, maxDuration: 1h}
                """,
        });

        private protected override Task PrepareAsync() => Server.ExecuteAsync(
            $"""
            CREATE TABLE scratch.counters (id int PRIMARY KEY, hits int NOT NULL);
            INSERT INTO scratch.counters SELECT i, 0 FROM generate_series(1, 9) i;
            CREATE TABLE scratch.notes (id int PRIMARY KEY, note text);
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            """,
            Database);
    }
}
