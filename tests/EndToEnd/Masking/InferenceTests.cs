using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>Trying values one by one, letter by letter, or error by error comes to an end, over all connections of one principal.</summary>
public sealed class InferenceTests(InferenceTests.Fixture fixture) : IClassFixture<InferenceTests.Fixture>
{
    private const string Failing = "SELECT first_name::int FROM clinic.patients WHERE patient_id = 1";

    [Fact]
    public async Task An_error_oracle_ends_after_three_also_across_connections()
    {
        using var client = await SignInAsync("oracle");
        for (var i = 0; i < 3; i++)
        {
            Assert.DoesNotContain("NOT EXECUTED", await ErrorAsync(client, Failing));
        }

        Assert.Contains("refused by error-budget", await ErrorAsync(client, Failing));
        using var again = await SignInAsync("oracle");
        Assert.DoesNotContain("NOT EXECUTED", await ErrorAsync(again, Failing));
        Assert.Contains("refused by error-budget", await ErrorAsync(again, Failing));
        using var third = await SignInAsync("oracle");
        Assert.Contains("refused by error-budget", await ErrorAsync(third, Failing));

        // Looking at the columns, masked, goes on; so does everybody else.
        Assert.Contains(await QueryAsync(third, "SELECT mrn, first_name FROM clinic.patients WHERE patient_id = 1"), m => m.Type == 'C');
        using var other = await SignInAsync("honest");
        Assert.DoesNotContain("NOT EXECUTED", await ErrorAsync(other, Failing));
    }

    [Fact]
    public async Task Questions_that_never_fail_come_to_an_end_too()
    {
        using var client = await SignInAsync("careful");
        for (var i = 0; i < 25; i++)
        {
            // Fails only for a value that begins with the digit, so each success tells as much as a failure would.
            AssertRan(await QueryAsync(client, $"SELECT (split_part(first_name, '{i}', 1) || '1e0')::char(1)::text, ('1' || left(first_name, 0))::int FROM clinic.patients WHERE patient_id = 1 AND {i} = {i}"));
            AssertRan(await QueryAsync(client, "SELECT ('1' || left(first_name, 0))::int FROM clinic.patients WHERE patient_id = 1"));
        }

        using var again = await SignInAsync("careful");
        const string Another = "SELECT ('2' || left(first_name, 0))::int FROM clinic.patients WHERE patient_id = 1";
        Assert.Contains("refused by attempts-budget", await ErrorAsync(again, Another));
        AssertRan(await QueryAsync(again, "SELECT ('1' || left(first_name, 0))::int FROM clinic.patients WHERE patient_id = 1"));
        AssertRan(await QueryAsync(again, "SELECT first_name FROM clinic.patients WHERE patient_id = 1"));

        // Casting stored values as they are costs one for each form of statement, so reports do not notice.
        using var report = await SignInAsync("report");
        for (var i = 0; i < 40; i++)
        {
            AssertRan(await QueryAsync(report, $"SELECT birth_date::timestamp, mrn::json IS NULL FROM clinic.patients WHERE patient_id = -{i}"));
        }
    }

    [Theory]
    [InlineData("SELECT repeat(mrn, 100000000) FROM clinic.patients")]
    [InlineData("SELECT repeat(repeat(mrn, 9000), 9000) FROM clinic.patients")]
    [InlineData("SELECT mrn || repeat('x', 1073741800) FROM clinic.patients")]
    [InlineData("SELECT concat(mrn, rpad('x', 1073741800)) FROM clinic.patients")]
    [InlineData("WITH RECURSIVE r(n, t) AS (SELECT 1, mrn::text FROM clinic.patients UNION ALL SELECT n + 1, t || t FROM r WHERE n < 28) SELECT t FROM r")]
    public async Task A_text_made_so_long_that_the_length_of_a_value_decides_is_refused(string sql)
    {
        using var client = await SignInAsync("lengths");
        Assert.Contains("refused by analysis:computed-failure", await ErrorAsync(client, sql));
    }

    [Fact]
    public async Task Texts_that_grow_as_texts_do_are_masked()
    {
        using var client = await SignInAsync("lengths");
        AssertRan(await QueryAsync(client, """
            SELECT repeat(mrn, 10), lpad(mrn, 40, '*'), first_name || ' ' || last_name || ' (' || mrn || ')' || ' ' || first_name || ' ' || last_name,
              concat_ws(', ', first_name, last_name, mrn, first_name), string_agg(first_name || ' ' || last_name, ', ')
            FROM clinic.patients WHERE patient_id < 5 GROUP BY mrn, first_name, last_name
            """));
    }

    [Fact]
    public async Task Guessing_by_equality_ends_with_the_budget_for_values_and_is_recorded()
    {
        using var client = await SignInAsync("guesser");
        for (var i = 0; i < 30; i++)
        {
            AssertRan(await QueryAsync(client, $"SELECT patient_id FROM clinic.patients WHERE mrn = 'guess-{i}'"));
        }

        using var again = await SignInAsync("guesser");
        Assert.Contains("refused by constants-budget", await ErrorAsync(again, "SELECT patient_id FROM clinic.patients WHERE mrn = 'guess-30'"));
        Assert.Contains(
            "refused by constants-budget",
            ErrorOf(await again.RoundTripAsync(
                RawClient.Parse("", "SELECT patient_id FROM clinic.patients WHERE mrn = $1"), RawClient.Bind("", "", binaryResults: false, "guess-31"),
                RawClient.Execute(""), RawClient.Sync)));
        AssertRan(await QueryAsync(again, "SELECT patient_id FROM clinic.patients WHERE mrn = 'guess-7'"));
        AssertRan(await QueryAsync(again, "SELECT patient_id FROM clinic.patients WHERE first_name = 'guess-30'"));

        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        // Other tests of this class use up errors meanwhile; their alarm names no column.
        var alarms = evidence.OfKind("inference.alarm").Where(a => a.TryGetProperty("col", out var col) && col.GetString() == "clinic.patients.mrn").Select(a => a.GetProperty("alarm").GetString());
        Assert.Contains("failed-equalities", alarms);
        Assert.Contains("constants-used-up", alarms);
        Assert.Contains(evidence.OfKind("intent"), i => i.TryGetProperty("infers", out var infers)
            && infers[0].GetProperty("col").GetString() == "clinic.patients.mrn"
            && infers[0].GetProperty("kind").GetString() == "equality"
            && infers[0].GetProperty("values").GetInt32() == 1);
        Assert.DoesNotContain("guess-", string.Join('\n', evidence.Records.Select(r => r.GetRawText())));
    }

    [Fact]
    public async Task An_array_parameter_may_bring_few_values()
    {
        using var client = await SignInAsync("arrays");
        AssertRan(await ListAsync(client, 20));
        Assert.Contains("refused by list-length", ErrorOf(await ListAsync(client, 21)));
        AssertRan(await QueryAsync(client, "PREPARE few(text[]) AS SELECT patient_id FROM clinic.patients WHERE mrn = ANY($1)"));
        AssertRan(await QueryAsync(client, "EXECUTE few('{a,b}')"));
        Assert.Contains("refused by list-length", await ErrorAsync(client, $"EXECUTE few('{{{string.Join(',', Enumerable.Range(0, 21))}}}')"));
    }

    [Fact]
    public async Task A_walk_along_prefixes_raises_an_alarm()
    {
        using var client = await SignInAsync("walker");
        var known = "";
        foreach (var next in "Smith")
        {
            foreach (var letter in "aeiou")
            {
                AssertRan(await QueryAsync(client, $"SELECT count(*) FROM clinic.patients WHERE last_name LIKE '{known}{letter}%'"));
            }

            known += next;
            AssertRan(await QueryAsync(client, $"SELECT count(*) FROM clinic.patients WHERE last_name LIKE '{known}%'"));
        }

        using var http = fixture.Gateway.Http(token: null);
        Assert.Contains("sallyport_inference_alarms_total{kind=\"prefix-walk\"} 1", await http.GetStringAsync("/metrics"));
        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.Contains(evidence.OfKind("inference.alarm"), a =>
            a.GetProperty("alarm").GetString() == "prefix-walk" && a.GetProperty("col").GetString() == "clinic.patients.last_name");
    }

    private static Task<List<RawMessage>> ListAsync(RawClient client, int values) => client.RoundTripAsync(
        RawClient.Parse("", "SELECT patient_id FROM clinic.patients WHERE first_name = ANY($1)"),
        RawClient.Bind("", "", binaryResults: false, $"{{{string.Join(',', Enumerable.Range(0, values))}}}"),
        RawClient.Execute(""),
        RawClient.Sync);

    private Task<RawClient> SignInAsync(string agent) => RawClient.SignInAsync(fixture.Gateway.PostgresPort, Shared.Issuer.Agent(agent));

    private static Task<List<RawMessage>> QueryAsync(RawClient client, string sql) => client.RoundTripAsync(RawClient.Query(sql));

    private static async Task<string> ErrorAsync(RawClient client, string sql) => ErrorOf(await QueryAsync(client, sql));

    private static string ErrorOf(List<RawMessage> seen) => Assert.Single(seen, m => m.Type == 'E').Field('M');

    private static void AssertRan(List<RawMessage> seen) => Assert.DoesNotContain(seen, m => m.Type == 'E');

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "",
            Limits = "{haltedFor: 0s}",
            More = """
                predicates: {NAME: search, default: equality}
                inference: {constantsPerHour: 30, errors: 3, errorsPerHour: 4, attemptsPerHour: 26}
                """,
        });
    }
}
