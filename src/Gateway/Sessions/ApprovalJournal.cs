using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Sessions;

/// <summary>Writes what happens to approvals to the ledger: a request to the record of the session that asks, the rest to the gateway's.</summary>
public sealed class ApprovalJournal(Recorder recorder, SessionRegistry sessions, GatewayMetrics metrics) : IApprovalJournal
{
    /// <exception cref="InvalidOperationException">The session that asks is over; nobody is left to run the command.</exception>
    public async ValueTask RequestedAsync(Approval approval, Command command)
    {
        var session = sessions.Find(approval.SessionId) ?? throw new InvalidOperationException("The session that asks for approval is over.");
        await session.Recorder.ApprovalRequestedAsync(new ApprovalRequestFacts
        {
            ApprovalId = approval.Id,
            Command = Recorder.Encode(command),
            PolicyHash = approval.PolicyHash,
            Rule = approval.Rule,
            StatementCommitment = [.. approval.Commitment],
            EstimatedRows = approval.Measure.EstimatedRows,
            DryRunRows = approval.Measure.DryRunRows,
            ExpiresAt = approval.ExpiresAt,
        });
    }

    public async ValueTask DecidedAsync(Approval decided, Principal by)
    {
        await recorder.ApprovalDecidedAsync(FactsOf(decided, decided.State == ApprovalState.Approved, by));
        metrics.ApprovalChanged(decided.State == ApprovalState.Approved ? "approved" : "denied");
    }

    public async ValueTask DecisionRefusedAsync(Approval approval, ApprovalAnswer answer, Principal by, string why)
    {
        await recorder.ApprovalDecisionRefusedAsync(FactsOf(approval, answer == ApprovalAnswer.Approve, by));
        metrics.ApprovalChanged("refused");
    }

    public async ValueTask ExpiredAsync(Approval approval)
    {
        await recorder.ApprovalExpiredAsync(approval.Id, approval.SessionId);
        metrics.ApprovalChanged("expired");
    }

    public async ValueTask StandingEndedAsync(Approval ended, long uses, Principal? by)
    {
        await recorder.ApprovalEndedAsync(new ApprovalEndFacts
        {
            ApprovalId = ended.Id,
            SessionId = ended.SessionId,
            Scope = ended.Scope,
            Reason = ended.EndReason,
            Uses = uses,
            By = by,
        });
        metrics.ApprovalChanged("ended");
    }

    private static ApprovalDecisionFacts FactsOf(Approval approval, bool approved, Principal by) => new()
    {
        ApprovalId = approval.Id,
        SessionId = approval.SessionId,
        Approved = approved,
        DecidedBy = by,
        StatementCommitment = [.. approval.Commitment],
        Scope = approval.Scope,
        StandsUntil = approval.StandsUntil,
    };
}
