using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Approvals;

/// <summary>What reviewers are told about a held command: how many rows it would touch, which nobody else sees and for which nothing of it happens, and what it is another form of.</summary>
public sealed class ReviewTests(ReviewTests.Fixture fixture) : IClassFixture<ReviewTests.Fixture>
{
    private static int _runs;

    private static string Reviewer => Shared.Issuer.Human("carol", "security-officers");

    [Fact]
    public async Task A_reviewer_sees_the_planners_estimate_and_the_agent_does_not()
    {
        var (agent, psql) = Agent();
        var id = await HeldAsync(psql, "UPDATE scratch.stock SET n = n + 1 WHERE kind = 'rare'");
        var shown = await ShownAsync(id);
        Assert.Equal(10, shown.GetProperty("estimatedRows").GetInt64());
        Assert.StartsWith("Update on stock by ", shown.GetProperty("estimatedBy").GetString());
        Assert.Contains("about 10 (Update on stock", (await CliAsync(id)).Output);

        var (_, own) = await fixture.Gateway.ApiAsync(HttpMethod.Get, $"/api/v1/approvals/{id}", agent);
        Assert.Equal(id, own.GetProperty("id").GetString());
        Assert.False(own.TryGetProperty("estimatedRows", out _));
        Assert.False(own.TryGetProperty("estimatedBy", out _));
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.stock WHERE n <> 0", fixture.Database));

        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        var request = Assert.Single(evidence.OfKind("approval.request"), record => record.GetProperty("approval").GetString() == id);
        Assert.Equal(10, request.GetProperty("est_rows").GetInt64());
    }

    [Fact]
    public async Task The_estimate_is_for_the_bound_parameters_and_for_reads_too()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Agent().Token);
        var delete = await ShownAsync(await HeldAsync(connection, "DELETE FROM scratch.stock WHERE id <= $1", 100));
        Assert.InRange(delete.GetProperty("estimatedRows").GetInt64(), 80, 120);
        Assert.StartsWith("Delete on stock by ", delete.GetProperty("estimatedBy").GetString());
        var read = await ShownAsync(await HeldAsync(connection, "SELECT n FROM scratch.stock WHERE id > $1", 400));
        Assert.InRange(read.GetProperty("estimatedRows").GetInt64(), 550, 650);
    }

    [Fact]
    public async Task The_sessions_own_search_path_is_the_one_that_counts()
    {
        var (_, psql) = Agent();
        var refused = await psql.RunAsync("--command", "SET search_path TO scratch", "--command", "UPDATE stock SET n = 1 WHERE kind = 'rare'");
        Assert.Equal(10, (await ShownAsync(HeldIn(refused.Error))).GetProperty("estimatedRows").GetInt64());
    }

    [Fact]
    public async Task What_cannot_be_estimated_is_held_all_the_same_and_says_why()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Agent().Token);
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using var alter = new NpgsqlCommand("ALTER TABLE scratch.stock ADD COLUMN extra integer", connection, transaction);
            await alter.ExecuteNonQueryAsync();
            Assert.Equal("something it needs is locked", await WhyNotAsync(connection, "UPDATE scratch.stock SET extra = 1 WHERE id = 1"));
            await transaction.RollbackAsync();
        }

        Assert.Contains("functions that are not PostgreSQL's own", await WhyNotAsync(connection, "SELECT clinic.twice(n) FROM scratch.stock WHERE id = 1"));
        Assert.Contains("have a plan", await WhyNotAsync(connection, "TRUNCATE scratch.stock"));
    }

    [Fact]
    public async Task An_approval_of_a_read_is_for_its_parameters_too()
    {
        const string Sql = "SELECT n FROM scratch.stock WHERE id = $1";
        await using var connection = await fixture.Gateway.ConnectAsync(Agent().Token);
        var approval = await HeldAsync(connection, Sql, 1);
        await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{approval}/approve", Reviewer, new { });
        Assert.NotEqual(approval, await HeldAsync(connection, Sql, 2));
        await using var command = new NpgsqlCommand(Sql, connection) { Parameters = { new() { Value = 1 } } };
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task A_command_that_was_refused_and_comes_back_in_other_words_is_pointed_out()
    {
        var (_, psql) = Agent();
        Assert.Contains("no-emptying", (await psql.QueryAsync("DELETE FROM scratch.spare")).Expect(1).Error);
        for (var i = 0; i < 25; i++)
        {
            (await psql.QueryAsync("SELECT count(*) FROM scratch.spare")).Expect(0);
        }

        var first = await HeldAsync(psql, "DELETE FROM scratch.spare WHERE id > 0");
        var byPolicy = (await ShownAsync(first)).GetProperty("rewordedFrom");
        Assert.Equal(("no-emptying", false), (byPolicy.GetProperty("rule").GetString(), byPolicy.GetProperty("sameTemplate").GetBoolean()));
        Assert.False(byPolicy.TryGetProperty("approval", out _));
        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        var record = evidence.Records[byPolicy.GetProperty("record").GetInt32()];
        Assert.Equal(("deny", "no-emptying"), (record.GetProperty("k").GetString(), record.GetProperty("rule").GetString()));
        await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{first}/deny", Reviewer, new { reason = "no" });

        var constants = (await ShownAsync(await HeldAsync(psql, "DELETE FROM scratch.spare WHERE id > 1"))).GetProperty("rewordedFrom");
        Assert.Equal((first, true), (constants.GetProperty("approval").GetString(), constants.GetProperty("sameTemplate").GetBoolean()));
        var second = await HeldAsync(psql, "WITH d AS (SELECT id FROM scratch.spare WHERE id > 1) DELETE FROM scratch.spare USING d WHERE spare.id = d.id");
        Assert.Contains($"reworded from:        {first}, denied by a person (rule held-writes", (await CliAsync(second)).Output);

        Assert.False((await ShownAsync(await HeldAsync(psql, "INSERT INTO scratch.spare VALUES (7)"))).TryGetProperty("rewordedFrom", out _));
        Assert.False((await ShownAsync(await HeldAsync(Agent().Psql, "DELETE FROM scratch.spare WHERE id > 2"))).TryGetProperty("rewordedFrom", out _));
    }

    [Fact]
    public async Task A_dry_run_counts_the_rows_and_leaves_nothing_behind_but_a_record()
    {
        var (agent, psql) = Agent();
        const string Sql = "UPDATE scratch.counted SET n = n + 1 WHERE id > 990 RETURNING id, n";
        var id = await HeldAsync(psql, Sql);
        var shown = await ShownAsync(id);
        Assert.Equal(10, shown.GetProperty("dryRunRows").GetInt64());
        Assert.Contains("10 rows, rolled back", (await CliAsync(id)).Output);
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.counted WHERE n <> 0", fixture.Database));
        Assert.False((await fixture.Gateway.ApiAsync(HttpMethod.Get, $"/api/v1/approvals/{id}", agent)).Body.TryGetProperty("dryRunRows", out _));

        await fixture.Gateway.ApiAsync(HttpMethod.Post, $"/api/v1/approvals/{id}/approve", Reviewer, new { });
        Assert.Contains("1000|1", (await psql.QueryAsync(Sql)).Expect(0).Output);
        Assert.Equal(10L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.counted WHERE n = 1", fixture.Database));

        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        var story = evidence.Records.Where(record => record.TryGetProperty("approval", out var approval) && approval.GetString() == id).ToList();
        Assert.Equal(
            ["approval.rehearse", "approval.request", "deny", "approval.decide", "intent"],
            story.Select(static record => record.GetProperty("k").GetString()));
        Assert.Equal(10, story[1].GetProperty("dry_rows").GetInt64());

        await using var connection = await fixture.Gateway.ConnectAsync(agent);
        Assert.Equal(5, (await ShownAsync(await HeldAsync(connection, "DELETE FROM scratch.counted WHERE id <= $1", 5))).GetProperty("dryRunRows").GetInt64());
        Assert.Equal(3, (await ShownAsync(await HeldAsync(connection, "INSERT INTO scratch.counted SELECT i, 'x' FROM generate_series(2001, 2003) i"))).GetProperty("dryRunRows").GetInt64());
        Assert.Equal(1000L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.counted", fixture.Database));
    }

    [Fact]
    public async Task What_a_rollback_might_not_take_back_is_not_run()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Agent().Token);
        foreach (var (sql, why) in new[]
        {
            ("INSERT INTO scratch.numbered (n) VALUES (1)", "volatile functions"),
            ("INSERT INTO scratch.identified (n) VALUES (1)", "a rollback may not undo"),
            ("UPDATE scratch.counted SET n = (random() * 9)::bigint WHERE id = 1", "volatile functions"),
            ("UPDATE scratch.triggered SET n = 1 WHERE n = 0", "triggers"),
            ("UPDATE scratch.parted SET n = 1 WHERE n = 0", "triggers"),
            ("DELETE FROM scratch.ruled WHERE n = 0", "rules"),
            ("DELETE FROM scratch.parents WHERE id = 1", "foreign keys"),
            ("UPDATE scratch.secured SET n = 1 WHERE n = 0", "row security"),
            ("UPDATE scratch.checked SET n = 1 WHERE n = 0", "not PostgreSQL's own"),
            ("UPDATE scratch.dated SET n = 1 WHERE n = 0", "volatile functions"),
            ("UPDATE scratch.window SET n = 1 WHERE n = 0", "through a view"),
            ("WITH gone AS (DELETE FROM scratch.counted WHERE id = 7 RETURNING id) UPDATE scratch.counted SET n = 1 WHERE id IN (SELECT id + 1 FROM gone)", "more than one write"),
            ("INSERT INTO scratch.counted SELECT i, 'x' FROM generate_series(10000, 9000000) i", "more than 100,000 rows"),
            ("INSERT INTO scratch.counted VALUES (1, 'again')", "SQLSTATE 23505"),
            ("UPDATE scratch.counted SET n = 1 FROM clinic.patients p WHERE p.mrn = 'x' AND p.patient_id = id", "tagged columns"),
        })
        {
            var shown = await ShownAsync(await HeldAsync(connection, sql));
            Assert.False(shown.TryGetProperty("dryRunRows", out _), sql);
            Assert.True(shown.GetProperty("noDryRun").GetString()!.Contains(why, StringComparison.Ordinal), $"{sql}: {shown}");
        }

        Assert.Equal(1L, await fixture.Server.ScalarAsync("SELECT nextval('scratch.numbered_id_seq')", fixture.Database));
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.counted WHERE kind = 'again'", fixture.Database));
    }

    [Fact]
    public async Task An_open_transaction_or_a_locked_row_means_no_dry_run_and_no_waiting()
    {
        const string Sql = "UPDATE scratch.counted SET n = 2 WHERE id = 500";
        await using var connection = await fixture.Gateway.ConnectAsync(Agent().Token);
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            Assert.Contains("a transaction is open", (await ShownAsync(await HeldAsync(connection, Sql))).GetProperty("noDryRun").GetString());
            await transaction.RollbackAsync();
        }

        await using var other = await fixture.Server.ConnectAsync(fixture.Database);
        await using var locking = await other.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("SELECT FROM scratch.counted WHERE id = 500 FOR UPDATE", other, locking))
        {
            await command.ExecuteNonQueryAsync();
        }

        var shown = await ShownAsync(await HeldAsync(connection, Sql + " AND n >= 0"));
        Assert.Equal("something it needs is locked", shown.GetProperty("noDryRun").GetString());
        Assert.Equal(1, shown.GetProperty("estimatedRows").GetInt64());
    }

    /// <summary>The approval's id in what a client is told when its command was not approved while it was held.</summary>
    private static string HeldIn(string error)
    {
        var pending = Regex.Match(error, @"NOT EXECUTED - approval (apr_\w+) pending", RegexOptions.None, TimeSpan.FromSeconds(1));
        Assert.True(pending.Success, error);
        return pending.Groups[1].Value;
    }

    private static async Task<string> HeldAsync(Psql psql, string sql) => HeldIn((await psql.QueryAsync(sql)).Expect(1).Error);

    private static async Task<string> HeldAsync(NpgsqlConnection connection, string sql, params int[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return HeldIn((await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync())).MessageText);
    }

    /// <summary>An agent in a run of its own.</summary>
    private (string Token, Psql Psql) Agent()
    {
        var token = Shared.Issuer.Agent("agent-1", runId: $"measured-{Interlocked.Increment(ref _runs)}");
        return (token, fixture.Gateway.Psql(token));
    }

    private async Task<string?> WhyNotAsync(NpgsqlConnection connection, string sql)
    {
        var shown = await ShownAsync(await HeldAsync(connection, sql));
        Assert.False(shown.TryGetProperty("estimatedRows", out _));
        return shown.GetProperty("noEstimate").GetString();
    }

    private async Task<JsonElement> ShownAsync(string id) => (await fixture.Gateway.ApiAsync(HttpMethod.Get, $"/api/v1/approvals/{id}", Reviewer)).Body;

    private async Task<Finished> CliAsync(string id) =>
        (await (fixture.Gateway.Cli("reviewer") with { Token = Reviewer }).RunAsync("approvals", "show", id)).Expect(0);

    public sealed class Fixture : GatewayFixture
    {
        private const string Rules = """
            - {name: no-emptying, match: {effects: [delete], unbounded: true, tables: [scratch.spare]}, verdict: deny}
            - {name: held-reads, match: {class: read, tables: [scratch.stock]}, verdict: ask, approvers: [security-officers], hold: 0s}
            - {name: counted-writes, match: {class: write, tables: [scratch.counted, scratch.numbered, scratch.identified, scratch.triggered, scratch.parted, scratch.ruled, scratch.parents, scratch.secured, scratch.checked, scratch.dated, scratch.window]}, verdict: ask, approvers: [security-officers], hold: 0s, dryRun: true}
            - {name: held-writes, match: {class: write, schemas: [scratch]}, verdict: ask, approvers: [security-officers], hold: 0s}
            """;

        private const string Tables = $"""
            CREATE TABLE scratch.stock (id integer PRIMARY KEY, kind text NOT NULL, n bigint NOT NULL DEFAULT 0);
            INSERT INTO scratch.stock (id, kind) SELECT i, CASE WHEN i <= 10 THEN 'rare' ELSE 'common' END FROM generate_series(1, 1000) i;
            ANALYZE scratch.stock;
            CREATE TABLE scratch.spare (id integer PRIMARY KEY);
            CREATE FUNCTION clinic.twice(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
            CREATE TABLE scratch.counted (id integer PRIMARY KEY, kind text NOT NULL, n bigint NOT NULL DEFAULT 0);
            INSERT INTO scratch.counted SELECT i, 'one' FROM generate_series(1, 1000) i;
            ANALYZE scratch.counted;
            CREATE TABLE scratch.numbered (id serial PRIMARY KEY, n integer);
            CREATE TABLE scratch.identified (id integer GENERATED ALWAYS AS IDENTITY, n integer);
            CREATE FUNCTION scratch.noise() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TABLE scratch.triggered (n integer);
            CREATE TRIGGER noise BEFORE UPDATE ON scratch.triggered FOR EACH ROW EXECUTE FUNCTION scratch.noise();
            CREATE TABLE scratch.parted (n integer) PARTITION BY RANGE (n);
            CREATE TABLE scratch.part PARTITION OF scratch.parted FOR VALUES FROM (0) TO (10);
            CREATE TRIGGER noise BEFORE UPDATE ON scratch.part FOR EACH ROW EXECUTE FUNCTION scratch.noise();
            CREATE TABLE scratch.ruled (n integer);
            CREATE RULE also AS ON INSERT TO scratch.ruled DO ALSO NOTIFY ruled;
            CREATE TABLE scratch.parents (id integer PRIMARY KEY);
            CREATE TABLE scratch.children (id integer REFERENCES scratch.parents ON DELETE CASCADE);
            CREATE TABLE scratch.secured (n integer);
            ALTER TABLE scratch.secured ENABLE ROW LEVEL SECURITY;
            CREATE POLICY everybody ON scratch.secured USING (true);
            CREATE FUNCTION scratch.fine(integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
            CREATE TABLE scratch.checked (n integer CHECK (scratch.fine(n)));
            CREATE TABLE scratch.dated (n integer, CHECK (clock_timestamp() > '2000-01-01'));
            CREATE VIEW scratch.window AS SELECT id, n FROM scratch.counted;
            ALTER TABLE scratch.stock OWNER TO {PostgresServer.GatewayUser};
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            GRANT ALL ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            """;

        private protected override Task PrepareAsync() => Server.ExecuteAsync(Tables, Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) =>
            Task.FromResult(settings with { Rules = Rules, Limits = "{approvalsPendingPerPrincipal: 100}" });
    }
}
