using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Server.Storage;

/// <summary>How an approval is written to and read from a row.</summary>
internal static class ApprovalRow
{
    public const string Columns =
        "id, state, requester_kind, requester_id, requester_name, requester_issuer, requester_subject, on_behalf_of, run_id, target, session_id, rule, "
        + "policy_hash, approvers, template, class, effects, unbounded, relations, phi_columns, salt, commitment, requested_at, expires_at, decided_by, "
        + "decided_by_name, decided_at, reason, used_at, used_by_session, functions, plan, widen_plan, widen_run, scope, stands_until, stood_until, end_reason, measure, unmasked";

    public const string Parameters =
        "$id, $state, $requester_kind, $requester_id, $requester_name, $requester_issuer, $requester_subject, $on_behalf_of, $run_id, $target, $session_id, "
        + "$rule, $policy_hash, $approvers, $template, $class, $effects, $unbounded, $relations, $phi_columns, $salt, $commitment, $requested_at, "
        + "$expires_at, $decided_by, $decided_by_name, $decided_at, $reason, $used_at, $used_by_session, $functions, $plan, $widen_plan, $widen_run, $scope, "
        + "$stands_until, $stood_until, $end_reason, $measure, $unmasked";

    public static string Text(ApprovalState state) => state.ToString().ToLowerInvariant();

    public static string Text(ApprovalScope scope) => scope.ToString().ToLowerInvariant();

    public static void Bind(SqliteParameterCollection row, Approval approval)
    {
        row.AddWithValue("$id", approval.Id);
        row.AddWithValue("$state", Text(approval.State));
        row.AddWithValue("$requester_kind", approval.Requester.Kind == PrincipalKind.Agent ? "agent" : "human");
        row.AddWithValue("$requester_id", approval.Requester.Id);
        row.AddWithValue("$requester_name", approval.Requester.Name);
        row.AddWithValue("$requester_issuer", approval.Requester.Issuer);
        row.AddWithValue("$requester_subject", approval.Requester.Subject);
        row.AddWithValue("$on_behalf_of", approval.Requester.OnBehalfOf);
        row.AddWithValue("$run_id", approval.Requester.RunId);
        row.AddWithValue("$target", approval.Target);
        row.AddWithValue("$session_id", approval.SessionId);
        row.AddWithValue("$rule", approval.Rule);
        row.AddWithValue("$policy_hash", approval.PolicyHash);
        row.AddWithValue("$approvers", Text(approval.Approvers));
        row.AddWithValue("$template", approval.Template);
        row.AddWithValue("$class", approval.Class.ToString());
        row.AddWithValue("$effects", (int)approval.Effects);
        row.AddWithValue("$unbounded", approval.Unbounded ? 1 : 0);
        row.AddWithValue("$relations", JsonSerializer.Serialize(approval.Relations));
        row.AddWithValue("$phi_columns", Text(approval.PhiColumns));
        row.AddWithValue("$salt", approval.Salt.ToArray());
        row.AddWithValue("$commitment", approval.Commitment.ToArray());
        row.AddWithValue("$requested_at", StoredTime.Text(approval.RequestedAt));
        row.AddWithValue("$expires_at", StoredTime.Text(approval.ExpiresAt));
        row.AddWithValue("$decided_by", approval.DecidedBy);
        row.AddWithValue("$decided_by_name", approval.DecidedByName);
        row.AddWithValue("$decided_at", StoredTime.Nullable(approval.DecidedAt));
        row.AddWithValue("$reason", approval.Reason);
        row.AddWithValue("$used_at", StoredTime.Nullable(approval.UsedAt));
        row.AddWithValue("$used_by_session", approval.UsedBySession);
        row.AddWithValue("$functions", Text(approval.Functions));
        row.AddWithValue("$plan", approval.Plan.ToArray());
        row.AddWithValue("$widen_plan", (long)approval.Widen.Plan.TotalSeconds);
        row.AddWithValue("$widen_run", (long)approval.Widen.Run.TotalSeconds);
        row.AddWithValue("$scope", Text(approval.Scope));
        row.AddWithValue("$stands_until", StoredTime.Nullable(approval.StandsUntil));
        row.AddWithValue("$stood_until", StoredTime.Nullable(approval.StoodUntil));
        row.AddWithValue("$end_reason", approval.EndReason);
        row.AddWithValue("$measure", JsonSerializer.Serialize(approval.Measure));
        row.AddWithValue("$unmasked", JsonSerializer.Serialize(approval.Unmasked));
    }

    /// <summary>Reads a row of <see cref="Columns"/>.</summary>
    public static Approval Read(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        State = Enum.Parse<ApprovalState>(row.GetString(1), ignoreCase: true),
        Requester = new ApprovalRequester
        {
            Kind = row.GetString(2) == "agent" ? PrincipalKind.Agent : PrincipalKind.Human,
            Id = row.GetString(3),
            Name = row.GetString(4),
            Issuer = row.GetString(5),
            Subject = row.GetString(6),
            OnBehalfOf = row.GetString(7),
            RunId = row.GetString(8),
        },
        Target = row.GetString(9),
        SessionId = row.GetString(10),
        Rule = row.GetString(11),
        PolicyHash = row.GetString(12),
        Approvers = List(row.GetString(13)),
        Template = row.GetString(14),
        Class = Enum.Parse<CommandClass>(row.GetString(15)),
        Effects = (Effects)row.GetInt32(16),
        Unbounded = row.GetInt32(17) != 0,
        Relations = JsonSerializer.Deserialize<ImmutableArray<RelationUse>>(row.GetString(18)),
        PhiColumns = List(row.GetString(19)),
        Salt = [.. row.GetFieldValue<byte[]>(20)],
        Commitment = [.. row.GetFieldValue<byte[]>(21)],
        RequestedAt = StoredTime.Read(row.GetString(22)),
        ExpiresAt = StoredTime.Read(row.GetString(23)),
        DecidedBy = row.GetString(24),
        DecidedByName = row.GetString(25),
        DecidedAt = row.IsDBNull(26) ? null : StoredTime.Read(row.GetString(26)),
        Reason = row.GetString(27),
        UsedAt = row.IsDBNull(28) ? null : StoredTime.Read(row.GetString(28)),
        UsedBySession = row.GetString(29),
        Functions = List(row.GetString(30)),
        Plan = [.. row.GetFieldValue<byte[]>(31)],
        Widen = new Widening(TimeSpan.FromSeconds(row.GetInt64(32)), TimeSpan.FromSeconds(row.GetInt64(33))),
        Scope = Enum.Parse<ApprovalScope>(row.GetString(34), ignoreCase: true),
        StandsUntil = row.IsDBNull(35) ? null : StoredTime.Read(row.GetString(35)),
        StoodUntil = row.IsDBNull(36) ? null : StoredTime.Read(row.GetString(36)),
        EndReason = row.GetString(37),
        Measure = row.GetString(38) is { Length: > 0 } measure ? JsonSerializer.Deserialize<RowMeasure>(measure)! : RowMeasure.None,
        Unmasked = JsonSerializer.Deserialize<ImmutableArray<UnmaskedColumn>>(row.GetString(39)),
    };

    private static string Text(IEnumerable<string> list) => JsonSerializer.Serialize(list);

    private static ImmutableArray<string> List(string json) => JsonSerializer.Deserialize<ImmutableArray<string>>(json);
}
