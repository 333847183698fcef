using Microsoft.Data.Sqlite;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;

namespace Sallyport.Server.Storage;

/// <summary>The index of sessions in the embedded database.</summary>
internal sealed class SqliteSessions(SqliteDatabase database)
{
    /// <summary>Most sessions kept; the oldest go first. The ledger keeps them all.</summary>
    public const int MaxSessions = 200_000;

    private const string Columns =
        "seq, id, target, kind, principal_id, principal, issuer, subject, on_behalf_of, run_id, client, started_at, ended_at, end_reason, end_note, "
        + "statements, denied, row_count, masked_cells, first_index, last_index";

    private const string Upsert =
        "INSERT INTO sessions (id, target, kind, principal_id, principal, issuer, subject, on_behalf_of, run_id, client, started_at, ended_at, end_reason, "
        + "statements, denied, row_count, masked_cells, first_index, last_index) VALUES ($id, $target, $kind, $principal_id, $principal, $issuer, $subject, "
        + "$on_behalf_of, $run_id, $client, $started_at, $ended_at, $end_reason, $statements, $denied, $rows, $masked, $first, $last) "
        + "ON CONFLICT (id) DO UPDATE SET ended_at = excluded.ended_at, end_reason = excluded.end_reason, statements = excluded.statements, "
        + "denied = excluded.denied, row_count = excluded.row_count, masked_cells = excluded.masked_cells, first_index = excluded.first_index, "
        + "last_index = excluded.last_index";

    /// <summary>Writes entries in one transaction; one that is there already gets its end and totals.</summary>
    public Task<int> WriteAsync(IReadOnlyList<SessionEntry> entries, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction();
            foreach (var entry in entries)
            {
                using var command = connection.CreateCommand();
                command.Transaction = transaction;
                command.CommandText = Upsert;
                Bind(command.Parameters, entry);
                command.ExecuteNonQuery();
            }
            using var prune = connection.CreateCommand();
            prune.Transaction = transaction;
            prune.CommandText = "DELETE FROM sessions WHERE seq <= (SELECT max(seq) FROM sessions) - $max AND ended_at IS NOT NULL";
            prune.Parameters.AddWithValue("$max", MaxSessions);
            prune.ExecuteNonQuery();
            transaction.Commit();
            return entries.Count;
        },
        cancellationToken);

    /// <summary>Ends the entries that a crash left open.</summary>
    public Task<int> EndUnfinishedAsync(DateTimeOffset now, string reason) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE sessions SET ended_at = $now, end_reason = $reason WHERE ended_at IS NULL";
            command.Parameters.AddWithValue("$now", StoredTime.Text(now));
            command.Parameters.AddWithValue("$reason", reason);
            return command.ExecuteNonQuery();
        },
        CancellationToken.None);

    /// <summary>Keeps what an operator wrote who ends a session.</summary>
    public Task<int> NoteEndAsync(string id, string note, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE sessions SET end_note = $note WHERE id = $id AND ended_at IS NULL";
            command.Parameters.AddWithValue("$note", note);
            command.Parameters.AddWithValue("$id", id);
            return command.ExecuteNonQuery();
        },
        cancellationToken);

    public async Task<SessionEntry?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var found = await SelectAsync("WHERE id = $id", parameters => parameters.AddWithValue("$id", id), cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public Task<List<SessionEntry>> ListAsync(SessionFilter filter, CancellationToken cancellationToken) => SelectAsync(
        "WHERE ($live IS NULL OR (ended_at IS NULL) = $live) AND ($before IS NULL OR seq < $before) AND ($principal IS NULL OR principal_id = $principal) "
        + "AND ($subject IS NULL OR (subject = $subject AND issuer = $issuer)) ORDER BY seq DESC LIMIT $limit",
        parameters =>
        {
            parameters.AddWithValue("$live", filter.Live is { } live ? (live ? 1 : 0) : DBNull.Value);
            parameters.AddWithValue("$before", (object?)filter.Before ?? DBNull.Value);
            parameters.AddWithValue("$principal", (object?)filter.Viewer?.PrincipalId ?? DBNull.Value);
            parameters.AddWithValue("$subject", (object?)filter.Viewer?.Subject ?? DBNull.Value);
            parameters.AddWithValue("$issuer", (object?)filter.Viewer?.Issuer ?? DBNull.Value);
            parameters.AddWithValue("$limit", filter.Limit);
        },
        cancellationToken);

    private Task<List<SessionEntry>> SelectAsync(string condition, Action<SqliteParameterCollection> bind, CancellationToken cancellationToken) =>
        database.RunAsync(
            connection =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = $"SELECT {Columns} FROM sessions {condition}";
                bind(command.Parameters);
                using var rows = command.ExecuteReader();
                var entries = new List<SessionEntry>();
                while (rows.Read())
                {
                    entries.Add(Read(rows));
                }
                return entries;
            },
            cancellationToken);

    private static void Bind(SqliteParameterCollection row, SessionEntry entry)
    {
        row.AddWithValue("$id", entry.Id);
        row.AddWithValue("$target", entry.Target);
        row.AddWithValue("$kind", entry.Kind == PrincipalKind.Agent ? "agent" : "human");
        row.AddWithValue("$principal_id", entry.PrincipalId);
        row.AddWithValue("$principal", entry.Principal);
        row.AddWithValue("$issuer", entry.Issuer);
        row.AddWithValue("$subject", entry.Subject);
        row.AddWithValue("$on_behalf_of", entry.OnBehalfOf);
        row.AddWithValue("$run_id", entry.RunId);
        row.AddWithValue("$client", entry.Client);
        row.AddWithValue("$started_at", StoredTime.Text(entry.StartedAt));
        row.AddWithValue("$ended_at", StoredTime.Nullable(entry.EndedAt));
        row.AddWithValue("$end_reason", entry.EndReason);
        row.AddWithValue("$statements", entry.Totals.Statements);
        row.AddWithValue("$denied", entry.Totals.Denied);
        row.AddWithValue("$rows", entry.Totals.Rows);
        row.AddWithValue("$masked", entry.Totals.MaskedCells);
        row.AddWithValue("$first", entry.Totals.FirstIndex);
        row.AddWithValue("$last", entry.Totals.LastIndex);
    }

    private static SessionEntry Read(SqliteDataReader row) => new()
    {
        Sequence = row.GetInt64(0),
        Id = row.GetString(1),
        Target = row.GetString(2),
        Kind = row.GetString(3) == "agent" ? PrincipalKind.Agent : PrincipalKind.Human,
        PrincipalId = row.GetString(4),
        Principal = row.GetString(5),
        Issuer = row.GetString(6),
        Subject = row.GetString(7),
        OnBehalfOf = row.GetString(8),
        RunId = row.GetString(9),
        Client = row.GetString(10),
        StartedAt = StoredTime.Read(row.GetString(11)),
        EndedAt = row.IsDBNull(12) ? null : StoredTime.Read(row.GetString(12)),
        EndReason = row.GetString(13),
        EndNote = row.GetString(14),
        Totals = new SessionTotals(row.GetInt64(15), row.GetInt64(16), row.GetInt64(17), row.GetInt64(18), row.GetInt64(19), row.GetInt64(20)),
    };
}
