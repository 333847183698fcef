using Microsoft.Data.Sqlite;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;

namespace Sallyport.Server.Storage;

/// <summary>Keeps requests for access and grants in the embedded database. A decision is one transaction that checks what it builds on.</summary>
public sealed class SqliteAccessStore(SqliteDatabase database) : IAccessStore
{
    private const string UpsertGrant =
        " ON CONFLICT (id) DO UPDATE SET ends_at = excluded.ends_at, deciders = excluded.deciders, request_id = excluded.request_id WHERE ended_at IS NULL";

    public async ValueTask AddRequestAsync(AccessRequest request, CancellationToken cancellationToken) =>
        await RunAsync(
            (connection, transaction) => Execute(
                connection,
                transaction,
                $"INSERT INTO access_requests ({AccessRow.RequestColumns}) VALUES ({AccessRow.ParametersOf(AccessRow.RequestColumns)})",
                row => AccessRow.Bind(row, request)),
            cancellationToken);

    public async ValueTask<AccessRequest?> FindRequestAsync(string id, CancellationToken cancellationToken)
    {
        var found = await RequestsAsync("WHERE id = $id", row => row.AddWithValue("$id", id), cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public async ValueTask<IReadOnlyList<AccessRequest>> ListRequestsAsync(AccessRequestFilter filter, CancellationToken cancellationToken) =>
        await RequestsAsync(
            $"WHERE ($state IS NULL OR state = $state) AND {OfViewer("requester")} ORDER BY requested_at DESC, id LIMIT $limit",
            row =>
            {
                row.AddWithValue("$state", filter.State is { } state ? AccessRow.Text(state) : DBNull.Value);
                BindViewer(row, filter.Viewer, filter.Limit);
            },
            cancellationToken);

    public async ValueTask<(int OfRequester, int Total)> CountPendingAsync(string requesterId, CancellationToken cancellationToken) =>
        await CountAsync(
            "SELECT coalesce(sum(requester_id = $requester), 0), count(*) FROM access_requests WHERE state = 'pending'",
            row => row.AddWithValue("$requester", requesterId),
            cancellationToken);

    public async ValueTask<bool> TryDecideAsync(AccessRequest decided, AccessDecision decision, AccessGrant? grant, CancellationToken cancellationToken) =>
        await RunAsync(
            (connection, transaction) =>
            {
                if (!Close(connection, transaction, decided, decision.DecidedAt))
                {
                    return false;
                }
                Execute(
                    connection,
                    transaction,
                    "INSERT OR REPLACE INTO access_decisions (request_id, issuer, subject, id, name, answer, groups, reason, decided_at) "
                    + "VALUES ($request_id, $issuer, $subject, $id, $name, $answer, $groups, $reason, $decided_at)",
                    row => AccessRow.Bind(row, decided.Id, decision));
                // Somebody else's decision in between would have made this another step.
                var people = Scalar(connection, transaction, "SELECT count(*) FROM access_decisions WHERE request_id = $id", row => row.AddWithValue("$id", decided.Id));
                return people == decided.Decisions.Length && (grant is null || Write(connection, transaction, grant));
            },
            cancellationToken);

    public async ValueTask<bool> TryCloseAsync(AccessRequest closed, AccessGrant? grant, CancellationToken cancellationToken) =>
        await RunAsync(
            (connection, transaction) => Close(connection, transaction, closed, now: null) && (grant is null || Write(connection, transaction, grant)),
            cancellationToken);

    public async ValueTask<IReadOnlyList<AccessRequest>> OverdueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        await RequestsAsync(
            "WHERE state = 'pending' AND expires_at <= $now ORDER BY expires_at LIMIT $limit",
            row =>
            {
                row.AddWithValue("$now", StoredTime.Text(now));
                row.AddWithValue("$limit", limit);
            },
            cancellationToken);

    public async ValueTask AddGrantAsync(AccessGrant grant, CancellationToken cancellationToken) =>
        await RunAsync((connection, transaction) => Write(connection, transaction, grant), cancellationToken);

    public async ValueTask<AccessGrant?> FindGrantAsync(string id, CancellationToken cancellationToken)
    {
        var found = await GrantsAsync("WHERE id = $id", row => row.AddWithValue("$id", id), cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public async ValueTask<IReadOnlyList<AccessGrant>> ListGrantsAsync(AccessGrantFilter filter, CancellationToken cancellationToken) =>
        await GrantsAsync(
            $"WHERE ($active IS NULL OR (ended_at IS NULL) = $active) AND {OfViewer("holder")} ORDER BY granted_at DESC, id LIMIT $limit",
            row =>
            {
                row.AddWithValue("$active", filter.Active is { } active ? active ? 1 : 0 : DBNull.Value);
                BindViewer(row, filter.Viewer, filter.Limit);
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<AccessGrant>> UnfinishedGrantsAsync(CancellationToken cancellationToken) =>
        await GrantsAsync("WHERE end_recorded = 0 ORDER BY granted_at, id", static _ => { }, cancellationToken);

    public async ValueTask<bool> TryEndAsync(AccessGrant ended, CancellationToken cancellationToken) =>
        await RunAsync(
            (connection, transaction) => Execute(
                connection,
                transaction,
                "UPDATE access_grants SET ended_at = $at, end_code = $code, ended_by = $by, end_note = $note WHERE id = $id AND ended_at IS NULL",
                row =>
                {
                    row.AddWithValue("$at", StoredTime.Nullable(ended.EndedAt));
                    row.AddWithValue("$code", ended.EndCode);
                    row.AddWithValue("$by", ended.EndedBy);
                    row.AddWithValue("$note", ended.EndNote);
                    row.AddWithValue("$id", ended.Id);
                }),
            cancellationToken);

    public async ValueTask EndRecordedAsync(string grantId, CancellationToken cancellationToken) =>
        await RunAsync(
            (connection, transaction) => Execute(
                connection,
                transaction,
                "UPDATE access_grants SET end_recorded = 1 WHERE id = $id AND ended_at IS NOT NULL",
                row => row.AddWithValue("$id", grantId)),
            cancellationToken);

    public async ValueTask<bool> TryReviewAsync(AccessGrant reviewed, CancellationToken cancellationToken) =>
        await RunAsync(
            (connection, transaction) => Execute(
                connection,
                transaction,
                "UPDATE access_grants SET reviewed_at = $at, reviewed_by = $by, review_note = $note WHERE id = $id AND review_due IS NOT NULL AND reviewed_at IS NULL",
                row =>
                {
                    row.AddWithValue("$at", StoredTime.Nullable(reviewed.Review!.At));
                    row.AddWithValue("$by", reviewed.Review.By);
                    row.AddWithValue("$note", reviewed.Review.Note);
                    row.AddWithValue("$id", reviewed.Id);
                }),
            cancellationToken);

    public async ValueTask<(int Open, int Overdue)> CountReviewsAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await CountAsync(
            "SELECT count(*), coalesce(sum(review_due <= $now), 0) FROM access_grants WHERE review_due IS NOT NULL AND reviewed_at IS NULL",
            row => row.AddWithValue("$now", StoredTime.Text(now)),
            cancellationToken);

    /// <summary>Moves a request on from pending; where a decision does so, only before it expires.</summary>
    private static bool Close(SqliteConnection connection, SqliteTransaction transaction, AccessRequest closed, DateTimeOffset? now) => Execute(
        connection,
        transaction,
        "UPDATE access_requests SET state = $state, closed_at = $closed, grant_id = $grant WHERE id = $id AND state = 'pending' AND ($now IS NULL OR expires_at > $now)",
        row =>
        {
            row.AddWithValue("$state", AccessRow.Text(closed.State));
            row.AddWithValue("$closed", StoredTime.Nullable(closed.ClosedAt));
            row.AddWithValue("$grant", closed.GrantId);
            row.AddWithValue("$id", closed.Id);
            row.AddWithValue("$now", StoredTime.Nullable(now));
        });

    /// <summary>Adds a grant, or moves the end of one that has not ended.</summary>
    private static bool Write(SqliteConnection connection, SqliteTransaction transaction, AccessGrant grant) => Execute(
        connection,
        transaction,
        $"INSERT INTO access_grants ({AccessRow.GrantColumns}) VALUES ({AccessRow.ParametersOf(AccessRow.GrantColumns)})" + UpsertGrant,
        row => AccessRow.Bind(row, grant));

    private static string OfViewer(string who) =>
        $"($requester IS NULL OR {who}_id = $requester) AND ($subject IS NULL OR ({who}_issuer = $issuer AND {who}_subject = $subject))";

    private static void BindViewer(SqliteParameterCollection row, ApprovalViewer? viewer, int limit)
    {
        row.AddWithValue("$requester", (object?)viewer?.RequesterId ?? DBNull.Value);
        row.AddWithValue("$issuer", (object?)viewer?.Issuer ?? DBNull.Value);
        row.AddWithValue("$subject", (object?)viewer?.Subject ?? DBNull.Value);
        row.AddWithValue("$limit", limit);
    }

    private Task<List<AccessRequest>> RequestsAsync(string condition, Action<SqliteParameterCollection> bind, CancellationToken cancellationToken) =>
        database.RunAsync(
            connection =>
            {
                var requests = Read(connection, $"SELECT {AccessRow.RequestColumns} FROM access_requests {condition}", bind, AccessRow.ReadRequest);
                return requests.ConvertAll(request => request with { Decisions = [.. DecisionsOf(connection, request.Id)] });
            },
            cancellationToken);

    private Task<List<AccessGrant>> GrantsAsync(string condition, Action<SqliteParameterCollection> bind, CancellationToken cancellationToken) =>
        database.RunAsync(connection => Read(connection, $"SELECT {AccessRow.GrantColumns} FROM access_grants {condition}", bind, AccessRow.ReadGrant), cancellationToken);

    private Task<(int First, int Second)> CountAsync(string text, Action<SqliteParameterCollection> bind, CancellationToken cancellationToken) =>
        database.RunAsync(connection => Read(connection, text, bind, static row => (row.GetInt32(0), row.GetInt32(1)))[0], cancellationToken);

    private static List<AccessDecision> DecisionsOf(SqliteConnection connection, string requestId) => Read(
        connection,
        "SELECT id, name, issuer, subject, answer, groups, reason, decided_at FROM access_decisions WHERE request_id = $id ORDER BY decided_at, id",
        row => row.AddWithValue("$id", requestId),
        AccessRow.ReadDecision);

    /// <summary>One transaction: committed when the work says that it changed what it meant to.</summary>
    private Task<bool> RunAsync(Func<SqliteConnection, SqliteTransaction, bool> work, CancellationToken cancellationToken) =>
        database.RunAsync(
            connection =>
            {
                using var transaction = connection.BeginTransaction();
                var done = work(connection, transaction);
                if (done)
                {
                    transaction.Commit();
                }
                return done;
            },
            cancellationToken);

    private static bool Execute(SqliteConnection connection, SqliteTransaction transaction, string text, Action<SqliteParameterCollection> bind)
    {
        using var command = Prepare(connection, text, bind);
        command.Transaction = transaction;
        return command.ExecuteNonQuery() == 1;
    }

    private static long Scalar(SqliteConnection connection, SqliteTransaction transaction, string text, Action<SqliteParameterCollection> bind)
    {
        using var command = Prepare(connection, text, bind);
        command.Transaction = transaction;
        return (long)command.ExecuteScalar()!;
    }

    private static List<T> Read<T>(SqliteConnection connection, string text, Action<SqliteParameterCollection> bind, Func<SqliteDataReader, T> read)
    {
        using var command = Prepare(connection, text, bind);
        using var rows = command.ExecuteReader();
        var found = new List<T>();
        while (rows.Read())
        {
            found.Add(read(rows));
        }
        return found;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, string text, Action<SqliteParameterCollection> bind)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        bind(command.Parameters);
        return command;
    }
}
