using Microsoft.Data.Sqlite;
using Sallyport.Gateway.Budgets.Usage;

namespace Sallyport.Server.Storage;

/// <summary>The counters of budgets in the embedded database.</summary>
internal sealed class SqliteUsage(SqliteDatabase database, TimeProvider time) : IUsageStore
{
    private const string Columns =
        "budget, scope, principal_id, principal, issuer, subject, run_id, since, statements, row_count, phi_cells, bytes, denials, milliseconds, updated_at";

    private const string Upsert =
        $"INSERT INTO usage ({Columns}) VALUES ($budget, $scope, $principal_id, $principal, $issuer, $subject, $run_id, $since, $statements, $rows, $cells, $bytes, "
        + "$denials, $milliseconds, $updated_at) ON CONFLICT (budget, scope) DO UPDATE SET since = excluded.since, statements = excluded.statements, "
        + "row_count = excluded.row_count, phi_cells = excluded.phi_cells, bytes = excluded.bytes, denials = excluded.denials, "
        + "milliseconds = excluded.milliseconds, updated_at = excluded.updated_at";

    /// <summary>Forgets what nobody used for long and what is too many, and reads the rest.</summary>
    public Task<IReadOnlyList<StoredUsage>> LoadAsync() => database.RunAsync(
        connection =>
        {
            using var prune = connection.CreateCommand();
            prune.CommandText =
                "DELETE FROM usage WHERE updated_at < $oldest OR (budget, scope) IN (SELECT budget, scope FROM usage ORDER BY updated_at DESC LIMIT -1 OFFSET $max)";
            prune.Parameters.AddWithValue("$oldest", StoredTime.Text(time.GetUtcNow() - UsageBudgets.KeptFor));
            prune.Parameters.AddWithValue("$max", UsageBudgets.MaxAccounts);
            prune.ExecuteNonQuery();
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT {Columns} FROM usage";
            using var rows = command.ExecuteReader();
            var counters = new List<StoredUsage>();
            while (rows.Read())
            {
                counters.Add(Read(rows));
            }
            return (IReadOnlyList<StoredUsage>)counters;
        },
        CancellationToken.None);

    public async Task WriteAsync(IReadOnlyList<StoredUsage> counters)
    {
        try
        {
            await database.RunAsync(connection => Write(connection, counters), CancellationToken.None);
        }
        catch (Exception problem) when (problem is SqliteException or StorageException)
        {
            throw new UsageStoreException("The counters of budgets cannot be written.", problem);
        }
    }

    private static int Write(SqliteConnection connection, IReadOnlyList<StoredUsage> counters)
    {
        using var transaction = connection.BeginTransaction();
        foreach (var counter in counters)
        {
            using var command = connection.CreateCommand();
            command.Transaction = transaction;
            command.CommandText = Upsert;
            Bind(command.Parameters, counter);
            command.ExecuteNonQuery();
        }
        transaction.Commit();
        return counters.Count;
    }

    private static void Bind(SqliteParameterCollection row, StoredUsage counter)
    {
        row.AddWithValue("$budget", counter.Key.Budget);
        row.AddWithValue("$scope", counter.Key.Scope);
        row.AddWithValue("$principal_id", counter.Owner.PrincipalId);
        row.AddWithValue("$principal", counter.Owner.Name);
        row.AddWithValue("$issuer", counter.Owner.Issuer);
        row.AddWithValue("$subject", counter.Owner.Subject);
        row.AddWithValue("$run_id", counter.Owner.RunId);
        row.AddWithValue("$since", StoredTime.Text(counter.Since));
        row.AddWithValue("$statements", counter.Totals.Statements);
        row.AddWithValue("$rows", counter.Totals.Rows);
        row.AddWithValue("$cells", counter.Totals.PhiCells);
        row.AddWithValue("$bytes", counter.Totals.Bytes);
        row.AddWithValue("$denials", counter.Totals.Denials);
        row.AddWithValue("$milliseconds", counter.Totals.Time);
        row.AddWithValue("$updated_at", StoredTime.Text(counter.UpdatedAt));
    }

    private static StoredUsage Read(SqliteDataReader row) => new(
        new UsageKey(row.GetString(0), row.GetString(1)),
        new UsageOwner(row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(6)),
        StoredTime.Read(row.GetString(7)),
        new UsageTotals(row.GetInt64(8), row.GetInt64(9), row.GetInt64(10), row.GetInt64(11), row.GetInt64(12), row.GetInt64(13)),
        StoredTime.Read(row.GetString(14)));
}
