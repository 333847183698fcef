using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;

namespace Sallyport.Server.Storage;

/// <summary>How requests for access, decisions and grants are written to and read from rows.</summary>
internal static class AccessRow
{
    public const string RequestColumns =
        "id, state, requester, requester_id, requester_issuer, requester_subject, target, ask, run_id, extends, rule, approvers, quorum, policy_hash, reason, "
        + "requested_at, expires_at, closed_at, grant_id";

    public const string GrantColumns =
        "id, request_id, origin, holder, holder_id, holder_issuer, holder_subject, target, scope, run_id, begins_at, ends_at, rule, deciders, given_by, reason, "
        + "granted_at, ended_at, end_code, ended_by, end_note, end_recorded, review_due, reviewed_at, reviewed_by, review_note";

    /// <summary>The named parameters of a list of columns.</summary>
    public static string ParametersOf(string columns) => "$" + columns.Replace(", ", ", $", StringComparison.Ordinal);

    public static string Text(AccessRequestState state) => state.ToString().ToLowerInvariant();

    public static void Bind(SqliteParameterCollection row, AccessRequest request)
    {
        row.AddWithValue("$id", request.Id);
        row.AddWithValue("$state", Text(request.State));
        row.AddWithValue("$requester", JsonSerializer.Serialize(request.Requester));
        row.AddWithValue("$requester_id", request.Requester.Id);
        row.AddWithValue("$requester_issuer", request.Requester.Issuer);
        row.AddWithValue("$requester_subject", request.Requester.Subject);
        row.AddWithValue("$target", request.Ask.Target);
        row.AddWithValue("$ask", JsonSerializer.Serialize(request.Ask));
        row.AddWithValue("$run_id", request.RunId);
        row.AddWithValue("$extends", request.Extends);
        row.AddWithValue("$rule", request.Rule);
        row.AddWithValue("$approvers", JsonSerializer.Serialize(request.Approvers));
        row.AddWithValue("$quorum", request.Quorum);
        row.AddWithValue("$policy_hash", request.PolicyHash);
        row.AddWithValue("$reason", request.Reason);
        row.AddWithValue("$requested_at", StoredTime.Text(request.RequestedAt));
        row.AddWithValue("$expires_at", StoredTime.Text(request.ExpiresAt));
        row.AddWithValue("$closed_at", StoredTime.Nullable(request.ClosedAt));
        row.AddWithValue("$grant_id", request.GrantId);
    }

    /// <summary>Reads a row of <see cref="RequestColumns"/>; the decisions come from their own table.</summary>
    public static AccessRequest ReadRequest(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        State = Enum.Parse<AccessRequestState>(row.GetString(1), ignoreCase: true),
        Requester = JsonSerializer.Deserialize<ApprovalRequester>(row.GetString(2))!,
        Ask = JsonSerializer.Deserialize<AccessAsk>(row.GetString(7))!,
        RunId = row.GetString(8),
        Extends = row.GetString(9),
        Rule = row.GetString(10),
        Approvers = JsonSerializer.Deserialize<ImmutableArray<ImmutableArray<string>>>(row.GetString(11)),
        Quorum = row.GetInt32(12),
        PolicyHash = row.GetString(13),
        Reason = row.GetString(14),
        RequestedAt = StoredTime.Read(row.GetString(15)),
        ExpiresAt = StoredTime.Read(row.GetString(16)),
        ClosedAt = Time(row, 17),
        GrantId = row.GetString(18),
    };

    public static void Bind(SqliteParameterCollection row, string requestId, AccessDecision decision)
    {
        row.AddWithValue("$request_id", requestId);
        row.AddWithValue("$issuer", decision.Issuer);
        row.AddWithValue("$subject", decision.Subject);
        row.AddWithValue("$id", decision.Id);
        row.AddWithValue("$name", decision.Name);
        row.AddWithValue("$answer", decision.Answer == ApprovalAnswer.Approve ? "approve" : "deny");
        row.AddWithValue("$groups", JsonSerializer.Serialize(decision.Groups));
        row.AddWithValue("$reason", decision.Reason);
        row.AddWithValue("$decided_at", StoredTime.Text(decision.DecidedAt));
    }

    /// <summary>Reads id, name, issuer, subject, answer, groups, reason and time.</summary>
    public static AccessDecision ReadDecision(SqliteDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetString(4) == "approve" ? ApprovalAnswer.Approve : ApprovalAnswer.Deny,
        JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString(5)),
        row.GetString(6),
        StoredTime.Read(row.GetString(7)));

    public static void Bind(SqliteParameterCollection row, AccessGrant grant)
    {
        var rule = grant.Grant;
        row.AddWithValue("$id", grant.Id);
        row.AddWithValue("$request_id", rule.RequestId);
        row.AddWithValue("$origin", rule.Origin == GrantOrigin.BreakGlass ? "break-glass" : "request");
        row.AddWithValue("$holder", JsonSerializer.Serialize(grant.Holder));
        row.AddWithValue("$holder_id", grant.Holder.Id);
        row.AddWithValue("$holder_issuer", grant.Holder.Issuer);
        row.AddWithValue("$holder_subject", grant.Holder.Subject);
        row.AddWithValue("$target", rule.Target);
        row.AddWithValue("$scope", JsonSerializer.Serialize(new AccessScope
        {
            Allow = rule.Allow,
            Schemas = rule.Schemas,
            Tables = rule.Tables,
            Unmasked = rule.Unmasked,
            Never = rule.Never,
        }));
        row.AddWithValue("$run_id", rule.RunId);
        row.AddWithValue("$begins_at", StoredTime.Text(rule.From!.Value));
        row.AddWithValue("$ends_at", StoredTime.Text(rule.Until!.Value));
        row.AddWithValue("$rule", grant.Rule);
        row.AddWithValue("$deciders", JsonSerializer.Serialize(rule.Deciders));
        row.AddWithValue("$given_by", grant.GivenBy);
        row.AddWithValue("$reason", grant.Reason);
        row.AddWithValue("$granted_at", StoredTime.Text(grant.GrantedAt));
        row.AddWithValue("$ended_at", StoredTime.Nullable(grant.EndedAt));
        row.AddWithValue("$end_code", grant.EndCode);
        row.AddWithValue("$ended_by", grant.EndedBy);
        row.AddWithValue("$end_note", grant.EndNote);
        row.AddWithValue("$end_recorded", 0);
        row.AddWithValue("$review_due", StoredTime.Nullable(grant.Review?.DueAt));
        row.AddWithValue("$reviewed_at", StoredTime.Nullable(grant.Review?.At));
        row.AddWithValue("$reviewed_by", grant.Review?.By ?? "");
        row.AddWithValue("$review_note", grant.Review?.Note ?? "");
    }

    /// <summary>Reads a row of <see cref="GrantColumns"/>.</summary>
    public static AccessGrant ReadGrant(SqliteDataReader row)
    {
        var scope = JsonSerializer.Deserialize<AccessScope>(row.GetString(8))!;
        return new AccessGrant
        {
            Grant = new Grant
            {
                Name = row.GetString(0),
                RequestId = row.GetString(1),
                Origin = row.GetString(2) == "break-glass" ? GrantOrigin.BreakGlass : GrantOrigin.Request,
                Principals = [new PrincipalMatch { Id = row.GetString(4) }],
                Target = row.GetString(7),
                Allow = scope.Allow,
                Schemas = scope.Schemas,
                Tables = scope.Tables,
                Unmasked = scope.Unmasked,
                Never = scope.Never,
                RunId = row.GetString(9),
                From = StoredTime.Read(row.GetString(10)),
                Until = StoredTime.Read(row.GetString(11)),
                Deciders = JsonSerializer.Deserialize<ImmutableArray<string>>(row.GetString(13)),
            },
            Holder = JsonSerializer.Deserialize<ApprovalRequester>(row.GetString(3))!,
            Rule = row.GetString(12),
            GivenBy = row.GetString(14),
            Reason = row.GetString(15),
            GrantedAt = StoredTime.Read(row.GetString(16)),
            EndedAt = Time(row, 17),
            EndCode = row.GetString(18),
            EndedBy = row.GetString(19),
            EndNote = row.GetString(20),
            Review = Time(row, 22) is not { } due ? null : new AccessReview(due) { At = Time(row, 23), By = row.GetString(24), Note = row.GetString(25) },
        };
    }

    private static DateTimeOffset? Time(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : StoredTime.Read(row.GetString(column));
}
