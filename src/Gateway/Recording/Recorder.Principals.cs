using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Recording;

/// <content>What operators do to sessions and principals.</content>
public sealed partial class Recorder
{
    /// <summary>Records that an operator ends a session. The session's own record tells of its end.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="by">The operator.</param>
    /// <param name="reasonCommitment">Commits to what the operator wrote.</param>
    public ValueTask SessionKilledAsync(string sessionId, Principal by, byte[] reasonCommitment)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("session.kill"u8);
            line.Field("session"u8, RecordText.Id(sessionId));
            line.Field("by"u8, RecordText.Id(by.Id));
            line.HexField("reason_com"u8, reasonCommitment);
            return _gateway.Append(line).Durable;
        }
    }

    /// <summary>Records that a principal is shut out, or let in again.</summary>
    /// <param name="principalId">Who.</param>
    /// <param name="isDisabled">Which of both.</param>
    /// <param name="by">The operator.</param>
    /// <param name="sessions">How many live sessions it ends.</param>
    /// <param name="reasonCommitment">Commits to what the operator wrote.</param>
    public ValueTask PrincipalSwitchedAsync(string principalId, bool isDisabled, Principal by, int sessions, byte[] reasonCommitment)
    {
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin(isDisabled ? "principal.disable"u8 : "principal.enable"u8);
            line.Field("principal"u8, RecordText.Id(principalId));
            line.Field("by"u8, RecordText.Id(by.Id));
            line.Field("sessions"u8, sessions);
            line.HexField("reason_com"u8, reasonCommitment);
            return _gateway.Append(line).Durable;
        }
    }
}
