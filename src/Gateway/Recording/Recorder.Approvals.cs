using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Recording;

/// <summary>Records of what humans decide about single commands.</summary>
public sealed partial class Recorder
{
    /// <summary>Records a human's decision.</summary>
    public ValueTask ApprovalDecidedAsync(in ApprovalDecisionFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("approval.decide"u8);
            line.Field("session"u8, RecordText.Id(facts.SessionId));
            line.Field("decision"u8, facts.Approved ? "approve" : "deny");
            line.Field("by"u8, RecordText.Id(facts.DecidedBy.Id));
            line.Field("by_kind"u8, facts.DecidedBy.Kind == PrincipalKind.Human ? "human" : "agent");
            SessionRecorder.WriteApproval(line, facts.ApprovalId, facts.StatementCommitment);
            SessionRecorder.WriteScope(line, facts.Scope);
            if (facts.StandsUntil is { } until)
            {
                line.Raw(",\"until\":\""u8);
                RecordClock.WriteTime(line, until);
                line.Raw("\""u8);
            }
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records that an approval of more than one command does not stand any more.</summary>
    public ValueTask ApprovalEndedAsync(in ApprovalEndFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("approval.end"u8);
            line.Field("session"u8, RecordText.Id(facts.SessionId));
            SessionRecorder.WriteApproval(line, facts.ApprovalId, commitment: null);
            SessionRecorder.WriteScope(line, facts.Scope);
            line.Field("reason"u8, RecordText.Code(facts.Reason));
            line.Field("uses"u8, facts.Uses);
            if (facts.By is { } by)
            {
                line.Field("by"u8, RecordText.Id(by.Id));
            }
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records that somebody who may not decide tried to.</summary>
    public ValueTask ApprovalDecisionRefusedAsync(in ApprovalDecisionFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("approval.decide"u8);
            line.Field("session"u8, RecordText.Id(facts.SessionId));
            line.Field("decision"u8, "refused");
            line.Field("wanted"u8, facts.Approved ? "approve" : "deny");
            line.Field("by"u8, RecordText.Id(facts.DecidedBy.Id));
            line.Field("by_kind"u8, facts.DecidedBy.Kind == PrincipalKind.Human ? "human" : "agent");
            SessionRecorder.WriteApproval(line, facts.ApprovalId, facts.StatementCommitment);
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records that nobody decided in time.</summary>
    public ValueTask ApprovalExpiredAsync(string approvalId, string sessionId)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("approval.expire"u8);
            line.Field("session"u8, RecordText.Id(sessionId));
            SessionRecorder.WriteApproval(line, approvalId, commitment: null);
            return _gateway.Append(line).Durable;
        }
    }
}
