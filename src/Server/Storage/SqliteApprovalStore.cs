using Microsoft.Data.Sqlite;
using Sallyport.Gateway.Approvals;

namespace Sallyport.Server.Storage;

/// <summary>Keeps approvals in the embedded database. Each change of state is one UPDATE that names the state it leaves, so it happens at most once.</summary>
public sealed class SqliteApprovalStore(SqliteDatabase database) : IApprovalStore
{
    public async ValueTask AddAsync(Approval approval, CancellationToken cancellationToken) =>
        await ChangeAsync(
            $"INSERT INTO approvals ({ApprovalRow.Columns}) VALUES ({ApprovalRow.Parameters})",
            parameters => ApprovalRow.Bind(parameters, approval),
            cancellationToken);

    public async ValueTask<Approval?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var found = await SelectAsync("WHERE id = $id", parameters => parameters.AddWithValue("$id", id), cancellationToken);
        return found.Count == 0 ? null : found[0];
    }

    public async ValueTask<IReadOnlyList<Approval>> ListAsync(ApprovalFilter filter, CancellationToken cancellationToken) =>
        await SelectAsync(
            "WHERE ($state IS NULL OR state = $state) AND ($requester IS NULL OR requester_id = $requester) "
            + "AND ($subject IS NULL OR (requester_issuer = $issuer AND requester_subject = $subject)) ORDER BY requested_at DESC, id LIMIT $limit",
            parameters =>
            {
                parameters.AddWithValue("$state", filter.State is { } state ? ApprovalRow.Text(state) : DBNull.Value);
                parameters.AddWithValue("$requester", (object?)filter.Viewer?.RequesterId ?? DBNull.Value);
                parameters.AddWithValue("$issuer", (object?)filter.Viewer?.Issuer ?? DBNull.Value);
                parameters.AddWithValue("$subject", (object?)filter.Viewer?.Subject ?? DBNull.Value);
                parameters.AddWithValue("$limit", filter.Limit);
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<Approval>> OpenForAsync(
        string requesterId, string runId, string target, CancellationToken cancellationToken) =>
        await SelectAsync(
            "WHERE state IN ('pending', 'approved') AND requester_id = $requester AND run_id = $run AND target = $target ORDER BY requested_at",
            parameters =>
            {
                parameters.AddWithValue("$requester", requesterId);
                parameters.AddWithValue("$run", runId);
                parameters.AddWithValue("$target", target);
            },
            cancellationToken);

    public async ValueTask<(int OfRequester, int Total)> CountPendingAsync(string requesterId, CancellationToken cancellationToken) =>
        await database.RunAsync(
            connection =>
            {
                using var command = connection.CreateCommand();
                command.CommandText = "SELECT coalesce(sum(requester_id = $requester), 0), count(*) FROM approvals WHERE state = 'pending'";
                command.Parameters.AddWithValue("$requester", requesterId);
                using var row = command.ExecuteReader();
                row.Read();
                return (row.GetInt32(0), row.GetInt32(1));
            },
            cancellationToken);

    public async ValueTask<bool> TryDecideAsync(Approval decided, CancellationToken cancellationToken) =>
        await ChangeAsync(
            "UPDATE approvals SET state = $state, expires_at = $expires, decided_by = $by, decided_by_name = $name, decided_at = $at, reason = $reason, "
            + "scope = $scope, stands_until = $stands_until "
            + "WHERE id = $id AND state = 'pending' AND expires_at > $at",
            parameters =>
            {
                parameters.AddWithValue("$state", ApprovalRow.Text(decided.State));
                parameters.AddWithValue("$expires", StoredTime.Text(decided.ExpiresAt));
                parameters.AddWithValue("$by", decided.DecidedBy);
                parameters.AddWithValue("$name", decided.DecidedByName);
                parameters.AddWithValue("$at", StoredTime.Text(decided.DecidedAt!.Value));
                parameters.AddWithValue("$reason", decided.Reason);
                parameters.AddWithValue("$scope", ApprovalRow.Text(decided.Scope));
                parameters.AddWithValue("$stands_until", StoredTime.Nullable(decided.StandsUntil));
                parameters.AddWithValue("$id", decided.Id);
            },
            cancellationToken) == 1;

    public async ValueTask<bool> TryRedeemAsync(string id, string sessionId, DateTimeOffset now, CancellationToken cancellationToken) =>
        await ChangeAsync(
            "UPDATE approvals SET state = 'used', used_at = $now, used_by_session = $session WHERE id = $id AND state = 'approved' AND expires_at > $now",
            parameters =>
            {
                parameters.AddWithValue("$now", StoredTime.Text(now));
                parameters.AddWithValue("$session", sessionId);
                parameters.AddWithValue("$id", id);
            },
            cancellationToken) == 1;

    public async ValueTask<IReadOnlyList<Approval>> OverdueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        await SelectAsync(
            "WHERE state IN ('pending', 'approved') AND expires_at <= $now ORDER BY expires_at LIMIT $limit",
            parameters =>
            {
                parameters.AddWithValue("$now", StoredTime.Text(now));
                parameters.AddWithValue("$limit", limit);
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<Approval>> StandingAsync(int limit, CancellationToken cancellationToken) =>
        await SelectAsync(
            "WHERE stands_until IS NOT NULL AND stood_until IS NULL ORDER BY requested_at LIMIT $limit",
            parameters => parameters.AddWithValue("$limit", limit),
            cancellationToken);

    public async ValueTask<bool> TryEndStandingAsync(Approval ended, CancellationToken cancellationToken) =>
        await ChangeAsync(
            "UPDATE approvals SET stood_until = $at, end_reason = $reason, "
            + "state = CASE WHEN state = 'approved' AND $reason <> $own THEN 'expired' ELSE state END "
            + "WHERE id = $id AND stands_until IS NOT NULL AND stood_until IS NULL",
            parameters =>
            {
                parameters.AddWithValue("$at", StoredTime.Nullable(ended.StoodUntil));
                parameters.AddWithValue("$reason", ended.EndReason);
                // Its own command keeps the time it was given.
                parameters.AddWithValue("$own", StandingEnd.Expired);
                parameters.AddWithValue("$id", ended.Id);
            },
            cancellationToken) == 1;

    public async ValueTask<bool> TryExpireAsync(string id, DateTimeOffset now, CancellationToken cancellationToken) =>
        await ChangeAsync(
            "UPDATE approvals SET state = 'expired' WHERE id = $id AND state IN ('pending', 'approved') AND expires_at <= $now",
            parameters =>
            {
                parameters.AddWithValue("$id", id);
                parameters.AddWithValue("$now", StoredTime.Text(now));
            },
            cancellationToken) == 1;

    private Task<int> ChangeAsync(string text, Action<SqliteParameterCollection> bind, CancellationToken cancellationToken) =>
        database.RunAsync(
            connection =>
            {
                using var command = Prepare(connection, text, bind);
                return command.ExecuteNonQuery();
            },
            cancellationToken);

    private Task<List<Approval>> SelectAsync(string condition, Action<SqliteParameterCollection> bind, CancellationToken cancellationToken) =>
        database.RunAsync(
            connection =>
            {
                using var command = Prepare(connection, $"SELECT {ApprovalRow.Columns} FROM approvals {condition}", bind);
                using var rows = command.ExecuteReader();
                var approvals = new List<Approval>();
                while (rows.Read())
                {
                    approvals.Add(ApprovalRow.Read(rows));
                }
                return approvals;
            },
            cancellationToken);

    private static SqliteCommand Prepare(SqliteConnection connection, string text, Action<SqliteParameterCollection> bind)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        bind(command.Parameters);
        return command;
    }
}
