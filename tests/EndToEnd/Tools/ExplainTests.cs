using System.Net;
using System.Text.Json;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Tools;

/// <summary><c>sallyport explain</c>: what would become of a statement, in words, without running it.</summary>
public sealed class ExplainTests(ExplainTests.Fixture fixture) : IClassFixture<ExplainTests.Fixture>
{
    private static string Agent => Shared.Issuer.Agent("agent-1");

    [Fact]
    public async Task Each_column_has_its_mask_and_its_reason()
    {
        var statement = await OneAsync("SELECT mrn, last_name AS n, gender, count(*) OVER () FROM clinic.patients WHERE ssn = '999-11-2222'");
        Assert.Equal("allow", Text(statement, "decision"));
        Assert.Equal("grant:agents", Text(statement, "rule"));
        Assert.DoesNotContain("999-11-2222", statement.GetRawText());
        var columns = statement.GetProperty("columns").EnumerateArray().ToArray();
        Assert.Equal(("mrn", "token", "MRN", "clinic.patients.mrn"), Column(columns[0]));
        Assert.Contains("the stored value of clinic.patients.mrn", Text(columns[0], "reason"));
        Assert.Equal(("n", "redact", "NAME"), (Text(columns[1], "name"), Text(columns[1], "mask"), Text(columns[1], "tag")));
        Assert.Equal(("gender", "", "", ""), Column(columns[2]));
        Assert.Equal("clinic.patients (read)", Relations(statement));
    }

    [Fact]
    public async Task A_computed_column_says_through_what_it_came_and_what_a_condition_tells()
    {
        var statement = await OneAsync("SELECT lower(last_name) AS n FROM clinic.patients WHERE mrn IN ('x', 'y')");
        var column = Assert.Single(statement.GetProperty("columns").EnumerateArray());
        Assert.Equal(("n", "constant", "NAME"), (Text(column, "name"), Text(column, "mask"), Text(column, "tag")));
        Assert.Contains("last_name", Text(column, "reason"));
        Assert.Contains("select the stored column itself", Text(column, "reason"));
        var inference = Assert.Single(statement.GetProperty("inferences").EnumerateArray());
        Assert.Equal(("clinic.patients.mrn", "equality", 2), (Text(inference, "column"), Text(inference, "kind"), inference.GetProperty("values").GetInt32()));
    }

    [Theory]
    [InlineData("SELECT 1 FROM clinic.patients WHERE substr(mrn, 1, 1) = 'A'", "analysis:", "clinic.patients.mrn")]
    [InlineData("DELETE FROM clinic.patients", "unbounded-write", "")]
    [InlineData("DROP TABLE clinic.patients", "no-destructive-ddl", "")]
    [InlineData("DO $$ BEGIN NULL; END $$", "runs-code", "")]
    [InlineData("SELECT pg_read_file('/etc/passwd')", "analysis:", "pg_read_file")]
    [InlineData("CREATE TABLE scratch.copy AS SELECT mrn FROM clinic.patients", "analysis:tagged-output", "")]
    [InlineData("EXECUTE unknown", "unknown-statement", "")]
    [InlineData("SET ROLE postgres", "", "")]
    public async Task A_refusal_names_the_rule_and_what_to_write_instead(string sql, string rule, string names)
    {
        var statement = await OneAsync(sql);
        Assert.Equal("deny", Text(statement, "decision"));
        Assert.StartsWith(rule, Text(statement, "rule"));
        Assert.Contains(names, Text(statement, "reason"));
        Assert.NotEmpty(Text(statement, "remedy"));
    }

    [Fact]
    public async Task A_question_to_a_person_is_told_before_it_is_asked()
    {
        var statement = await OneAsync("UPDATE clinic.patients SET gender = 'F' WHERE mrn = 'x'");
        Assert.Equal(("ask", "clinic-writes", "write"), (Text(statement, "decision"), Text(statement, "rule"), Text(statement, "class")));
        Assert.Equal(["security-officers"], statement.GetProperty("approvers").EnumerateArray().Select(group => group.GetString()));
        var (_, open) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/approvals", Shared.Issuer.Human("sam", "security-officers"));
        Assert.Empty(open.GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task The_server_s_own_words_come_back_for_what_it_does_not_accept()
    {
        var statement = await OneAsync("SELECT nothing FROM clinic.patients");
        Assert.Equal(("error", "42703"), (Text(statement, "decision"), Text(statement, "sqlState")));
        Assert.Contains("nothing", Text(statement, "reason"));
    }

    [Fact]
    public async Task Nothing_runs_and_each_statement_stands_for_itself()
    {
        var (_, answer) = await ExplainAsync(Agent, new
        {
            sql = "INSERT INTO scratch.seen VALUES (1); CREATE TABLE scratch.made (i int); INSERT INTO scratch.numbered DEFAULT VALUES; COPY scratch.seen TO STDOUT; EXPLAIN ANALYZE INSERT INTO scratch.seen VALUES (2); VACUUM scratch.seen; SELEC 1; SELECT 2",
        });
        var decisions = answer.GetProperty("statements").EnumerateArray().Select(statement => Text(statement, "decision")).ToArray();
        Assert.Equal(["allow", "allow", "allow", "allow", "allow", "allow", "error", "allow"], decisions);
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.seen", fixture.Database));
        Assert.Equal(false, await fixture.Server.ScalarAsync("SELECT is_called FROM scratch.numbered_i_seq", fixture.Database));
        Assert.Equal(DBNull.Value, await fixture.Server.ScalarAsync("SELECT to_regclass('scratch.made')::text", fixture.Database));
    }

    [Fact]
    public async Task An_operator_explains_for_others_and_nobody_else_does()
    {
        var other = new { kind = "agent", name = "agent-9", groups = (string[])["nobody"] };
        var (refused, _) = await ExplainAsync(Agent, new { sql = "SELECT 1", @as = other });
        Assert.Equal(HttpStatusCode.Forbidden, refused);
        var (closed, problem) = await ExplainAsync(Shared.Issuer.Human("olga", "operators"), new { sql = "SELECT 1", @as = other });
        Assert.Equal(HttpStatusCode.Forbidden, closed);
        Assert.Contains("grant", Text(problem, "detail"));
        var (status, answer) = await ExplainAsync(
            Shared.Issuer.Human("olga", "operators"), new { sql = "SELECT 1", @as = other with { groups = ["reporting-agents"] } });
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("grant:agents", Text(answer.GetProperty("statements")[0], "rule"));
    }

    [Fact]
    public async Task Without_a_grant_nothing_is_told_and_a_missing_target_looks_the_same()
    {
        var stranger = Shared.Issuer.Agent("agent-nobody", groups: "nobody");
        var (known, one) = await ExplainAsync(stranger, new { sql = "SELECT 1" });
        var (unknown, two) = await ExplainAsync(stranger, new { sql = "SELECT 1" }, "elsewhere");
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (known, unknown));
        Assert.Equal(Text(one, "detail").Replace("clinic", "T", StringComparison.Ordinal), Text(two, "detail").Replace("elsewhere", "T", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SELECT 'open", "never ends")]
    [InlineData("  -- nothing", "no statement")]
    public async Task What_cannot_be_explained_is_said(string sql, string reason)
    {
        var (status, problem) = await ExplainAsync(Agent, new { sql });
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains(reason, Text(problem, "detail"));
    }

    [Fact]
    public async Task The_limits_are_told()
    {
        var (many, problem) = await ExplainAsync(Agent, new { sql = string.Join(';', Enumerable.Repeat("SELECT 1", 21)) });
        Assert.Equal(HttpStatusCode.BadRequest, many);
        Assert.Contains("20 statements", Text(problem, "detail"));
        var (large, _) = await ExplainAsync(Agent, new { sql = $"SELECT '{new string('x', 300_000)}'" });
        Assert.Equal(HttpStatusCode.BadRequest, large);
        var (path, _) = await ExplainAsync(Agent, new { sql = "SELECT 1", searchPath = new string('x', 2_000) });
        Assert.Equal(HttpStatusCode.BadRequest, path);
        var (fits, _) = await ExplainAsync(Agent, new { sql = $"SELECT '{new string('x', 200_000)}'", searchPath = "clinic" });
        Assert.Equal(HttpStatusCode.OK, fits);
    }

    [Fact]
    public async Task Every_explanation_is_recorded_without_its_literals()
    {
        await OneAsync("SELECT mrn FROM clinic.patients WHERE mrn = 'canary-4711-explained'");
        await OneAsync("SELECT upper(mrn) FROM clinic.patients WHERE upper(mrn) LIKE 'canary-4712%'");
        var files = WrittenFiles.Of(fixture.Gateway);
        Assert.NotEmpty(files.Holding("\"k\":\"explain\""));
        Assert.NotEmpty(files.Holding("\"proto\":\"explain\""));
        Assert.NotEmpty(files.Holding("\"reason\":\"explained\""));
        Assert.Empty(files.Holding("canary-471"));
    }

    [Fact]
    public async Task The_command_line_says_it_for_people()
    {
        var cli = fixture.Gateway.Cli("explain") with { Token = Agent };
        var good = (await cli.RunAsync("explain", "SELECT mrn, gender FROM clinic.patients", "--target", "clinic")).Expect(0);
        Assert.Contains("would run (grant:agents)", good.Output);
        Assert.Contains("the stored value of clinic.patients.mrn", good.Output);
        Assert.Contains("holds nothing tagged", good.Output);
        var refused = await cli.RunAsync("explain", "DELETE FROM clinic.patients", "--target", "clinic");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("would be refused (unbounded-write)", refused.Output);
        Assert.Contains("instead:", refused.Output);
    }

    [Fact]
    public async Task What_is_explained_is_what_happens()
    {
        string[] statements =
        [
            "SELECT mrn FROM clinic.patients ORDER BY mrn LIMIT 1",
            "SELECT substr(mrn, 1, 2) FROM clinic.patients GROUP BY 1",
            "SELECT count(*) FROM clinic.patients",
            "TRUNCATE clinic.patients",
            "SHOW server_version",
            "SELECT * FROM clinic.no_such",
        ];
        foreach (var sql in statements)
        {
            var explained = Text(await OneAsync(sql), "decision");
            var ran = await fixture.Gateway.Psql(Agent).QueryAsync(sql);
            var became = ran.ExitCode == 0 ? "allow" : ran.Error.Contains("NOT EXECUTED", StringComparison.Ordinal) ? "deny" : "error";
            Assert.Equal((sql, became), (sql, explained));
        }
    }

    private async Task<JsonElement> OneAsync(string sql)
    {
        var (status, answer) = await ExplainAsync(Agent, new { sql });
        Assert.True(status == HttpStatusCode.OK, answer.GetRawText());
        return Assert.Single(answer.GetProperty("statements").EnumerateArray());
    }

    private Task<(HttpStatusCode Status, JsonElement Body)> ExplainAsync(string token, object body, string target = "clinic") =>
        fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/targets/{target}/explain", token, body);

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static (string Name, string Mask, string Tag, string Source) Column(JsonElement column) =>
        (Text(column, "name"), Text(column, "mask"), Text(column, "tag"), Text(column, "source"));

    private static string Relations(JsonElement statement) => string.Join(
        ", ", statement.GetProperty("relations").EnumerateArray().Select(r => $"{Text(r, "schema")}.{Text(r, "name")} ({Text(r, "access")})"));

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task PrepareAsync() => Server.ExecuteAsync(
            $"CREATE TABLE scratch.seen (i integer); ALTER TABLE scratch.seen OWNER TO {PostgresServer.GatewayUser}; CREATE TABLE scratch.numbered (i serial); ALTER TABLE scratch.numbered OWNER TO {PostgresServer.GatewayUser};",
            Database);
    }
}
