using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Wire;

/// <summary>Statements of a size nobody writes by hand are answered or refused in bounded time and memory, and the gateway stays.</summary>
public sealed class ExtremeStatementTests(ExtremeStatementTests.Fixture fixture) : IClassFixture<ExtremeStatementTests.Fixture>
{
    private const int MiB = 1024 * 1024;

    /// <summary>Most a single statement may add to the gateway's memory, in MiB.</summary>
    private const long MostMemory = 400;

    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(30);

    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);

    [Theory]
    [InlineData("SELECT ", "'a'", "||", "", 20_000)]
    [InlineData("SELECT ", "1", "+", "", 20_000)]
    [InlineData("SELECT ", "mrn", "||", " FROM clinic.patients LIMIT 1", 20_000)]
    [InlineData("SELECT ", "mrn IS NULL", " OR ", " FROM clinic.patients LIMIT 1", 20_000)]
    [InlineData("SELECT patient_id FROM clinic.patients WHERE ", "mrn = 'a'", " OR ", "", 20_000)]
    [InlineData("SELECT patient_id FROM clinic.patients WHERE patient_id IN (", "1", ",", ")", 20_000)]
    [InlineData("SELECT ", "(", "", "1", 20_000)]
    [InlineData("SELECT ", "NOT ", "", "true", 20_000)]
    [InlineData("SELECT ", "CASE WHEN true THEN ", "", "1", 20_000)]
    [InlineData("", "SELECT 1", " UNION ALL ", "", 2_000)]
    [InlineData("", "SELECT 1", ";", "", 20_000)]
    public async Task A_long_expression_is_answered_or_refused(string start, string term, string between, string end, int terms)
    {
        var sql = start + string.Join(between, Enumerable.Repeat(term, terms)) + end;
        await AnswersInBoundsAsync(client => client.RoundTripAsync(RawClient.Query(sql)));
    }

    [Fact]
    public async Task Sixteen_hundred_columns_are_masked_and_sent()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var answers = await client.RoundTripAsync(RawClient.Query("SELECT * FROM scratch.e2e_wide"));
        var row = Assert.Single(answers, m => m.Type == 'D').Columns();
        Assert.Equal(1600, row.Length);
        Assert.Equal("[NAME]", Encoding.UTF8.GetString(row[7]!));
        Assert.Equal("9", Encoding.UTF8.GetString(row[8]!));
    }

    [Fact]
    public async Task Ten_thousand_parameters_pass()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(_token);
        var sql = "SELECT count(*) FROM clinic.patients WHERE patient_id IN (" + string.Join(',', Enumerable.Range(1, 10_000).Select(n => "$" + n.ToString(CultureInfo.InvariantCulture))) + ")";
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in Enumerable.Range(1, 10_000))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        var expected = await fixture.Server.ScalarAsync("SELECT count(*) FROM clinic.patients WHERE patient_id BETWEEN 1 AND 10000", fixture.Database);
        Assert.Equal(expected, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_hundred_nested_views_keep_the_tags()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var answers = await client.RoundTripAsync(RawClient.Query("SELECT first_name, patient_id FROM scratch.e2e_view_100 ORDER BY patient_id LIMIT 1"));
        var row = Assert.Single(answers, m => m.Type == 'D').Columns();
        Assert.Equal("[NAME]", Encoding.UTF8.GetString(row[0]!));
        Assert.Equal("1", Encoding.UTF8.GetString(row[1]!));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(200)]
    public async Task A_statement_of_many_mebibytes_is_refused(int mebibytes) =>
        await AnswersInBoundsAsync(async client =>
        {
            var answers = await client.RoundTripAsync(RawClient.Query("SELECT '" + new string('x', mebibytes * MiB) + "'"));
            Assert.Equal("54000", Assert.Single(answers, m => m.Type == 'E').Field('C'));
            return answers;
        });

    private async Task AnswersInBoundsAsync(Func<RawClient, Task<List<RawMessage>>> ask)
    {
        using var other = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var before = Memory();
        var watch = Stopwatch.StartNew();
        var answers = await ask(client);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, MostTime);
        Assert.InRange(Memory() - before, long.MinValue, MostMemory);
        Assert.Equal('Z', answers[^1].Type);
        await client.RoundTripAsync(RawClient.Query("ROLLBACK"));
        Assert.Contains(await client.RoundTripAsync(RawClient.Query("SELECT 1")), m => m.Type == 'D');
        Assert.Contains(await other.RoundTripAsync(RawClient.Query("SELECT 1")), m => m.Type == 'D');
    }

    private long Memory()
    {
        using var gateway = Process.GetProcessById(fixture.Gateway.ProcessId);
        return gateway.WorkingSet64 / MiB;
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override async Task PrepareAsync()
        {
            var columns = string.Join(", ", Enumerable.Range(1, 1600).Select(n => $"c{n} text"));
            var values = string.Join(", ", Enumerable.Range(1, 1600).Select(n => $"'{n % 10}'"));
            var views = new StringBuilder("CREATE VIEW scratch.e2e_view_1 AS SELECT * FROM clinic.patients;");
            for (var n = 2; n <= 100; n++)
            {
                views.Append(CultureInfo.InvariantCulture, $"CREATE VIEW scratch.e2e_view_{n} AS SELECT * FROM scratch.e2e_view_{n - 1} WHERE patient_id > 0;");
            }

            await Server.ExecuteAsync(
                $"CREATE TABLE scratch.e2e_wide ({columns}); INSERT INTO scratch.e2e_wide VALUES ({values}); {views}"
                + $"GRANT SELECT ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser}",
                Database);
        }

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Phi = new Dictionary<string, string> { ["clinic"] = GatewaySettings.ClinicPhi() + "\nscratch.e2e_wide.c8: NAME" },
        });
    }
}
