using Microsoft.Data.Sqlite;

namespace Sallyport.Server.Storage;

/// <summary>What the index of sessions says of runs and of principals.</summary>
internal sealed class SqliteActivity(SqliteDatabase database)
{
    /// <summary>Runs, the one with the newest session first.</summary>
    /// <param name="viewer">Only what this caller may see; null for all.</param>
    /// <param name="limit">Most of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<List<RunActivity>> RunsAsync(SessionViewer? viewer, int limit, CancellationToken cancellationToken) => SelectAsync(
        "SELECT run_id, principal, on_behalf_of, min(started_at), max(started_at), count(*), sum(ended_at IS NULL), max(seq) FROM sessions "
        + "WHERE run_id <> '' AND ($principal IS NULL OR principal_id = $principal) AND ($subject IS NULL OR (subject = $subject AND issuer = $issuer)) "
        + "GROUP BY run_id, principal_id ORDER BY max(seq) DESC LIMIT $limit",
        parameters =>
        {
            parameters.AddWithValue("$principal", (object?)viewer?.PrincipalId ?? DBNull.Value);
            parameters.AddWithValue("$subject", (object?)viewer?.Subject ?? DBNull.Value);
            parameters.AddWithValue("$issuer", (object?)viewer?.Issuer ?? DBNull.Value);
            parameters.AddWithValue("$limit", limit);
        },
        static row => new RunActivity(
            row.GetString(0), row.GetString(1), row.GetString(2), StoredTime.Read(row.GetString(3)), StoredTime.Read(row.GetString(4)), row.GetInt64(5), row.GetInt64(6)),
        cancellationToken);

    /// <summary>Principals, the one with the newest session first.</summary>
    public Task<List<PrincipalActivity>> PrincipalsAsync(int limit, CancellationToken cancellationToken) => SelectAsync(
        "SELECT principal_id, principal, kind, issuer, on_behalf_of, max(started_at), count(*), sum(ended_at IS NULL), max(seq) FROM sessions "
        + "GROUP BY principal_id ORDER BY max(seq) DESC LIMIT $limit",
        parameters => parameters.AddWithValue("$limit", limit),
        static row => new PrincipalActivity(
            row.GetString(0), row.GetString(1), row.GetString(2) == "agent", row.GetString(3), row.GetString(4), StoredTime.Read(row.GetString(5)), row.GetInt64(6), row.GetInt64(7)),
        cancellationToken);

    private Task<List<T>> SelectAsync<T>(string text, Action<SqliteParameterCollection> bind, Func<SqliteDataReader, T> read, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = text;
            bind(command.Parameters);
            using var rows = command.ExecuteReader();
            var found = new List<T>();
            while (rows.Read())
            {
                found.Add(read(rows));
            }
            return found;
        },
        cancellationToken);
}

/// <summary>A run, as its sessions show it.</summary>
internal sealed record RunActivity(string Run, string Principal, string OnBehalfOf, DateTimeOffset FirstAt, DateTimeOffset LastAt, long Sessions, long Live);

/// <summary>A principal, as its sessions show it.</summary>
internal sealed record PrincipalActivity(string Id, string Name, bool IsAgent, string Issuer, string OnBehalfOf, DateTimeOffset LastAt, long Sessions, long Live);
