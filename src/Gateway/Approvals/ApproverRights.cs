using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Approvals;

/// <summary>Who may decide: humans in the rule's approver groups, never an agent, never the requester, never the human the requester acts for.</summary>
internal static class ApproverRights
{
    /// <summary>Null when <paramref name="decider"/> may decide; else why not.</summary>
    public static DecisionOutcome.Refused? Refusal(Approval approval, Principal decider)
    {
        if (decider.Kind == PrincipalKind.Agent)
        {
            return new("agent", "An agent can never decide on an approval; a person in the approver groups has to.");
        }
        if (IsRequester(approval.Requester, decider))
        {
            return new("own-request", "This request was made by you or on your behalf; somebody else has to decide.");
        }
        if (!decider.Groups.Any(group => approval.Approvers.Contains(group, StringComparer.Ordinal)))
        {
            return new("not-an-approver", $"Only members of {string.Join(", ", approval.Approvers)} may decide on this request.");
        }
        return null;
    }

    private static bool IsRequester(ApprovalRequester requester, Principal decider)
    {
        if (string.Equals(requester.Id, decider.Id, StringComparison.Ordinal))
        {
            return true;
        }
        // A subject is a person's stable id within one issuer. The one acted for is compared across issuers too: refusing too much is the safe side.
        return (string.Equals(requester.Subject, decider.Subject, StringComparison.Ordinal)
                && string.Equals(requester.Issuer, decider.Issuer, StringComparison.Ordinal))
            || (requester.OnBehalfOf.Length > 0 && string.Equals(requester.OnBehalfOf, decider.Subject, StringComparison.Ordinal));
    }
}
