using System.Text;
using Npgsql;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Tools.Lineage;

/// <summary>One server session with the pins the gateway sets, which prepares statements and collects the dumps of their query trees.</summary>
internal sealed class DumpSession : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly List<string> _dumps = [];

    private DumpSession(NpgsqlConnection connection) => _connection = connection;

    public static async Task<DumpSession> OpenAsync(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Options = "-c debug_print_rewritten=on -c debug_pretty_print=off -c client_min_messages=log",
            Pooling = false,
            IncludeErrorDetail = true,
        };
        var connection = new NpgsqlConnection(builder.ConnectionString);
        var session = new DumpSession(connection);
        connection.Notice += (_, notice) =>
        {
            if (notice.Notice is { Routine: "elog_node_display", Detail: { } detail } && notice.Notice.MessageText.StartsWith("rewritten", StringComparison.Ordinal))
            {
                session._dumps.Add(detail);
            }
        };
        await connection.OpenAsync();
        return session;
    }

    /// <summary>Parses a statement without executing it.</summary>
    /// <returns>The dump, or null when the server printed none.</returns>
    public async Task<byte[]?> DumpAsync(string sql)
    {
        _dumps.Clear();
        await using var command = new NpgsqlCommand(sql, _connection);
        for (var i = 1; sql.Contains($"${i}", StringComparison.Ordinal); i++)
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Unknown, Value = DBNull.Value });
        }

        await command.PrepareAsync();
        var dump = _dumps.Count > 0 ? Encoding.UTF8.GetBytes(_dumps[^1]) : null;
        await command.UnprepareAsync();
        return dump;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<List<byte[]?[]>> RowsAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection) { AllResultTypesAreUnknown = true };
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<byte[]?[]>();
        while (await reader.ReadAsync())
        {
            var row = new byte[]?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = await reader.IsDBNullAsync(i) ? null : Encoding.UTF8.GetBytes(reader.GetString(i));
            }

            rows.Add(row);
        }

        return rows;
    }

    public async Task BootstrapAsync(TargetCatalog catalog)
    {
        foreach (var query in catalog.Bootstrap)
        {
            catalog.Load(query, await RowsAsync(query.Sql));
        }
    }

    /// <summary>Analyses one statement as the gateway does: facts are fetched on this session until the outcome is final.</summary>
    public async Task<AnalysisOutcome> AnalyzeAsync(byte[] dump, TargetCatalog catalog)
    {
        var outcome = StatementAnalyzer.Analyze(dump, catalog);
        for (var round = 0; round < StatementAnalyzer.MaxFactRounds && outcome is AnalysisOutcome.NeedsFacts needs; round++)
        {
            var query = catalog.QueryFor(needs.Missing);
            catalog.Load(query, await RowsAsync(query.Sql));
            outcome = StatementAnalyzer.Analyze(dump, catalog);
        }

        return outcome;
    }

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();
}
