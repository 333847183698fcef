using System.Diagnostics.CodeAnalysis;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>
/// Whether a principal may decide an approval: a human, in one of the approver groups, who is neither the requester nor the human
/// the requester acts for.
/// </summary>
public static class ApproverCheck
{
    public static bool MayDecide(Principal decider, Requester requester, Verdict.Ask question, [NotNullWhen(false)] out string? reason) =>
        MayDecide(decider, requester, question.Approvers, out reason);

    /// <param name="decider">Who wants to approve or deny.</param>
    /// <param name="requester">Whose command waits, as stored with the approval.</param>
    /// <param name="approvers">The groups of the rule that asked.</param>
    /// <param name="reason">One sentence for the decider when the answer is no.</param>
    public static bool MayDecide(Principal decider, Requester requester, IReadOnlyList<string> approvers, [NotNullWhen(false)] out string? reason)
    {
        reason = Refusal(decider, requester, approvers);
        return reason is null;
    }

    private static string? Refusal(Principal decider, Requester requester, IReadOnlyList<string> approvers)
    {
        if (decider.Kind != PrincipalKind.Human)
        {
            return "An agent can never decide an approval, not even on behalf of a human; a human approver has to sign in.";
        }
        if (decider.Id == requester.PrincipalId)
        {
            return "You made this request; another approver has to decide it.";
        }
        if (decider.Issuer == requester.Issuer && decider.Subject == requester.Subject)
        {
            return "The requesting agent acts for you; another approver has to decide it.";
        }
        return approvers.Any(decider.Groups.Contains)
            ? null
            : $"Only members of {string.Join(" or ", approvers)} can decide this approval.";
    }
}

/// <summary>Who asked for an approval, in the form that is stored with it.</summary>
/// <param name="PrincipalId">The requester's <see cref="Principal.Id"/>.</param>
/// <param name="Issuer">The issuer of the requester's token.</param>
/// <param name="Subject">The requester's <see cref="Principal.Subject"/>: for an agent that acts for somebody, the human.</param>
public readonly record struct Requester(string PrincipalId, string Issuer, string Subject)
{
    public static Requester Of(Principal principal) => new(principal.Id, principal.Issuer, principal.Subject);
}
