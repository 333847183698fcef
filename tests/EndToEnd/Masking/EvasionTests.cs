using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>Evasions that once worked, message by message: names that come to mean something else between judging and running.</summary>
public sealed class EvasionTests(EvasionTests.Fixture fixture) : IClassFixture<EvasionTests.Fixture>
{
    private const string Clean = "CREATE TEMP VIEW v AS SELECT prefix AS a FROM clinic.patients WHERE patient_id < 40";
    private const string Tagged = "CREATE OR REPLACE TEMP VIEW v AS SELECT first_name AS a FROM clinic.patients WHERE patient_id < 40";

    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);

    [Fact]
    public async Task Fetch_cannot_reach_a_portal_by_the_name_of_an_earlier_cursor()
    {
        using var client = await SignInAsync();
        await QueryAsync(client, "BEGIN; DECLARE c CURSOR FOR SELECT 1; COMMIT");
        await QueryAsync(client, "BEGIN");
        await client.RoundTripAsync(
            RawClient.Parse("s", "SELECT mrn, first_name FROM clinic.patients WHERE patient_id < 40"), RawClient.Bind("c", "s", binaryResults: false), RawClient.Sync);
        AssertRefused(await QueryAsync(client, "FETCH ALL FROM c"));
    }

    [Fact]
    public async Task A_view_replaced_between_parse_and_bind_of_one_batch_gives_no_value()
    {
        using var client = await SignInAsync();
        await QueryAsync(client, Clean);
        await client.SendAsync(
        [
            .. RawClient.Parse("s", "SELECT a FROM v"), .. RawClient.Parse("d", Tagged),
            .. RawClient.Bind("", "d", binaryResults: false), .. RawClient.Execute(""),
            .. RawClient.Bind("", "s", binaryResults: false), .. RawClient.Execute(""), .. RawClient.Sync,
        ]);
        var seen = new List<RawMessage>();
        while ((seen.Count == 0 || seen[^1].Type != 'Z') && await client.ReadAsync() is { } message)
        {
            seen.Add(message);
        }

        // Either the gateway saw the change first and judged the statement anew, or the server did and the session was ended.
        AssertNoLeak(seen);
        Assert.Contains(seen, m => (m.Type == 'E' && m.Field('C') == "40001") || (m.Type == 'D' && m.Text.Contains("[NAME]", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("COPY (SELECT a FROM v) TO STDOUT", "SELECT 1")]
    [InlineData("EXECUTE q", "SELECT 1")]
    [InlineData("DECLARE h CURSOR WITH HOLD FOR SELECT a FROM v", "FETCH ALL FROM h")]
    [InlineData("CREATE TEMP TABLE loot AS SELECT a FROM v", "SELECT a FROM loot")]
    public async Task A_utility_statement_is_judged_again_when_it_runs(string sql, string then)
    {
        using var client = await SignInAsync();
        await QueryAsync(client, Clean);
        await QueryAsync(client, "PREPARE q AS SELECT a FROM v");
        AssertRan(await client.RoundTripAsync(RawClient.Parse("s", sql), RawClient.Sync));
        AssertRan(await QueryAsync(client, Tagged));
        var seen = await client.RoundTripAsync(RawClient.Bind("", "s", binaryResults: false), RawClient.Execute(""), RawClient.Sync);
        AssertNoLeak(seen);
        seen.AddRange(await QueryAsync(client, then));
        AssertRefusedOrMasked(seen);
    }

    [Theory]
    [InlineData("EXPLAIN ANALYZE SELECT set_config('standard_conforming_strings', 'off', false)")]
    [InlineData("BEGIN; DECLARE c CURSOR FOR SELECT set_config('debug_pretty_print', 'on', false); FETCH c; COMMIT")]
    [InlineData("PREPARE s AS SELECT set_config('debug_print_rewritten', 'off', false); EXECUTE s")]
    [InlineData("COPY (SELECT set_config('client_min_messages', 'error', false)) TO STDOUT")]
    public async Task A_setting_cannot_be_changed_from_inside_another_statement(string sql)
    {
        using var client = await SignInAsync();
        AssertRefused(await QueryAsync(client, sql));
    }

    [Fact]
    public async Task A_fetch_in_a_pipeline_waits_for_the_cursor_its_name_stands_for_by_then()
    {
        using var client = await SignInAsync();
        await QueryAsync(client, "BEGIN");
        await QueryAsync(client, "DECLARE c CURSOR FOR SELECT 'x'::text");
        await client.RoundTripAsync(
            RawClient.Parse("close", "CLOSE c"), RawClient.Parse("fetch", "FETCH 3 FROM c"),
            RawClient.Parse("declare", "DECLARE c CURSOR FOR SELECT first_name::text FROM clinic.patients WHERE patient_id < 40"), RawClient.Sync);
        var seen = await client.RoundTripAsync(
        [
            .. ((string[])["close", "declare", "fetch"]).SelectMany(name => (byte[][])[RawClient.Bind("", name, binaryResults: false), RawClient.Execute("")]), RawClient.Sync,
        ]);
        AssertNoLeak(seen);
    }

    [Fact]
    public async Task A_table_made_in_the_way_of_a_prepared_statement_does_not_take_its_mask_off()
    {
        using var client = await SignInAsync();
        await QueryAsync(client, "CREATE TEMP TABLE other (a text)");
        await QueryAsync(client, "SET search_path = clinic, public");
        await QueryAsync(client, "PREPARE q AS SELECT first_name::text AS a FROM patients WHERE patient_id < 40");
        AssertNoLeak(await QueryAsync(client, "EXECUTE q"));
        await QueryAsync(client, "CREATE TEMP TABLE patients (first_name text, patient_id integer)");
        AssertNoLeak(await QueryAsync(client, "EXECUTE q"));
        AssertNoLeak(await client.RoundTripAsync(RawClient.Bind("", "q", binaryResults: false), RawClient.Execute(""), RawClient.Sync));
    }

    [Fact]
    public async Task A_copied_table_is_looked_up_under_the_search_path_it_runs_with()
    {
        using var client = await SignInAsync();
        await QueryAsync(client, "CREATE TEMP TABLE patients (a int)");
        AssertRan(await client.RoundTripAsync(RawClient.Parse("s", "COPY patients TO STDOUT"), RawClient.Sync));
        AssertRan(await QueryAsync(client, "SET search_path = clinic, pg_temp"));
        AssertRefusedOrMasked(await client.RoundTripAsync(RawClient.Bind("", "s", binaryResults: false), RawClient.Execute(""), RawClient.Sync));
    }

    [Theory]
    [InlineData("BEGIN; SET LOCAL search_path = pg_temp; COPY patients TO STDOUT; COPY patients TO STDOUT; COMMIT")]
    [InlineData("SET search_path = pg_temp; COPY patients TO STDOUT; COPY patients TO STDOUT; SELECT 1/0")]
    public async Task A_repeated_text_means_something_else_after_its_transaction(string before)
    {
        using var client = await SignInAsync();
        await QueryAsync(client, "CREATE TEMP TABLE patients (a int)");
        await QueryAsync(client, "SET search_path = clinic, pg_temp");
        await QueryAsync(client, before);
        var seen = await QueryAsync(client, "COPY patients TO STDOUT");
        AssertNoLeak(seen);
        Assert.Contains(seen, m => m.Type == 'd' && m.Text.Contains("[NAME]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refused_parse_of_the_unnamed_statement_leaves_none_behind()
    {
        using var client = await SignInAsync();
        AssertRan(await client.RoundTripAsync(RawClient.Parse("", "SELECT 'kept'"), RawClient.Sync));
        AssertRefused(await client.RoundTripAsync(RawClient.Parse("", "SELECT patient_id FROM clinic.patients WHERE upper(mrn) LIKE 'M%'"), RawClient.Sync));
        var seen = await client.RoundTripAsync(RawClient.Bind("", "", binaryResults: false), RawClient.Execute(""), RawClient.Sync);
        AssertNoLeak(seen);
        Assert.Contains(seen, m => m.Type == 'E' && m.Field('C') == "26000");
    }

    [Theory]
    [InlineData("SELECT patient_id FROM clinic.patients WHERE ssn = ANY (string_to_array('900-01-0001,900-01-0002', ',')::char(11)[])")]
    [InlineData("SELECT (pg_stat_get_activity(NULL)).query")]
    public async Task One_statement_cannot_ask_for_more_than_a_whole_value(string sql)
    {
        using var client = await SignInAsync();
        AssertRefused(await QueryAsync(client, sql));
    }

    [Fact]
    public async Task An_error_in_a_pipeline_is_the_only_answer_to_what_follows_it()
    {
        using var client = await SignInAsync();
        await client.RoundTripAsync(
            RawClient.Parse("e", "SELECT 1/$1::int"), RawClient.Parse("w", "DELETE FROM clinic.allergies WHERE allergy_id = $1"), RawClient.Sync);
        var seen = await client.RoundTripAsync(
            RawClient.Bind("", "e", binaryResults: false, "0"), RawClient.Execute(""),
            RawClient.Bind("", "w", binaryResults: false, "-1"), RawClient.Execute(""), RawClient.Sync);
        Assert.Equal("22012", Assert.Single(seen, m => m.Type == 'E').Field('C'));
        AssertRan(await QueryAsync(client, "SELECT 1"));
    }

    [Fact]
    public async Task A_copy_that_the_server_fails_is_answered_before_the_client_is_done_sending()
    {
        using var client = await SignInAsync();
        await QueryAsync(client, "CREATE TEMP TABLE numbers (a int)");
        await client.SendAsync(RawClient.Query("COPY numbers FROM STDIN"));
        Assert.Equal('G', (await client.ReadAsync())!.Type);
        await client.SendAsync(RawClient.Message('d', "not a number\n"u8.ToArray()));
        var seen = await client.ReadToReadyAsync();
        Assert.Contains(seen, m => m.Type == 'E' && m.Field('C') == "22P02");
        await client.SendAsync(RawClient.Message('c', []));
        AssertRan(await QueryAsync(client, "SELECT 1"));
    }

    private Task<RawClient> SignInAsync() => RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);

    private static Task<List<RawMessage>> QueryAsync(RawClient client, string sql) => client.RoundTripAsync(RawClient.Query(sql));

    private void AssertRan(List<RawMessage> seen)
    {
        AssertNoLeak(seen);
        Assert.DoesNotContain(seen, m => m.Type == 'E');
    }

    private void AssertRefused(List<RawMessage> seen)
    {
        AssertNoLeak(seen);
        Assert.Contains(seen, m => m.Type == 'E' && m.Field('M').StartsWith("NOT EXECUTED", StringComparison.Ordinal));
        Assert.DoesNotContain(seen, m => m.Type is 'D' or 'd');
    }

    /// <summary>Judged anew under the new meaning: refused, or what it gives is masked.</summary>
    private void AssertRefusedOrMasked(List<RawMessage> seen)
    {
        AssertNoLeak(seen);
        Assert.Contains(seen, m => m.Type == 'E' && m.Field('M').StartsWith("NOT EXECUTED", StringComparison.Ordinal)
            || m.Type is 'D' or 'd' && m.Text.Contains("[NAME]", StringComparison.Ordinal));
    }

    private void AssertNoLeak(List<RawMessage> seen)
    {
        var text = string.Join('\n', seen.Select(m => m.Text));
        Assert.DoesNotContain(fixture.Values, value => text.Contains(value, StringComparison.OrdinalIgnoreCase));
    }

    public sealed class Fixture : GatewayFixture
    {
        internal IReadOnlyList<string> Values { get; private set; } = [];

        private protected override async Task PrepareAsync() => Values = await PatientValues.OfFirstAsync(Server, 40, Database);
    }
}
