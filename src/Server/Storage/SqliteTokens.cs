using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Tokens;

namespace Sallyport.Server.Storage;

/// <summary>Runs, used one-time tokens and revocations in the embedded database.</summary>
internal sealed class SqliteTokens(SqliteDatabase database) : ITokenStore
{
    /// <summary>How long a run is remembered after its end, so that nobody takes its id.</summary>
    private static readonly TimeSpan RunMemory = TimeSpan.FromDays(90);

    public Task<TokenRun?> FindRunAsync(string id, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var command = Command(connection, "SELECT owner_id, parties, started_at, ends_at, ended_at FROM runs WHERE id = $id", ("$id", id));
            using var row = command.ExecuteReader();
            return row.Read()
                ? new TokenRun
                {
                    Id = id,
                    OwnerId = row.GetString(0),
                    Parties = JsonSerializer.Deserialize<Parties>(row.GetString(1)) ?? throw new StorageException("A run's parties cannot be read."),
                    StartedAt = StoredTime.Read(row.GetString(2)),
                    EndsAt = StoredTime.Read(row.GetString(3)),
                    EndedAt = row.IsDBNull(4) ? null : StoredTime.Read(row.GetString(4)),
                }
                : null;
        },
        cancellationToken);

    public Task<TokenUseResult> UseAsync(
        TokenRun? run, IReadOnlyList<(string TokenId, DateTimeOffset Until)> used, DateTimeOffset now, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            using var transaction = connection.BeginTransaction();
            Forget(connection, now);
            foreach (var (tokenId, until) in used)
            {
                if (Execute(connection, "INSERT OR IGNORE INTO used_tokens (token_id, until) VALUES ($id, $until)", ("$id", tokenId), ("$until", StoredTime.Text(until))) == 0)
                {
                    return TokenUseResult.Replayed;
                }
            }
            if (run is not null && Insert(connection, run) == 0)
            {
                return TokenUseResult.RunTaken;
            }
            transaction.Commit();
            return TokenUseResult.Done;
        },
        cancellationToken);

    public Task EndRunAsync(string id, DateTimeOffset at, CancellationToken cancellationToken) => database.RunAsync(
        connection => Execute(connection, "UPDATE runs SET ended_at = $at WHERE id = $id AND ended_at IS NULL", ("$id", id), ("$at", StoredTime.Text(at))),
        cancellationToken);

    public Task AddRevocationAsync(TokenRevocation revocation, CancellationToken cancellationToken) => database.RunAsync(
        connection => Execute(
            connection,
            "INSERT INTO token_revocations (kind, value, revoked_at, until, note) VALUES ($kind, $value, $at, $until, $note) "
            + "ON CONFLICT (kind, value) DO UPDATE SET revoked_at = excluded.revoked_at, until = max(until, excluded.until), note = excluded.note",
            ("$kind", NameOf(revocation.Kind)),
            ("$value", revocation.Value),
            ("$at", StoredTime.Text(revocation.At)),
            ("$until", StoredTime.Text(revocation.Until)),
            ("$note", revocation.Note)),
        cancellationToken);

    public Task<IReadOnlyList<TokenRevocation>> LoadRevocationsAsync(DateTimeOffset now, CancellationToken cancellationToken) => database.RunAsync(
        connection =>
        {
            Execute(connection, "DELETE FROM token_revocations WHERE until <= $now", ("$now", StoredTime.Text(now)));
            using var command = Command(connection, "SELECT kind, value, revoked_at, until, note FROM token_revocations");
            using var row = command.ExecuteReader();
            var found = new List<TokenRevocation>();
            while (row.Read())
            {
                found.Add(new TokenRevocation(KindOf(row.GetString(0)), row.GetString(1), StoredTime.Read(row.GetString(2)), StoredTime.Read(row.GetString(3)))
                {
                    Note = row.GetString(4),
                });
            }
            return (IReadOnlyList<TokenRevocation>)found;
        },
        cancellationToken);

    private static void Forget(SqliteConnection connection, DateTimeOffset now)
    {
        Execute(connection, "DELETE FROM used_tokens WHERE until <= $now", ("$now", StoredTime.Text(now)));
        Execute(connection, "DELETE FROM runs WHERE ends_at <= $then", ("$then", StoredTime.Text(now - RunMemory)));
    }

    private static int Insert(SqliteConnection connection, TokenRun run) => Execute(
        connection,
        "INSERT OR IGNORE INTO runs (id, owner_id, parties, started_at, ends_at) VALUES ($id, $owner, $parties, $started, $ends)",
        ("$id", run.Id),
        ("$owner", run.OwnerId),
        ("$parties", JsonSerializer.Serialize(run.Parties)),
        ("$started", StoredTime.Text(run.StartedAt)),
        ("$ends", StoredTime.Text(run.EndsAt)));

    private static string NameOf(RevocationKind kind) => kind switch
    {
        RevocationKind.Token => "token",
        RevocationKind.Run => "run",
        _ => "principal",
    };

    private static RevocationKind KindOf(string name) => name switch
    {
        "token" => RevocationKind.Token,
        "run" => RevocationKind.Run,
        _ => RevocationKind.Principal,
    };

    private static int Execute(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object Value)> values)
    {
        using var command = Command(connection, text, values);
        return command.ExecuteNonQuery();
    }

    private static SqliteCommand Command(SqliteConnection connection, string text, params ReadOnlySpan<(string Name, object Value)> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        foreach (var (name, value) in values)
        {
            command.Parameters.AddWithValue(name, value);
        }
        return command;
    }
}
