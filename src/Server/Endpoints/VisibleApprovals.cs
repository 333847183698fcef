using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>Which approvals a caller may know of.</summary>
internal static class VisibleApprovals
{
    /// <summary>An approval the caller may not see does not exist for that caller.</summary>
    public static async ValueTask<Approval?> FindAsync(ApprovalDesk desk, string id, Caller caller, CancellationToken cancellationToken)
    {
        if (!ApprovalId.IsWellFormed(id) || await desk.FindAsync(id, cancellationToken) is not { } approval)
        {
            return null;
        }
        var isApprover = caller.Principal.Kind == PrincipalKind.Human && caller.Principal.Groups.Any(group => approval.Approvers.Contains(group));
        return caller.SeesEverything || isApprover || ApprovalViewer.Of(caller.Principal).Sees(approval) ? approval : null;
    }
}
