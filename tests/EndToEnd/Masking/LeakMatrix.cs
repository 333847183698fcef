using Npgsql;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>No tagged value comes back in clear, whatever the statement does with it: it is masked, or the statement is refused.</summary>
public abstract class LeakMatrix(LeakFixture fixture)
{
    /// <summary>Name, SQL, and whether the gateway must let it run (masked) rather than refuse it.</summary>
    public static TheoryData<string, string, bool> Statements => new()
    {
        { "column", "SELECT mrn, first_name, last_name, birth_date FROM clinic.patients WHERE patient_id < 40", true },
        { "star", "SELECT * FROM clinic.patients WHERE patient_id < 40", true },
        { "alias", "SELECT mrn AS id, first_name AS \"n\" FROM clinic.patients AS p WHERE patient_id < 40", true },
        { "sub-query", "SELECT x FROM (SELECT last_name AS x FROM clinic.patients WHERE patient_id < 40) AS s", true },
        { "view", "SELECT * FROM clinic.e2e_names WHERE patient_id < 40", true },
        { "returning", "INSERT INTO clinic.e2e_copy SELECT * FROM clinic.e2e_copy WHERE false RETURNING mrn", true },
        { "expression", "SELECT upper(first_name) || ' ' || last_name FROM clinic.patients WHERE patient_id < 40", false },
        { "cast", "SELECT birth_date::text, mrn::varchar(20)::text FROM clinic.patients WHERE patient_id < 40", false },
        { "substring", "SELECT substr(mrn, 1, 20) FROM clinic.patients WHERE patient_id < 40", false },
        { "reversed", "SELECT reverse(mrn) FROM clinic.patients WHERE patient_id < 40", false },
        { "row cast", "SELECT p::text FROM clinic.patients AS p WHERE patient_id < 40", false },
        { "whole row", "SELECT p FROM clinic.patients AS p WHERE patient_id < 40", false },
        { "row constructor", "SELECT ROW(mrn, last_name) FROM clinic.patients WHERE patient_id < 40", false },
        { "to_jsonb", "SELECT to_jsonb(p) FROM clinic.patients AS p WHERE patient_id < 40", false },
        { "json_agg", "SELECT json_agg(last_name) FROM clinic.patients WHERE patient_id < 40", false },
        { "string_agg", "SELECT string_agg(mrn, ',') FROM clinic.patients WHERE patient_id < 40", false },
        { "array", "SELECT ARRAY(SELECT mrn FROM clinic.patients WHERE patient_id < 40)", false },
        { "scalar sub-query", "SELECT (SELECT mrn FROM clinic.patients WHERE patient_id = 7)", false },
        { "case", "SELECT CASE WHEN mrn LIKE 'M%' THEN mrn END FROM clinic.patients WHERE patient_id < 40", false },
        { "coalesce", "SELECT coalesce(mrn, '') FROM clinic.patients WHERE patient_id < 40", false },
        { "union", "SELECT mrn FROM clinic.patients WHERE patient_id < 40 UNION ALL SELECT 'x'", false },
        { "distinct on a prefix", "SELECT DISTINCT left(last_name, 6) FROM clinic.patients WHERE patient_id < 40", false },
        { "min", "SELECT min(mrn), max(last_name) FROM clinic.patients", false },
        { "window", "SELECT lag(mrn) OVER (ORDER BY patient_id) FROM clinic.patients WHERE patient_id < 40", false },
        { "copy table", "COPY clinic.patients TO STDOUT", true },
        { "copy query", "COPY (SELECT mrn FROM clinic.patients) TO STDOUT", true },
        { "cursor", "BEGIN; DECLARE c CURSOR FOR SELECT upper(mrn) FROM clinic.patients WHERE patient_id < 40; FETCH ALL FROM c; COMMIT", true },
        { "cursor of columns", "BEGIN; DECLARE c CURSOR FOR SELECT mrn FROM clinic.patients WHERE patient_id < 40; FETCH ALL FROM c; COMMIT", true },
        { "prepare", "PREPARE q AS SELECT mrn FROM clinic.patients WHERE patient_id < 40; EXECUTE q", true },
        { "error detail", "INSERT INTO clinic.patients SELECT * FROM clinic.patients WHERE patient_id = 7", false },
        { "error of a cast", "SELECT last_name::integer FROM clinic.patients WHERE patient_id = 7", false },
        { "error in a predicate", "SELECT 1 FROM clinic.patients WHERE patient_id = 7 AND mrn::integer = 1", false },
        { "not null detail", "UPDATE clinic.e2e_copy SET first_name = NULL WHERE patient_id = 7", false },
        { "notice", "DO $$ BEGIN RAISE NOTICE '%', (SELECT mrn FROM clinic.patients WHERE patient_id = 7); END $$", false },
        { "notice of a function", "SELECT clinic.e2e_tell(7)", false },
        { "function", "SELECT clinic.e2e_mrn(7)", false },
        { "function in from", "SELECT * FROM clinic.e2e_rows()", false },
        { "explain", "EXPLAIN SELECT * FROM clinic.patients WHERE mrn = (SELECT mrn FROM clinic.patients WHERE patient_id = 7)", true },
        { "explain analyze verbose", "EXPLAIN (ANALYZE, VERBOSE) SELECT upper(mrn) FROM clinic.patients WHERE patient_id < 40", false },
        { "laundering by insert", "INSERT INTO scratch.e2e_notes SELECT mrn FROM clinic.patients WHERE patient_id < 40", false },
        { "laundering by create table", "CREATE TABLE scratch.e2e_loot AS SELECT * FROM clinic.patients", false },
        { "laundering by select into", "SELECT mrn INTO scratch.e2e_loot2 FROM clinic.patients", false },
        { "laundering by an explained select into", "EXPLAIN ANALYZE SELECT mrn INTO scratch.e2e_loot3 FROM clinic.patients", false },
        { "laundering by a prepared select into", "PREPARE q AS SELECT mrn INTO scratch.e2e_loot4 FROM clinic.patients; EXECUTE q", false },
        { "materialized view", "CREATE MATERIALIZED VIEW scratch.e2e_mat AS SELECT mrn FROM clinic.patients", false },
        { "statistics", "SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename = 'patients'", false },
        { "query_to_xml", "SELECT query_to_xml('SELECT mrn FROM clinic.patients WHERE patient_id = 7', true, true, '')", false },
        { "set_config", "SELECT set_config('application_name', mrn, false) FROM clinic.patients WHERE patient_id = 7", false },
        { "advisory lock", "SELECT pg_advisory_lock(hashtext(mrn)) FROM clinic.patients WHERE patient_id = 7", false },
        { "notify", "SELECT pg_notify('x', mrn) FROM clinic.patients WHERE patient_id = 7", false },
        { "spelled by a predicate", "SELECT string_agg(ch, '' ORDER BY pos) FROM generate_series(1, 12) AS pos, unnest(string_to_array('0123456789MRN-', NULL)) AS ch, clinic.patients AS p WHERE p.patient_id = 7 AND substr(p.mrn, pos, 1) = ch", false },
        { "order by", "SELECT patient_id FROM clinic.patients ORDER BY substr(mrn, 2)", false },
        { "large object", "SELECT lo_from_bytea(0, convert_to(mrn, 'UTF8')) FROM clinic.patients WHERE patient_id = 7", false },
        { "file", "COPY clinic.patients TO '/dev/stdout'", false },
        { "program", "COPY clinic.patients TO PROGRAM 'cat'", false },
    };

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task With_psql(string name, string sql, bool runs)
    {
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var finished = await psql.RunAsync("--no-align", "--command", sql);
        AssertNoLeak(name, finished.Output + finished.Error);
        AssertVerdict(name, runs, refused: finished.Error.Contains("NOT EXECUTED", StringComparison.Ordinal), finished.Output + finished.Error);
    }

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task With_npgsql_in_binary_and_re_executed(string name, string sql, bool runs)
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        var notices = new List<string>();
        connection.Notice += (_, e) => notices.Add($"{e.Notice.MessageText} {e.Notice.Detail}");
        var refused = false;

        // Npgsql prepares by itself from the second execution on.
        for (var round = 0; round < 4; round++)
        {
            var seen = await ReadAllAsync(connection, sql);
            AssertNoLeak(name, seen.Text + string.Join('\n', notices));
            refused |= seen.Text.Contains("NOT EXECUTED", StringComparison.Ordinal);
            await ReadAllAsync(connection, "ROLLBACK");
        }

        AssertVerdict(name, runs, refused, "npgsql");
    }

    [Fact]
    public async Task Untagged_columns_of_the_same_rows_come_back_as_they_are()
    {
        var psql = fixture.Gateway.Psql(Shared.Issuer.Agent("agent-1"));
        var finished = (await psql.QueryAsync("SELECT patient_id, gender, race, state FROM clinic.patients WHERE patient_id = 7")).Expect(0);
        Assert.Matches(@"^7\|[MF]\|[^|]+\|[A-Z]{2}\n$", finished.Output);
    }

    [Fact]
    public async Task A_masked_value_keeps_its_type_and_its_kind()
    {
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        await using var command = new NpgsqlCommand("SELECT mrn, first_name, birth_date, fhir_id, latitude, phone FROM clinic.patients WHERE patient_id = $1", connection)
        {
            Parameters = { new() { Value = 7 } },
        };
        for (var round = 0; round < 3; round++)
        {
            await using var reader = await command.ExecuteReaderAsync();
            Assert.True(await reader.ReadAsync());
            Assert.NotEqual("", reader.GetString(0));
            Assert.Equal("[NAME]", reader.GetString(1));
            var birth = reader.GetFieldValue<DateOnly>(2);
            Assert.Equal((1, 1), (birth.Month, birth.Day));
            Assert.True(await reader.IsDBNullAsync(3) || reader.GetFieldValue<Guid>(3) != default || reader.GetGuid(3) == Guid.Empty);
            Assert.True(await reader.IsDBNullAsync(4) || reader.GetDecimal(4) == 0);
        }
    }

    [Fact]
    public async Task A_tagged_value_can_be_looked_for_as_a_whole()
    {
        var (mrn, id) = await AnyMrnAsync();
        await using var connection = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        await using var command = new NpgsqlCommand("SELECT patient_id, mrn FROM clinic.patients WHERE mrn = $1", connection) { Parameters = { new() { Value = mrn } } };
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        Assert.Equal(id, reader.GetInt32(0));
        Assert.NotEqual(mrn, reader.GetString(1));
    }

    private static async Task<(string Mrn, int Id)> AnyMrnAsync()
    {
        await using var direct = await (await Shared.PostgresAsync()).ConnectAsync();
        await using var command = new NpgsqlCommand("SELECT mrn, patient_id FROM clinic.patients WHERE patient_id = 11", direct);
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.GetString(0), reader.GetInt32(1));
    }

    private static async Task<(string Text, bool Done)> ReadAllAsync(NpgsqlConnection connection, string sql)
    {
        var seen = new System.Text.StringBuilder();
        try
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync();
            do
            {
                while (await reader.ReadAsync())
                {
                    for (var i = 0; i < reader.FieldCount; i++)
                    {
                        seen.Append(reader.GetName(i)).Append('=').Append(Text(reader, i)).Append('\n');
                    }
                }
            }
            while (await reader.NextResultAsync());
            return (seen.ToString(), true);
        }
        catch (PostgresException error)
        {
            seen.Append(error.MessageText).Append('\n').Append(error.Detail).Append('\n').Append(error.Hint).Append('\n').Append(error.Where);
            return (seen.ToString(), false);
        }
        catch (Exception failure) when (failure is NotSupportedException or InvalidCastException or InvalidOperationException)
        {
            return (seen.ToString(), false);
        }
    }

    private static string Text(NpgsqlDataReader reader, int column) => reader.GetValue(column) switch
    {
        DateTime time => time.ToString("yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture),
        System.Collections.IEnumerable items and not string => string.Join(',', items.Cast<object?>()),
        var value => Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "",
    };

    private static void AssertVerdict(string name, bool runs, bool refused, string text)
    {
        if (runs)
        {
            Assert.False(refused, $"{name} should run: {text}");
        }
    }

    private void AssertNoLeak(string name, string text)
    {
        var leaked = fixture.Values.Where(v => text.Contains(v, StringComparison.OrdinalIgnoreCase)
            || text.Contains(new string([.. v.Reverse()]), StringComparison.OrdinalIgnoreCase)
            || text.Contains(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(v)), StringComparison.OrdinalIgnoreCase));
        Assert.True(!leaked.Any(), $"{name} gave {string.Join(", ", leaked.Take(3))}");
    }
}
