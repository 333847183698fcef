using System.Collections;
using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Sallyport.EndToEnd.Clients;

/// <summary>The common scenario list, spoken by Npgsql.</summary>
internal static class NpgsqlScenarios
{
    private const string Table = "scratch.npgsql_items";
    private const int LargeBytes = 1024 * 1024;
    private const int ManyRows = 100_000;

    private static readonly (string Name, Func<NpgsqlConnection, Transcript, Task> Run)[] Scenarios =
    [
        ("connect", ConnectAsync), ("simple_and_multi", SimpleAndMultiAsync), ("parameters", ParametersAsync), ("prepared_ten_times", PreparedAsync),
        ("pipeline_error", PipelineErrorAsync), ("row_limited_fetch", RowLimitedAsync), ("transactions", TransactionsAsync), ("copy", CopyAsync),
        ("cancel", CancelAsync), ("notifications", NotificationsAsync), ("notices", NoticesAsync), ("error_fields", ErrorFieldsAsync),
        ("large_values", LargeValuesAsync), ("many_rows", ManyRowsAsync),
    ];

    public static async Task<IReadOnlyDictionary<string, string>> RunAsync(Endpoint endpoint)
    {
        var transcript = new Transcript();
        foreach (var (name, run) in Scenarios)
        {
            transcript.Begin(name);
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString(endpoint));
                await connection.OpenAsync();
                await run(connection, transcript);
            }
            catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException or TimeoutException or InvalidCastException)
            {
                transcript.Show("FAILED", failure.GetType().Name, failure.Message);
            }
        }

        return transcript.Scenarios();
    }

    public static string ConnectionString(Endpoint endpoint, Action<NpgsqlConnectionStringBuilder>? more = null)
    {
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = Endpoint.Host,
            Port = endpoint.Port,
            Database = endpoint.Database,
            Username = endpoint.User,
            Password = endpoint.Password,
            SslMode = endpoint.SslMode == "disable" ? SslMode.Disable : SslMode.Require,
            GssEncryptionMode = GssEncryptionMode.Disable,
            IncludeErrorDetail = true,
            PersistSecurityInfo = true,
            Pooling = false,
            Timeout = 30,
            CommandTimeout = 60,
            KeepAlive = 0,
            MaxAutoPrepare = 20,
            AutoPrepareMinUsages = 2,
        };
        more?.Invoke(builder);
        return builder.ConnectionString;
    }

    private static async Task ConnectAsync(NpgsqlConnection connection, Transcript transcript)
    {
        transcript.Show(connection.PostgreSqlVersion.Major, connection.PostgresParameters["client_encoding"], connection.Timezone.Length > 0);
        await ShowAsync(connection, transcript, "SELECT 1 AS one");
    }

    private static async Task SimpleAndMultiAsync(NpgsqlConnection connection, Transcript transcript)
    {
        await ShowAsync(connection, transcript, "SELECT 1 AS a, 'x' AS b; SELECT 2 AS a; SELECT 'third' AS c, NULL AS d");
        await ShowAsync(connection, transcript, $"DROP TABLE IF EXISTS {Table}");
        await ShowAsync(connection, transcript, $"CREATE TABLE {Table} (id integer PRIMARY KEY, label text NOT NULL, amount numeric(12,2))");
        await ShowAsync(connection, transcript, $"INSERT INTO {Table} (id, label, amount) VALUES (1, 'one', 1.10), (2, 'two', 2.20)");
        await ShowAsync(connection, transcript, $"UPDATE {Table} SET amount = amount + 1 WHERE id = 2 RETURNING id, amount");
    }

    private static async Task ParametersAsync(NpgsqlConnection connection, Transcript transcript)
    {
        (NpgsqlDbType Type, object Value)[] values =
        [
            (NpgsqlDbType.Smallint, (short)7), (NpgsqlDbType.Integer, -70000), (NpgsqlDbType.Bigint, 1L << 40), (NpgsqlDbType.Double, 1.5),
            (NpgsqlDbType.Numeric, 12345.6789m), (NpgsqlDbType.Boolean, true), (NpgsqlDbType.Text, "ümlaut 'quoted'"), (NpgsqlDbType.Varchar, "v"),
            (NpgsqlDbType.Bytea, (byte[])[0, 1, 255]), (NpgsqlDbType.Date, new DateOnly(2024, 2, 29)),
            (NpgsqlDbType.Timestamp, new DateTime(2024, 2, 29, 12, 30, 1, DateTimeKind.Unspecified)),
            (NpgsqlDbType.TimestampTz, new DateTime(2024, 2, 29, 12, 30, 1, DateTimeKind.Utc)), (NpgsqlDbType.Time, new TimeOnly(23, 59, 59)),
            (NpgsqlDbType.Interval, new TimeSpan(3, 0, 0, 4)), (NpgsqlDbType.Uuid, new Guid("00000000-0000-4000-8000-000000000001")),
            (NpgsqlDbType.Jsonb, """{"a": [1, null]}"""), (NpgsqlDbType.Array | NpgsqlDbType.Integer, (int[])[1, 2, 3]),
            (NpgsqlDbType.Array | NpgsqlDbType.Text, (string?[])["a", null, "c,d"]), (NpgsqlDbType.Text, DBNull.Value),
        ];
        // Npgsql does not ask a prepared statement for text.
        await using var plain = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection.ConnectionString) { MaxAutoPrepare = 0 }.ConnectionString);
        await plain.OpenAsync();
        foreach (var allText in (bool[])[false, true])
        {
            foreach (var (type, value) in values)
            {
                // Npgsql sends and asks for binary; AllResultTypesAreUnknown asks for text.
                await using var command = new NpgsqlCommand("SELECT $1 AS v", allText ? plain : connection) { AllResultTypesAreUnknown = allText };
                command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value });
                await ShowAsync(command, transcript);
            }
        }
    }

    private static async Task PreparedAsync(NpgsqlConnection connection, Transcript transcript)
    {
        await using var byHand = new NpgsqlCommand($"SELECT id, label FROM {Table} WHERE id = $1", connection) { Parameters = { new() { Value = 0 } } };
        await byHand.PrepareAsync();
        for (var i = 0; i < 10; i++)
        {
            byHand.Parameters[0].Value = i % 3;
            await ShowAsync(byHand, transcript);
        }

        for (var i = 0; i < 10; i++)
        {
            await using var automatic = new NpgsqlCommand("SELECT patient_id, gender FROM clinic.patients WHERE patient_id = $1", connection)
            {
                Parameters = { new() { Value = i + 1 } },
            };
            await ShowAsync(automatic, transcript);
        }

        await byHand.UnprepareAsync();
        await ShowAsync(connection, transcript, "SELECT 'after'");
    }

    private static async Task PipelineErrorAsync(NpgsqlConnection connection, Transcript transcript)
    {
        // Without automatic preparation: Npgsql 10 loses its place when a batch fails while it prepares one of its statements.
        await using var plain = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection.ConnectionString) { MaxAutoPrepare = 0 }.ConnectionString);
        await plain.OpenAsync();
        foreach (var barrier in (bool[])[false, true])
        {
            await using var batch = new NpgsqlBatch(plain) { EnableErrorBarriers = barrier };
            foreach (var divisor in (int[])[1, 0, 2])
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT 10 / $1 AS v") { Parameters = { new() { Value = divisor } } });
            }

            try
            {
                await using var reader = await batch.ExecuteReaderAsync();
                do
                {
                    while (await reader.ReadAsync())
                    {
                        transcript.Show(reader.GetInt32(0));
                    }
                }
                while (await reader.NextResultAsync());
            }
            catch (PostgresException error)
            {
                Show(error, transcript);
            }
        }

        await using var many = new NpgsqlBatch(connection);
        for (var i = 0; i < 50; i++)
        {
            many.BatchCommands.Add(new NpgsqlBatchCommand($"INSERT INTO {Table} (id, label) VALUES ($1, $2)") { Parameters = { new() { Value = 100 + i }, new() { Value = $"batch {i}" } } });
        }

        transcript.Show(await many.ExecuteNonQueryAsync());
        await ShowAsync(connection, transcript, $"SELECT count(*) FROM {Table}");
    }

    private static async Task RowLimitedAsync(NpgsqlConnection connection, Transcript transcript)
    {
        // SingleRow asks for one row; the portal is then suspended and closed.
        await using var command = new NpgsqlCommand("SELECT patient_id FROM clinic.patients ORDER BY patient_id", connection);
        await using (var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SingleRow))
        {
            await reader.ReadAsync();
            transcript.Show(reader.GetInt32(0), await reader.ReadAsync());
        }

        await using var transaction = await connection.BeginTransactionAsync();
        await ShowAsync(connection, transcript, "DECLARE npgsql_cursor CURSOR FOR SELECT patient_id FROM clinic.patients ORDER BY patient_id");
        await ShowAsync(connection, transcript, "FETCH 7 FROM npgsql_cursor");
        await ShowAsync(connection, transcript, "FETCH 2 FROM npgsql_cursor");
        await ShowAsync(connection, transcript, "CLOSE npgsql_cursor");
        await transaction.CommitAsync();
    }

    private static async Task TransactionsAsync(NpgsqlConnection connection, Transcript transcript)
    {
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await ShowAsync(connection, transcript, $"INSERT INTO {Table} (id, label) VALUES (10, 'rolled back')");
            await transaction.SaveAsync("s");
            await ShowAsync(connection, transcript, $"INSERT INTO {Table} (id, label) VALUES (10, 'twice')");
            await ShowAsync(connection, transcript, "SELECT 1");
            await transaction.RollbackAsync("s");
            await ShowAsync(connection, transcript, $"SELECT count(*) FROM {Table} WHERE id = 10");
            await transaction.RollbackAsync();
        }

        await ShowAsync(connection, transcript, $"SELECT count(*) FROM {Table} WHERE id = 10");
        await using var serializable = await connection.BeginTransactionAsync(System.Data.IsolationLevel.Serializable);
        await ShowAsync(connection, transcript, "SHOW transaction_isolation");
        await serializable.CommitAsync();
    }

    private static async Task CopyAsync(NpgsqlConnection connection, Transcript transcript)
    {
        await using (var rows = await connection.BeginBinaryImportAsync($"COPY {Table} (id, label) FROM STDIN (FORMAT binary)"))
        {
            for (var i = 1000; i < 1500; i++)
            {
                await rows.WriteRowAsync(CancellationToken.None, i, $"row\t{i}");
            }

            transcript.Show(await rows.CompleteAsync());
        }

        await using (var text = await connection.BeginTextImportAsync($"COPY {Table} (id, label) FROM STDIN"))
        {
            await text.WriteAsync("1500\ttext row\n");
        }

        await using (var abandoned = await connection.BeginBinaryImportAsync($"COPY {Table} (id, label) FROM STDIN (FORMAT binary)"))
        {
            await abandoned.WriteRowAsync(CancellationToken.None, 3000, "never");
        }

        using (var lines = await connection.BeginTextExportAsync($"COPY (SELECT id, label FROM {Table} WHERE id >= 1495 ORDER BY id) TO STDOUT"))
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                transcript.Show(line);
            }
        }

        await using (var export = await connection.BeginBinaryExportAsync($"COPY (SELECT id, label FROM {Table} WHERE id >= 1495 ORDER BY id) TO STDOUT (FORMAT binary)"))
        {
            while (await export.StartRowAsync() != -1)
            {
                transcript.Show(await export.ReadAsync<int>(), await export.ReadAsync<string>());
            }
        }

        try
        {
            await using var wrong = await connection.BeginTextImportAsync($"COPY {Table} (id, label) FROM STDIN");
            await wrong.WriteAsync("not a number\tx\n");
        }
        catch (PostgresException error)
        {
            Show(error, transcript);
        }

        await ShowAsync(connection, transcript, $"SELECT count(*) FROM {Table} WHERE id >= 1000");
    }

    private static async Task CancelAsync(NpgsqlConnection connection, Transcript transcript)
    {
        await using var command = new NpgsqlCommand("SELECT pg_sleep(60)", connection);
        var running = command.ExecuteNonQueryAsync();
        await Task.Delay(500);
        command.Cancel();
        try
        {
            await running;
            transcript.Show("not cancelled");
        }
        catch (OperationCanceledException cancelled) when (cancelled.InnerException is PostgresException error)
        {
            Show(error, transcript);
        }

        await ShowAsync(connection, transcript, "SELECT 'alive'");
    }

    private static async Task NotificationsAsync(NpgsqlConnection connection, Transcript transcript)
    {
        connection.Notification += (_, notification) => transcript.Show(notification.Channel, notification.Payload);
        await ShowAsync(connection, transcript, "LISTEN npgsql_channel");
        await using var other = new NpgsqlConnection(connection.ConnectionString);
        await other.OpenAsync();
        await ShowAsync(other, transcript, "NOTIFY npgsql_channel, 'hello'");
        transcript.Show(await connection.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static async Task NoticesAsync(NpgsqlConnection connection, Transcript transcript)
    {
        connection.Notice += (_, e) => transcript.Show(e.Notice.Severity, e.Notice.SqlState, e.Notice.MessageText);
        await ShowAsync(connection, transcript, "DROP TABLE IF EXISTS scratch.npgsql_nothing");
        await ShowAsync(connection, transcript, "ROLLBACK");
    }

    private static async Task ErrorFieldsAsync(NpgsqlConnection connection, Transcript transcript)
    {
        foreach (var text in (string[])
        [
            "SELECT * FROM scratch.npgsql_nothing", "SELECT nothing", "SELEC 1", "SELECT 1/0", "SELECT 'x'::integer",
            $"INSERT INTO {Table} (id, label) VALUES (1, 'again')", $"INSERT INTO {Table} (id) VALUES (3)",
        ])
        {
            await ShowAsync(connection, transcript, text);
        }
    }

    private static async Task LargeValuesAsync(NpgsqlConnection connection, Transcript transcript)
    {
        var text = string.Concat(Enumerable.Repeat("0123456789abcdef", LargeBytes / 16));
        await using var command = new NpgsqlCommand("SELECT $1::text, $2::bytea", connection)
        {
            Parameters = { new() { Value = text }, new() { Value = System.Text.Encoding.UTF8.GetBytes(text) } },
        };
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        transcript.Show(reader.GetString(0) == text, reader.GetFieldValue<byte[]>(1).Length);
    }

    private static async Task ManyRowsAsync(NpgsqlConnection connection, Transcript transcript)
    {
        await using var command = new NpgsqlCommand("SELECT i, 'row ' || i FROM generate_series(1, $1) AS i", connection) { Parameters = { new() { Value = ManyRows } } };
        await using var reader = await command.ExecuteReaderAsync();
        long count = 0, sum = 0;
        var last = "";
        while (await reader.ReadAsync())
        {
            count++;
            sum += reader.GetInt32(0);
            last = reader.GetString(1);
        }

        transcript.Show(count, sum, last);
    }

    private static async Task ShowAsync(NpgsqlConnection connection, Transcript transcript, string text)
    {
        await using var command = new NpgsqlCommand(text, connection);
        await ShowAsync(command, transcript);
    }

    private static async Task ShowAsync(NpgsqlCommand command, Transcript transcript)
    {
        try
        {
            await using var reader = await command.ExecuteReaderAsync();
            do
            {
                while (await reader.ReadAsync())
                {
                    transcript.Show([.. Enumerable.Range(0, reader.FieldCount).Select(i => (object?)$"{reader.GetName(i)}={Text(reader.GetValue(i))}")]);
                }
            }
            while (await reader.NextResultAsync());
            transcript.Show("affected", reader.RecordsAffected);
        }
        catch (PostgresException error)
        {
            Show(error, transcript);
        }
    }

    private static void Show(PostgresException error, Transcript transcript) => transcript.Show(
        "error", error.SqlState, error.Severity, error.MessageText, error.Detail, error.Hint, error.Position, error.SchemaName, error.TableName, error.ColumnName, error.ConstraintName);

    private static string Text(object? value) => value switch
    {
        null or DBNull => "NULL",
        byte[] bytes => Convert.ToHexStringLower(bytes),
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        string text => text,
        IEnumerable items => "[" + string.Join(",", items.Cast<object?>().Select(Text)) + "]",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
