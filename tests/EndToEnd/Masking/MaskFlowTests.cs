using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>What an agent does with masked values: looks rows up by their tokens, compares dates, writes rows back.</summary>
public sealed class MaskFlowTests(MaskFlowTests.Fixture fixture) : IClassFixture<MaskFlowTests.Fixture>
{
    private const string Patients = "clinic.patients";

    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);

    [Theory]
    [InlineData("mrn", "mrn::text", "^tok_mrn_s[a-p]{4}_[a-z2-7]{16}$")]
    [InlineData("mrn", "mrn", "^[a-z2-7]{12}$")]
    [InlineData("ssn", "ssn", "^[a-z2-7]{11}$")]
    public async Task A_row_is_found_by_the_token_it_showed(string column, string selected, string form)
    {
        await using var connection = await OpenAsync();
        var shown = await ShownAsync(connection, selected);
        Assert.All(shown, row => Assert.Matches(form, row.Value));
        foreach (var (id, token) in shown)
        {
            Assert.Equal([id], await IdsAsync(connection, $"SELECT patient_id FROM {Patients} WHERE {column} = $1", token));
        }

        var few = shown.Take(3).ToList();
        if (column == "mrn")
        {
            Assert.Equal(
                few.Select(row => row.Id),
                await IdsAsync(connection, $"SELECT patient_id FROM {Patients} WHERE {column} = ANY($1) ORDER BY patient_id", (object)few.Select(row => row.Value).ToArray()));
        }

        Assert.Equal([few[0].Id, few[1].Id], await IdsAsync(connection, $"SELECT patient_id FROM {Patients} WHERE {column} IN ($1, $2) ORDER BY patient_id", few[0].Value, few[1].Value));
    }

    [Fact]
    public async Task A_token_shows_no_value_and_is_no_ones_but_its_owners()
    {
        await using var connection = await OpenAsync();
        var token = (await ShownAsync(connection, "mrn::text"))[0].Value;
        await AssertRefusedAsync("unknown-token", () => IdsAsync(connection, $"SELECT patient_id FROM {Patients} WHERE mrn = $1 AND $1 <> ''", token));
        Assert.Equal([token], await TextsAsync(connection, "SELECT $1::text", token));

        await using var other = await OpenAsync();
        await AssertRefusedAsync("unknown-token", () => IdsAsync(other, $"SELECT patient_id FROM {Patients} WHERE mrn = $1", token));

        // SSN tokens hold for the target: the same in every session, and known to this caller's sessions only.
        var ssn = (await ShownAsync(connection, "ssn"))[0];
        Assert.Equal(ssn, (await ShownAsync(other, "ssn"))[0]);
        await using var stranger = await OpenAsync(Shared.Issuer.Agent("agent-2", seconds: 3600));
        Assert.Equal([ssn.Id], await IdsAsync(other, $"SELECT patient_id FROM {Patients} WHERE ssn = $1", ssn.Value));
        Assert.Empty(await IdsAsync(stranger, $"SELECT patient_id FROM {Patients} WHERE ssn = $1", ssn.Value));
    }

    [Fact]
    public async Task A_masked_value_is_not_written_over_what_it_hides()
    {
        await using var connection = await OpenAsync();
        var (id, token) = (await ShownAsync(connection, "mrn::text"))[0];
        await AssertRefusedAsync("masked-write", () => RunAsync(connection, $"UPDATE {Patients} SET first_name = '[NAME]' WHERE patient_id = {id}"));
        await AssertRefusedAsync("masked-write", () => RunAsync(connection, $"UPDATE {Patients} SET first_name = $1 WHERE patient_id = {id}", "[NAME]"));
        await AssertRefusedAsync("masked-write", () => RunAsync(connection, $"UPDATE {Patients} SET mrn = $1 WHERE patient_id = {id}", token));
        var before = await fixture.Server.ScalarAsync($"SELECT first_name || mrn FROM {Patients} WHERE patient_id = {id}", fixture.Database);

        // By a token that is taken back, a row may well be changed.
        await RunAsync(connection, $"UPDATE {Patients} SET race = $1 WHERE mrn = $2", "tested", token);
        Assert.Equal("tested", await fixture.Server.ScalarAsync($"SELECT race FROM {Patients} WHERE patient_id = {id}", fixture.Database));
        Assert.Equal(before, await fixture.Server.ScalarAsync($"SELECT first_name || mrn FROM {Patients} WHERE patient_id = {id}", fixture.Database));
    }

    [Theory]
    [InlineData("", "{0}\t{1}\n", true)]
    [InlineData("CSV", "{0},{1}\n", true)]
    [InlineData("CSV", "{0},\"{1}\"\n", true)]
    [InlineData("CSV, DELIMITER ';', ESCAPE '\\'", "{0};\"a\\\";b\"\n{0};\"{1}\"", true)]
    [InlineData("CSV", "{0},\"see, {1}\"\n", false)]
    public async Task Nor_is_it_copied_in(string options, string row, bool isRefused)
    {
        await using var connection = await OpenAsync();
        var token = (await ShownAsync(connection, "mrn::text"))[0].Value;
        foreach (var value in (string[])["[NAME]", token, "******1234"])
        {
            var before = await fixture.Server.ScalarAsync("SELECT count(*) FROM clinic.copied", fixture.Database);
            async Task CopyAsync()
            {
                await using var copy = await connection.BeginTextImportAsync($"COPY clinic.copied (id, first_name) FROM STDIN {(options.Length > 0 ? $"(FORMAT {options})" : "")}");
                await copy.WriteAsync(string.Format(CultureInfo.InvariantCulture, row, "1", "Ada") + string.Format(CultureInfo.InvariantCulture, row, "2", value));
            }

            if (isRefused)
            {
                await AssertRefusedAsync("masked-write", CopyAsync);
                Assert.Equal(before, await fixture.Server.ScalarAsync("SELECT count(*) FROM clinic.copied", fixture.Database));
            }
            else
            {
                await CopyAsync();
            }

            // The session goes on.
            Assert.Equal(["1"], await TextsAsync(connection, "SELECT $1::text", "1"));
        }
    }

    [Fact]
    public async Task Nor_in_the_binary_format_and_real_values_go_through()
    {
        await using var connection = await OpenAsync();
        async Task CopyAsync(string value)
        {
            await using var copy = await connection.BeginBinaryImportAsync("COPY clinic.copied (id, first_name) FROM STDIN (FORMAT BINARY)");
            for (var id = 100; id < 20_100; id++)
            {
                await copy.WriteRowAsync(TestContext.Current.CancellationToken, id, id == 20_000 ? value : $"name {id}");
            }

            await copy.CompleteAsync();
        }

        await AssertRefusedAsync("masked-write", () => CopyAsync("[NAME]"));
        Assert.Equal(0L, await fixture.Server.ScalarAsync("SELECT count(*) FROM clinic.copied WHERE id >= 100", fixture.Database));
        await CopyAsync("Ada");
        Assert.Equal(20_000L, await fixture.Server.ScalarAsync("SELECT count(*) FROM clinic.copied WHERE id >= 100", fixture.Database));
    }

    [Fact]
    public async Task Dates_of_a_patient_move_together_where_the_row_says_whose_they_are()
    {
        await using var connection = await OpenAsync();
        var moved = await DatesAsync(connection, $"SELECT patient_id, birth_date FROM {Patients} WHERE patient_id < 20 ORDER BY patient_id");
        Assert.Equal(moved, await DatesAsync(connection, $"WITH p AS (SELECT * FROM {Patients}) SELECT s.patient_id, s.birth_date FROM (SELECT birth_date, patient_id FROM p) s WHERE s.patient_id < 20 ORDER BY 1"));
        Assert.Equal(moved, await DatesAsync(connection, $"SELECT p.patient_id, p.birth_date FROM {Patients} p LEFT JOIN clinic.encounters e USING (patient_id) WHERE p.patient_id < 20 GROUP BY p.patient_id ORDER BY 1"));
        foreach (var (id, date) in moved)
        {
            var stored = (DateTime)(await fixture.Server.ScalarAsync($"SELECT birth_date::timestamp FROM {Patients} WHERE patient_id = {id}", fixture.Database))!;
            var days = date.DayNumber - DateOnly.FromDateTime(stored).DayNumber;
            Assert.True(stored.Year <= TimeProvider.System.GetUtcNow().Year - 90 || (days % 7 == 0 && days is not 0 && Math.Abs(days) <= 364), $"patient {id}");
        }
    }

    [Theory]
    [InlineData("SELECT 1, birth_date FROM clinic.patients WHERE patient_id < 20")]
    [InlineData("SELECT q.patient_id, p.birth_date FROM clinic.patients p, clinic.patients q WHERE p.patient_id < 5 AND q.patient_id < 5")]
    [InlineData("WITH c AS (SELECT * FROM clinic.patients WHERE patient_id < 5) SELECT b.patient_id, a.birth_date FROM c a, c b")]
    [InlineData("SELECT patient_id, birth_date FROM clinic.patients WHERE patient_id < 5 UNION ALL SELECT patient_id, birth_date FROM clinic.patients WHERE patient_id < 5")]
    [InlineData("SELECT patient_id + 1, birth_date FROM clinic.patients WHERE patient_id < 20")]
    public async Task Elsewhere_only_the_year_of_a_date_is_left(string sql)
    {
        await using var connection = await OpenAsync();
        var dates = await DatesAsync(connection, sql);
        Assert.NotEmpty(dates);
        Assert.All(dates, row => Assert.Equal((1, 1), (row.Date.Month, row.Date.Day)));
    }

    private async Task<NpgsqlConnection> OpenAsync(string? token = null)
    {
        var connection = new NpgsqlConnection(fixture.Gateway.ConnectionString(token ?? _token));
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private static async Task AssertRefusedAsync(string rule, Func<Task> run)
    {
        var refusal = await Assert.ThrowsAsync<PostgresException>(run);
        Assert.Contains(rule, refusal.MessageText);
        Assert.Matches("^(NOT EXECUTED|STOPPED) - ", refusal.MessageText);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter, NpgsqlDbType = parameter is string[]? NpgsqlDbType.Array | NpgsqlDbType.Text : NpgsqlDbType.Unknown });
        }

        return command;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<List<T>> RowsAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, params object[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var rows = new List<T>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    private static Task<List<int>> IdsAsync(NpgsqlConnection connection, string sql, params object[] parameters) =>
        RowsAsync(connection, sql, static reader => Convert.ToInt32(reader.GetValue(0), CultureInfo.InvariantCulture), parameters);

    private static Task<List<string>> TextsAsync(NpgsqlConnection connection, string sql, params object[] parameters) => RowsAsync(connection, sql, static reader => reader.GetString(0), parameters);

    private static Task<List<(int Id, string Value)>> ShownAsync(NpgsqlConnection connection, string column) => RowsAsync(
        connection,
        $"SELECT patient_id, {column} FROM {Patients} WHERE patient_id < 12 AND {column.Split(':')[0]} IS NOT NULL ORDER BY patient_id",
        static reader => (Convert.ToInt32(reader.GetValue(0), CultureInfo.InvariantCulture), reader.GetString(1)));

    private static Task<List<(int Id, DateOnly Date)>> DatesAsync(NpgsqlConnection connection, string sql) => RowsAsync(
        connection, sql, static reader => (Convert.ToInt32(reader.GetValue(0), CultureInfo.InvariantCulture), reader.GetFieldValue<DateOnly>(1)));

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task PrepareAsync() =>
            Server.ExecuteAsync(
                $"CREATE TABLE clinic.copied (id integer, first_name text); GRANT SELECT, INSERT ON clinic.copied TO {PostgresServer.GatewayUser}; GRANT SELECT, UPDATE ON clinic.patients TO {PostgresServer.GatewayUser}",
                Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "",
            Phi = new Dictionary<string, string> { ["clinic"] = GatewaySettings.ClinicPhi() + "\nclinic.copied.first_name: NAME" },
            Masks = "{MRN: token, SSN: {mask: token, scope: target}, NAME: redact, DATE: {mask: date-shift, key: [clinic.patients.patient_id, clinic.encounters.patient_id]}, default: redact}",
        });
    }
}
