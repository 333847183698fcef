using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Access;

/// <summary>A refused statement leaves the session as an error of PostgreSQL would, says why, and lets nothing behind it run by itself.</summary>
public sealed class DenialTests(DenialTests.Fixture fixture) : IClassFixture<DenialTests.Fixture>
{
    [Fact]
    public async Task The_refusal_names_the_rule_and_the_session_goes_on()
    {
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var refused = await psql.QueryAsync("DELETE FROM scratch.items");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("NOT EXECUTED", refused.Error);
        Assert.Contains("unbounded-write", refused.Error);
        Assert.Contains("Add a condition", refused.Error);
        Assert.Equal(10L, await CountAsync());

        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        var error = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "DROP TABLE scratch.items"));
        Assert.Equal("42501", error.SqlState);
        Assert.Contains("no-destructive-ddl", error.MessageText);
        await ExecuteAsync(connection, "ROLLBACK");
        Assert.Equal(1, await ExecuteAsync(connection, "SELECT 1"));
    }

    [Fact]
    public async Task In_a_transaction_it_aborts_the_transaction_and_rollback_heals_it()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        await ExecuteAsync(connection, "BEGIN");
        await ExecuteAsync(connection, "INSERT INTO scratch.items VALUES (100, 'in transaction')");
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "DELETE FROM scratch.items"));
        var aborted = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "SELECT 1"));
        Assert.Contains(aborted.SqlState, (string[])["25P02", "SP004"]);
        await ExecuteAsync(connection, "ROLLBACK");
        Assert.Equal(1, await ExecuteAsync(connection, "SELECT 1"));
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.items WHERE id = 100", fixture.Database));
    }

    [Fact]
    public async Task Rollback_to_a_savepoint_heals_it_too()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        await ExecuteAsync(connection, "BEGIN");
        await ExecuteAsync(connection, "INSERT INTO scratch.items VALUES (101, 'kept')");
        await ExecuteAsync(connection, "SAVEPOINT s");
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "TRUNCATE scratch.items"));
        await ExecuteAsync(connection, "ROLLBACK TO SAVEPOINT s");
        await ExecuteAsync(connection, "COMMIT");
        Assert.Equal(1L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.items WHERE id = 101", fixture.Database));
        await fixture.Server.ExecuteAsync("DELETE FROM scratch.items WHERE id = 101", fixture.Database);
    }

    [Fact]
    public async Task In_a_batch_nothing_before_or_after_it_stays()
    {
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var finished = await psql.QueryAsync("INSERT INTO scratch.items VALUES (200, 'before'); DELETE FROM scratch.items; INSERT INTO scratch.items VALUES (201, 'after')");
        Assert.Contains("NOT EXECUTED", finished.Error);
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.items WHERE id IN (200, 201)", fixture.Database));
        Assert.Equal(10L, await CountAsync());
    }

    [Fact]
    public async Task A_script_that_ploughs_on_does_not_run_what_follows()
    {
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var finished = await psql.ScriptAsync("""
            INSERT INTO scratch.items VALUES (300, 'before');
            DELETE FROM scratch.items;
            INSERT INTO scratch.items VALUES (301, 'after');
            UPDATE scratch.items SET label = 'after' WHERE id = 1;
            """);
        Assert.Contains("INSERT 0 1", finished.Output);
        Assert.Single(finished.Output.Split('\n'), line => line.StartsWith("INSERT", StringComparison.Ordinal));
        Assert.Equal(1L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.items WHERE id = 300", fixture.Database));
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.items WHERE id = 301 OR label = 'after'", fixture.Database));
        await fixture.Server.ExecuteAsync("DELETE FROM scratch.items WHERE id = 300", fixture.Database);
    }

    [Fact]
    public async Task The_halted_session_of_a_script_is_freed_by_rollback()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"), more: c => c.ApplicationName = "psql");
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "DELETE FROM scratch.items"));
        var halted = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "SELECT 1"));
        Assert.Equal("SP004", halted.SqlState);
        await ExecuteAsync(connection, "ROLLBACK");
        Assert.Equal(1, await ExecuteAsync(connection, "SELECT 1"));
    }

    [Fact]
    public async Task The_halted_session_of_a_script_is_freed_by_a_pause_too()
    {
        var (gateway, _, _) = await Shared.GatewayAsync(change: s => s with { Limits = "{haltedFor: 1s}" });
        await using (gateway)
        {
            await using var connection = await gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"), more: c => c.ApplicationName = "psql");
            await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(connection, "DROP TABLE clinic.patients"));
            await Task.Delay(1500);
            Assert.Equal(1, await ExecuteAsync(connection, "SELECT 1"));
        }
    }

    [Fact]
    public async Task In_a_pipeline_what_follows_up_to_sync_is_skipped_and_the_next_round_works()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent("agent-1"));
        var answers = await client.RoundTripAsync(
            RawClient.Parse("", "SELECT 1"), RawClient.Bind("", "", binaryResults: false), RawClient.Execute(""),
            RawClient.Parse("", "DELETE FROM scratch.items"), RawClient.Bind("", "", binaryResults: false), RawClient.Execute(""),
            RawClient.Parse("", "INSERT INTO scratch.items VALUES (400, 'x')"), RawClient.Bind("", "", binaryResults: false), RawClient.Execute(""),
            RawClient.Sync);
        Assert.Single(answers, m => m.Type == 'E');
        Assert.Contains("unbounded-write", answers.Single(m => m.Type == 'E').Field('M'));
        Assert.Equal("I", answers[^1].Text);
        Assert.Equal(10L, await CountAsync());
        await client.RoundTripAsync(RawClient.Query("ROLLBACK"));
        Assert.Contains(await client.RoundTripAsync(RawClient.Query("SELECT 2")), m => m.Type == 'D');
    }

    [Fact]
    public async Task Nothing_is_open_without_a_grant()
    {
        var stranger = await fixture.Gateway.Psql(Shared.Issuer.Agent("agent-nobody", groups: "nobody")).QueryAsync("SELECT 1");
        Assert.Equal(2, stranger.ExitCode);
        Assert.Contains("NOT CONNECTED", stranger.Error);

        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var otherSchema = await psql.QueryAsync("CREATE TABLE elsewhere.t (i integer)");
        Assert.Equal(1, otherSchema.ExitCode);
        Assert.Contains("NOT CONNECTED", (await (psql with { Database = "no-such-target" }).QueryAsync("SELECT 1")).Error);
    }

    [Theory]
    [InlineData("DO $$ BEGIN NULL; END $$")]
    [InlineData("CREATE ROLE intruder SUPERUSER")]
    [InlineData("GRANT ALL ON SCHEMA clinic TO PUBLIC")]
    [InlineData("ALTER SYSTEM SET log_min_messages = debug1")]
    [InlineData("SET SESSION AUTHORIZATION postgres")]
    [InlineData("SET ROLE postgres")]
    [InlineData("SET debug_print_rewritten = off")]
    [InlineData("SET client_encoding = 'SJIS'")]
    [InlineData("SET standard_conforming_strings = off")]
    [InlineData("LOAD 'plpgsql'")]
    [InlineData("CREATE EXTENSION dblink")]
    [InlineData("COPY scratch.items FROM PROGRAM 'id'")]
    [InlineData("SELECT pg_read_file('/etc/passwd')")]
    [InlineData("SELECT pg_terminate_backend(pg_backend_pid())")]
    [InlineData("PREPARE TRANSACTION 'x'")]
    [InlineData("CREATE FUNCTION scratch.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'")]
    public async Task What_no_grant_opens_is_refused(string sql)
    {
        var finished = await fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1")).QueryAsync(sql);
        Assert.Equal(1, finished.ExitCode);
        Assert.Contains("NOT EXECUTED", finished.Error);
    }

    private static async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task<long> CountAsync() => (long)(await fixture.Server.ScalarAsync("SELECT count(*) FROM scratch.items WHERE id <= 10", fixture.Database))!;

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task PrepareAsync() => Server.ExecuteAsync(
            $"""
            CREATE TABLE scratch.items (id integer PRIMARY KEY, label text);
            INSERT INTO scratch.items SELECT i, 'x' FROM generate_series(1, 10) i;
            ALTER TABLE scratch.items OWNER TO {PostgresServer.GatewayUser};
            """,
            Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Limits = "{haltedFor: 60s}",
            Rules = """
                - {name: no-destructive-ddl, match: {effects: [drop, truncate]}, verdict: deny, remedy: Ask the operator for a migration.}
                - {name: unbounded-write, match: {effects: [update, delete], unbounded: true}, verdict: deny, remedy: Add a condition.}
                """,
        });
    }
}
