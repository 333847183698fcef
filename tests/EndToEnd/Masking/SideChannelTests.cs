using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>What errors, notices, notifications and reported settings could tell of tagged columns beside the rows.</summary>
public sealed class SideChannelTests(SideChannelTests.Fixture fixture) : IClassFixture<SideChannelTests.Fixture>
{
    /// <summary>A value of a tagged column that no statement of these tests holds.</summary>
    private const string Secret = "Zyxwabel";

    [Theory]
    [InlineData("UPDATE clinic.patients SET patient_id = NULL WHERE patient_id = 1")]
    [InlineData("INSERT INTO clinic.patients (patient_id, fhir_id, mrn, first_name, last_name, birth_date) SELECT 1, fhir_id, mrn, first_name, last_name, birth_date FROM clinic.patients WHERE patient_id = 1")]
    [InlineData("SELECT first_name::int FROM clinic.patients WHERE patient_id = 1")]
    [InlineData("COPY clinic.patients (patient_id, first_name) FROM STDIN")]
    [InlineData("EXPLAIN ANALYZE UPDATE clinic.patients SET patient_id = NULL WHERE patient_id = 1")]
    [InlineData("DECLARE c CURSOR FOR SELECT first_name::int FROM clinic.patients WHERE patient_id = 1; FETCH ALL FROM c")]
    [InlineData("DECLARE h CURSOR WITH HOLD FOR SELECT first_name::int FROM clinic.patients WHERE patient_id = 1")]
    [InlineData("PREPARE q AS SELECT first_name::int FROM clinic.patients WHERE patient_id = 1; EXECUTE q")]
    [InlineData("DELETE FROM scratch.rooms WHERE room_id = 1")]
    public async Task An_error_shows_no_row(string sql)
    {
        using var client = await SignInAsync("texts-" + sql.Length);
        var seen = sql.EndsWith("FROM STDIN", StringComparison.Ordinal) ? await CopyAsync(client, sql) : await client.RoundTripAsync(RawClient.Query(sql));
        AssertScrubbed(seen);
    }

    [Theory]
    [InlineData("BEGIN", "UPDATE clinic.patients SET badge = 'D-1' WHERE patient_id IN (1, 2)", "COMMIT")]
    [InlineData("BEGIN", "UPDATE clinic.patients SET badge = 'D-2' WHERE patient_id IN (1, 2)", "SET CONSTRAINTS ALL IMMEDIATE")]
    [InlineData("UPDATE clinic.patients SET badge = 'D-3' WHERE patient_id IN (1, 2)")]
    public async Task A_constraint_that_fails_late_shows_nothing(params string[] statements)
    {
        using var client = await SignInAsync("late-" + statements.Length);
        List<RawMessage> seen = [];
        foreach (var statement in statements)
        {
            seen = await client.RoundTripAsync(RawClient.Query(statement));
        }

        AssertScrubbed(seen);
        Assert.StartsWith("23", Assert.Single(seen, m => m.Type == 'E').Field('C'));
    }

    [Fact]
    public async Task A_commit_that_fails_while_the_next_batch_is_under_way_shows_nothing()
    {
        using var client = await SignInAsync("pipeline");
        const string sql = "UPDATE clinic.patients SET badge = 'D-4' WHERE patient_id IN (1, 2)";
        byte[] batch = [.. RawClient.Parse("", sql), .. RawClient.Bind("", "", binaryResults: false), .. RawClient.Execute(""), .. RawClient.Sync];
        await client.SendAsync([.. batch, .. batch, .. batch]);
        for (var i = 0; i < 3; i++)
        {
            AssertScrubbed(await client.ReadToReadyAsync());
        }
    }

    [Fact]
    public async Task A_query_of_clean_tables_keeps_its_text_also_beside_tagged_ones()
    {
        using var client = await SignInAsync("clean");
        await client.RoundTripAsync(RawClient.Query("BEGIN"));
        await client.RoundTripAsync(RawClient.Query("SELECT mrn FROM clinic.patients WHERE patient_id = 1"));
        var error = Assert.Single(await client.RoundTripAsync(RawClient.Query("SELECT 1 / (room_id - room_id) FROM scratch.rooms")), m => m.Type == 'E');
        Assert.Equal("division by zero", error.Field('M'));
        await client.RoundTripAsync(RawClient.Query("ROLLBACK"));
        error = Assert.Single(await client.RoundTripAsync(RawClient.Query("SELECT mrn, nme FROM clinic.patients")), m => m.Type == 'E');
        Assert.Contains("nme", error.Field('M'));
        Assert.NotEmpty(error.Field('P'));
    }

    [Fact]
    public async Task Codes_become_coarse_after_the_first_and_notices_stay_behind()
    {
        using var client = await SignInAsync("codes");
        Assert.Equal("22P02", Assert.Single(await client.RoundTripAsync(RawClient.Query("SELECT first_name::int FROM clinic.patients")), m => m.Type == 'E').Field('C'));
        Assert.Equal("22000", Assert.Single(await client.RoundTripAsync(RawClient.Query("SELECT first_name::int FROM clinic.patients")), m => m.Type == 'E').Field('C'));
        var seen = await client.RoundTripAsync(RawClient.Query("UPDATE clinic.patients SET gender = 'x' WHERE patient_id = 3"));
        Assert.DoesNotContain(seen, m => m.Type is 'N' or 'E');
    }

    [Fact]
    public async Task A_lock_and_a_time_limit_say_so()
    {
        using var client = await SignInAsync("limits");
        await client.RoundTripAsync(RawClient.Query("SET statement_timeout = '1s'"));
        var error = Assert.Single(await client.RoundTripAsync(RawClient.Query("SELECT p.mrn FROM clinic.patients p, clinic.patients q, clinic.patients r, generate_series(1, 1000000) OFFSET 4000000000")), m => m.Type == 'E');
        Assert.Equal("57014", error.Field('C'));
        // The limit may strike while the statement is still being looked at, before it runs: then the server's own words stand, which name no value.
        Assert.Matches("time limit|statement timeout", error.Field('M'));
    }

    [Fact]
    public async Task A_trigger_cannot_send_a_value_as_notification_and_a_constant_arrives()
    {
        using var client = await SignInAsync("notify");
        await client.RoundTripAsync(RawClient.Query("LISTEN loot"));
        var seen = await client.RoundTripAsync(RawClient.Query("UPDATE clinic.patients SET gender = 'y' WHERE patient_id = 3"));
        Assert.All(seen, m => Assert.DoesNotContain(Secret, m.Text));
        Assert.Contains(seen, m => m.Type == 'A' && m.Text.EndsWith("loot\0\0", StringComparison.Ordinal));

        seen = await client.RoundTripAsync(RawClient.Query("SELECT pg_notify('loot', 'by function'); NOTIFY loot, 'by statement'"));
        Assert.Contains(seen, m => m.Type == 'A' && m.Text.Contains("by function", StringComparison.Ordinal));
        Assert.Contains(seen, m => m.Type == 'A' && m.Text.Contains("by statement", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_trigger_cannot_report_a_value_as_a_setting_and_a_clients_own_is_reported()
    {
        using var client = await SignInAsync("settings");
        var seen = await client.RoundTripAsync(RawClient.Query("INSERT INTO scratch.rooms VALUES (100)"));
        Assert.DoesNotContain(seen, m => m.Type == 'S' && m.Text.Contains(Secret, StringComparison.Ordinal));
        Assert.Contains(seen, m => m.Type == 'C');

        seen = await client.RoundTripAsync(RawClient.Query("SET application_name = 'my tool'; SET TIME ZONE 'europe/berlin'; SELECT set_config('datestyle', 'german', false)"));
        Assert.Equal(3, seen.Count(m => m.Type == 'S'));
        Assert.Equal(3, (await client.RoundTripAsync(RawClient.Query("RESET ALL"))).Count(m => m.Type == 'S'));
    }

    private Task<RawClient> SignInAsync(string agent) => RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent(agent));

    private static async Task<List<RawMessage>> CopyAsync(RawClient client, string sql)
    {
        await client.SendAsync(RawClient.Query(sql));
        Assert.Equal('G', (await client.ReadAsync())?.Type);
        await client.SendAsync([.. RawClient.Message('d', "x\ty\n"u8.ToArray()), .. RawClient.Message('c', [])]);
        return await client.ReadToReadyAsync();
    }

    private static void AssertScrubbed(List<RawMessage> seen)
    {
        var error = Assert.Single(seen, m => m.Type == 'E');
        Assert.DoesNotContain("NOT EXECUTED", error.Text);
        Assert.Contains("withheld", error.Field('M'));
        Assert.All("DPpqWstcdnFLR", code => Assert.Empty(error.Field(code)));
        Assert.All(seen, m => Assert.DoesNotContain(Secret, m.Text));
        Assert.DoesNotContain(seen, m => m.Type == 'N');
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task PrepareAsync() => Server.ExecuteAsync(
            $"""
            UPDATE clinic.patients SET first_name = '{Secret}', last_name = '{Secret}' WHERE patient_id IN (1, 2, 3);
            CREATE TABLE scratch.rooms (room_id integer PRIMARY KEY);
            INSERT INTO scratch.rooms SELECT generate_series(1, 10);
            ALTER TABLE clinic.patients ADD room_id integer REFERENCES scratch.rooms ON DELETE SET NULL;
            UPDATE clinic.patients SET room_id = 1 WHERE patient_id = 1;
            ALTER TABLE clinic.patients ADD CHECK (room_id IS NOT NULL OR patient_id <> 1);
            ALTER TABLE clinic.patients ADD badge text UNIQUE DEFERRABLE INITIALLY DEFERRED;
            CREATE FUNCTION scratch.tell() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
              BEGIN RAISE WARNING 'seen %', NEW.first_name; PERFORM pg_notify('loot', NEW.first_name); RETURN NEW; END $body$;
            CREATE TRIGGER tell BEFORE UPDATE OF gender ON clinic.patients FOR EACH ROW EXECUTE FUNCTION scratch.tell();
            CREATE FUNCTION scratch.report() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $body$
              BEGIN PERFORM set_config('application_name', (SELECT first_name FROM clinic.patients WHERE patient_id = 1), false); RETURN NEW; END $body$;
            CREATE TRIGGER report AFTER INSERT ON scratch.rooms FOR EACH ROW EXECUTE FUNCTION scratch.report();
            GRANT ALL ON scratch.rooms TO {PostgresServer.GatewayUser};
            """,
            Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) =>
            Task.FromResult(settings with { Rules = "", Limits = "{haltedFor: 0s}", More = "inference: {errors: 100, errorsPerHour: 100}" });
    }
}
