using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Recording;

/// <content>The gateway's own tokens.</content>
public sealed partial class Recorder
{
    /// <summary>Records a token before it is handed out.</summary>
    public ValueTask TokenIssuedAsync(in TokenIssueFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("token.issue"u8);
            line.Field("tok"u8, facts.TokenId);
            line.Field("for"u8, RecordText.Id(facts.PrincipalId));
            line.Field("human"u8, RecordText.Id(facts.HumanId));
            line.Field("agent"u8, RecordText.Id(facts.Agent));
            line.Field("run"u8, RecordText.Id(facts.RunId));
            line.Field("rule"u8, facts.Rule);
            line.Field("renewal"u8, facts.IsRenewal ? "yes" : "no");
            line.Field("bound"u8, facts.IsBound ? "certificate" : "");
            line.Field("subject_tok"u8, facts.SubjectToken);
            line.Field("actor_tok"u8, facts.ActorToken);
            line.Field("client"u8, RecordText.Id(facts.ClientAddress));
            line.Raw(",\"expires\":\""u8);
            RecordClock.WriteTime(line, facts.ExpiresAt);
            line.Raw("\""u8);
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records a refused request for a token.</summary>
    public ValueTask TokenRefusedAsync(in TokenRefusalFacts facts)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("token.refuse"u8);
            line.Field("reason"u8, RecordText.Code(facts.Reason));
            line.Field("client"u8, RecordText.Id(facts.ClientAddress));
            line.Field("subject"u8, RecordText.Id(facts.SubjectId));
            line.Field("subject_tok"u8, facts.SubjectToken);
            line.Field("actor"u8, RecordText.Id(facts.ActorId));
            line.Field("actor_tok"u8, facts.ActorToken);
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records a revocation that is in force.</summary>
    /// <param name="kind">What is revoked.</param>
    /// <param name="value">Its id.</param>
    /// <param name="by">The id of whoever wanted it.</param>
    /// <param name="sessions">How many live sessions end by it.</param>
    /// <param name="reasonCommitment">Commits to what that person wrote; empty where nothing was.</param>
    public ValueTask TokenRevokedAsync(RevocationKind kind, string value, string by, int sessions, byte[] reasonCommitment)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("token.revoke"u8);
            line.Field("what"u8, KebabCase.Of(kind));
            line.Field("id"u8, RecordText.Id(value));
            line.Field("by"u8, RecordText.Id(by));
            line.Field("sessions"u8, sessions);
            if (reasonCommitment.Length > 0)
            {
                line.HexField("reason_com"u8, reasonCommitment);
            }
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records that tokens are signed by another key from now on.</summary>
    /// <param name="keyId">Its public id.</param>
    /// <param name="by">The id of the operator who wanted it, or empty when its time had come.</param>
    public ValueTask TokenKeyAsync(string keyId, string by)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("token.key"u8);
            line.Field("key"u8, RecordText.Id(keyId));
            line.Field("by"u8, RecordText.Id(by));
            return _gateway.Append(line).Durable;
        }
    }
}
