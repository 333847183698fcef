using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>Which requests for access and which grants a caller may know of. What the caller may not see does not exist for that caller.</summary>
internal static class VisibleAccess
{
    public static async ValueTask<AccessRequest?> FindRequestAsync(AccessDesk desk, string id, Caller caller, CancellationToken cancellationToken)
    {
        if (!ReadableId.IsWellFormed(id, AccessId.Request) || await desk.FindRequestAsync(id, cancellationToken) is not { } request)
        {
            return null;
        }
        var isApprover = caller.Principal.Kind == PrincipalKind.Human && request.ApproverGroups.Any(group => caller.Principal.Groups.Contains(group));
        return caller.SeesEverything || isApprover || IsOwn(caller, request.Requester) ? request : null;
    }

    public static async ValueTask<AccessGrant?> FindGrantAsync(AccessDesk desk, string id, Caller caller, CancellationToken cancellationToken)
    {
        if (!ReadableId.IsWellFormed(id, AccessId.Grant) || await desk.FindGrantAsync(id, cancellationToken) is not { } grant)
        {
            return null;
        }
        return caller.SeesEverything || desk.MayRevoke(grant, caller.Principal) || IsOwn(caller, grant.Holder) ? grant : null;
    }

    private static bool IsOwn(Caller caller, ApprovalRequester requester) => ApprovalViewer.Of(caller.Principal) switch
    {
        { RequesterId: { } id } => requester.Id == id,
        var viewer => requester.Issuer == viewer.Issuer && requester.Subject == viewer.Subject,
    };
}
