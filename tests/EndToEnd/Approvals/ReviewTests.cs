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
            - {name: held-writes, match: {class: write, schemas: [scratch]}, verdict: ask, approvers: [security-officers], hold: 0s}
            """;

        private const string Tables = $"""
            CREATE TABLE scratch.stock (id integer PRIMARY KEY, kind text NOT NULL, n bigint NOT NULL DEFAULT 0);
            INSERT INTO scratch.stock (id, kind) SELECT i, CASE WHEN i <= 10 THEN 'rare' ELSE 'common' END FROM generate_series(1, 1000) i;
            ANALYZE scratch.stock;
            CREATE TABLE scratch.spare (id integer PRIMARY KEY);
            CREATE FUNCTION clinic.twice(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
            ALTER TABLE scratch.stock OWNER TO {PostgresServer.GatewayUser};
            GRANT ALL ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            """;

        private protected override Task PrepareAsync() => Server.ExecuteAsync(Tables, Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) =>
            Task.FromResult(settings with { Rules = Rules, Limits = "{approvalsPendingPerPrincipal: 100}" });
    }
}
