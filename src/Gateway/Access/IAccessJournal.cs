using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>Writes what happens to requests and grants to the ledger. Each record is durable when its task completes.</summary>
public interface IAccessJournal
{
    ValueTask RequestedAsync(AccessRequest request, byte[] reasonCommitment);

    /// <param name="decided">The request as it will stand.</param>
    /// <param name="by">Who decided; null for the rule itself, or for nobody where the time is over.</param>
    /// <param name="answer">What was said; null for nobody's decision.</param>
    /// <param name="reasonCommitment">Salted commitment to what the decider wrote, or empty.</param>
    ValueTask DecidedAsync(AccessRequest decided, Principal? by, ApprovalAnswer? answer, byte[] reasonCommitment);

    /// <summary>Somebody who may not decide tried to.</summary>
    ValueTask DecisionRefusedAsync(AccessRequest request, Principal by, ApprovalAnswer answer, string code);

    /// <param name="grant">What comes into force.</param>
    /// <param name="resumed">Whether it was in force before the gateway started.</param>
    ValueTask StartedAsync(AccessGrant grant, bool resumed);

    ValueTask ExtendedAsync(AccessGrant grant, string requestId);

    ValueTask RevokedAsync(AccessGrant grant, Principal by, byte[] reasonCommitment);

    ValueTask EndedAsync(AccessGrant grant);

    ValueTask EmergencyOpenedAsync(AccessGrant grant, BreakGlassRule rule, byte[] reasonCommitment);

    ValueTask ReviewedAsync(AccessGrant grant, Principal by, byte[] noteCommitment);

    /// <summary>Somebody who may not review tried to.</summary>
    ValueTask ReviewRefusedAsync(AccessGrant grant, Principal by, string code);
}
