using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Sessions;

/// <summary>Writes what happens to requests and grants to the gateway's record, and counts it.</summary>
public sealed class AccessJournal(AccessRecorder recorder, GatewayMetrics metrics) : IAccessJournal
{
    public async ValueTask RequestedAsync(AccessRequest request, byte[] reasonCommitment)
    {
        await recorder.RequestedAsync(new AccessRequestFacts
        {
            RequestId = request.Id,
            Kind = request.Requester.Kind,
            By = request.Requester.Id,
            OnBehalfOf = request.Requester.OnBehalfOf,
            Target = request.Ask.Target,
            Scope = request.Ask.Scope,
            From = request.Ask.From,
            Until = request.Ask.Until,
            Length = request.Ask.Length,
            RunId = request.RunId,
            Extends = request.Extends,
            PolicyHash = request.PolicyHash,
            Rule = request.Rule,
            Quorum = request.Approvers.IsEmpty ? 0 : Math.Max(request.Quorum, request.Approvers.Length),
            ExpiresAt = request.ExpiresAt,
            ReasonCommitment = reasonCommitment,
        });
        metrics.AccessChanged("requested");
    }

    public async ValueTask DecidedAsync(AccessRequest decided, Principal? by, ApprovalAnswer? answer, byte[] reasonCommitment)
    {
        await recorder.DecidedAsync(new AccessDecisionFacts
        {
            RequestId = decided.Id,
            Decision = answer switch { ApprovalAnswer.Approve => "approve", ApprovalAnswer.Deny => "deny", _ => "expired" },
            By = by,
            ByRule = by is null && answer is not null ? decided.Rule : "",
            Groups = by is null ? [] : [.. decided.ApproverGroups.Where(by.Groups.Contains)],
            Agreed = decided.Decisions.Count(static decision => decision.Answer == ApprovalAnswer.Approve),
            State = decided.State.ToString().ToLowerInvariant(),
            ReasonCommitment = reasonCommitment,
        });
        if (decided.State != AccessRequestState.Pending)
        {
            metrics.AccessChanged(decided.State.ToString().ToLowerInvariant());
        }
    }

    public async ValueTask DecisionRefusedAsync(AccessRequest request, Principal by, ApprovalAnswer answer, string code)
    {
        await recorder.DecidedAsync(new AccessDecisionFacts
        {
            RequestId = request.Id,
            Decision = "refused",
            By = by,
            Agreed = request.Decisions.Count(static decision => decision.Answer == ApprovalAnswer.Approve),
            State = request.State.ToString().ToLowerInvariant(),
            Why = code,
        });
        metrics.AccessChanged("refused");
    }

    public ValueTask StartedAsync(AccessGrant grant, bool resumed) => recorder.GrantStartedAsync(new GrantStartFacts
    {
        Grant = grant.Grant,
        Holder = grant.Holder.Id,
        Rule = grant.Rule,
        Resumed = resumed,
    });

    public async ValueTask ExtendedAsync(AccessGrant grant, string requestId)
    {
        await recorder.GrantExtendedAsync(grant.Grant);
        metrics.AccessChanged("extended");
    }

    public async ValueTask RevokedAsync(AccessGrant grant, Principal by, byte[] reasonCommitment)
    {
        await recorder.GrantRevokedAsync(grant.Grant, by, reasonCommitment);
        metrics.AccessChanged("revoked");
    }

    public async ValueTask EndedAsync(AccessGrant grant)
    {
        await recorder.GrantEndedAsync(grant.Grant, grant.EndCode);
        metrics.AccessChanged("ended");
    }

    public async ValueTask EmergencyOpenedAsync(AccessGrant grant, BreakGlassRule rule, byte[] reasonCommitment)
    {
        await recorder.BreakGlassOpenedAsync(grant.Grant, grant.Holder.Id, rule, grant.Review!.DueAt, reasonCommitment);
        metrics.AccessChanged("break-glass");
    }

    public async ValueTask ReviewedAsync(AccessGrant grant, Principal by, byte[] noteCommitment)
    {
        await recorder.BreakGlassReviewedAsync(grant.Grant, by, refused: "", noteCommitment);
        metrics.AccessChanged("reviewed");
    }

    public async ValueTask ReviewRefusedAsync(AccessGrant grant, Principal by, string code)
    {
        await recorder.BreakGlassReviewedAsync(grant.Grant, by, code, []);
        metrics.AccessChanged("refused");
    }
}
