using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>Writes what happens to approvals to the ledger. Each record is durable when its task completes; a failure leaves the approval as it was.</summary>
public interface IApprovalJournal
{
    /// <param name="approval">The request as it will be stored.</param>
    /// <param name="command">The command that waits.</param>
    ValueTask RequestedAsync(Approval approval, Command command);

    /// <param name="decided">The approval as it will stand.</param>
    ValueTask DecidedAsync(Approval decided, Principal by);

    /// <summary>Somebody who may not decide tried to.</summary>
    /// <param name="why">The sentence of the check that refused.</param>
    ValueTask DecisionRefusedAsync(Approval approval, ApprovalAnswer answer, Principal by, string why);

    ValueTask ExpiredAsync(Approval approval);

    /// <summary>An approval of more than one command does not stand any more.</summary>
    /// <param name="ended">With its end.</param>
    /// <param name="uses">How many other commands ran by it since the gateway started.</param>
    /// <param name="by">Who ended it, or null when nobody did.</param>
    ValueTask StandingEndedAsync(Approval ended, long uses, Principal? by);
}
