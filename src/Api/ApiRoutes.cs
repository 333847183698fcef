namespace Sallyport.Api;

/// <summary>Paths of the REST API, relative to the gateway's root. A <c>{id}</c> is percent-encoded by the client.</summary>
public static class ApiRoutes
{
    /// <summary>What every path starts with.</summary>
    public const string Base = "/api/v1";

    /// <summary>GET: who the bearer token says is calling.</summary>
    public const string Me = Base + "/me";

    /// <summary>GET: <see cref="PolicyResource"/>.</summary>
    public const string Policy = Base + "/policy";

    /// <summary>GET: <see cref="DoorsResource"/>.</summary>
    public const string Doors = Base + "/doors";

    /// <summary>GET <c>?state=&amp;limit=</c>: approval requests, newest first.</summary>
    public const string Approvals = Base + "/approvals";

    /// <summary>GET: one approval request.</summary>
    public const string Approval = Approvals + "/{id}";

    /// <summary>POST <see cref="ApproveRequest"/>.</summary>
    public const string Approve = Approval + "/approve";

    /// <summary>POST <see cref="DenyRequest"/>.</summary>
    public const string Deny = Approval + "/deny";

    /// <summary>POST: ends an approval of more than one command.</summary>
    public const string RevokeApproval = Approval + "/revoke";

    /// <summary>GET <c>?timeoutSeconds=</c>: answers when the request is decided or the time is over, whichever is first.</summary>
    public const string Wait = Approval + "/wait";

    /// <summary>GET <c>?state=live|ended&amp;limit=&amp;before=</c>: sessions, newest first.</summary>
    public const string Sessions = Base + "/sessions";

    /// <summary>GET: one session.</summary>
    public const string Session = Sessions + "/{id}";

    /// <summary>POST <see cref="KillRequest"/>.</summary>
    public const string Kill = Session + "/kill";

    /// <summary>GET <c>?limit=</c>: tasks of agents that had sessions, newest first.</summary>
    public const string Runs = Base + "/runs";

    /// <summary>GET <c>?limit=</c>: who was here, most recent first, and who is let in no more.</summary>
    public const string Principals = Base + "/principals";

    /// <summary>One principal, by its opaque id.</summary>
    public const string Principal = Principals + "/{id}";

    /// <summary>POST <see cref="PrincipalRequest"/>: <see cref="PrincipalResource"/>.</summary>
    public const string PrincipalDisable = Principal + "/disable";

    /// <summary>POST <see cref="PrincipalRequest"/>: <see cref="PrincipalResource"/>.</summary>
    public const string PrincipalEnable = Principal + "/enable";

    /// <summary>GET <c>?limit=</c>: what is used of the configured budgets, own ones or all.</summary>
    public const string Budgets = Base + "/budgets";

    /// <summary>What concerns one target, by its name.</summary>
    public const string Target = Base + "/targets/{id}";

    /// <summary>POST <see cref="ExplainRequest"/>: <see cref="ExplanationResource"/>.</summary>
    public const string Explain = Target + "/explain";

    /// <summary>GET <c>?role=&amp;level=</c>: <see cref="FloorResource"/>. POST <see cref="FloorRequest"/>: the same, done.</summary>
    public const string Floor = Target + "/floor";

    /// <summary>POST <see cref="SelfTestRequest"/>: <see cref="SelfTestResource"/>, after up to ten minutes.</summary>
    public const string SelfTest = Target + "/selftest";

    /// <summary>POST <see cref="RevocationRequest"/>: <see cref="RevocationResource"/>.</summary>
    public const string TokenRevocations = Base + "/tokens/revocations";

    /// <summary>POST: <see cref="TokenKeyResource"/>.</summary>
    public const string TokenKeyRotation = Base + "/tokens/keys/rotate";

    /// <summary>POST: <see cref="RevocationResource"/>.</summary>
    public const string RunEnd = Base + "/runs/{id}/end";

    /// <summary>GET: <see cref="NotificationList"/>.</summary>
    public const string Notifications = Base + "/notifications";

    /// <summary>POST: <see cref="NotificationTestResource"/>, after one attempt.</summary>
    public const string NotificationTest = Notifications + "/{id}/test";

    /// <summary>GET: <see cref="ExportList"/>.</summary>
    public const string Exports = Base + "/exports";

    /// <summary>POST a form: token exchange (RFC 8693).</summary>
    public const string OAuthToken = "/oauth/token";

    /// <summary>POST a form: revocation by the holder (RFC 7009).</summary>
    public const string OAuthRevocation = "/oauth/revoke";

    /// <summary>GET: the public keys of the gateway's tokens (RFC 7517).</summary>
    public const string OAuthKeys = "/oauth/keys";

    /// <summary>GET: the gateway's metadata as an issuer (OpenID Connect Discovery 1.0).</summary>
    public const string OpenIdConfiguration = "/.well-known/openid-configuration";

    /// <summary>GET: the same (RFC 8414).</summary>
    public const string OAuthMetadata = "/.well-known/oauth-authorization-server";

    /// <summary>GET <c>?state=&amp;limit=</c>: requests for access, newest first. POST <see cref="AccessRequestBody"/>: <see cref="AccessRequestResource"/>.</summary>
    public const string AccessRequests = Base + "/access/requests";

    /// <summary>GET: one request for access.</summary>
    public const string AccessRequest = AccessRequests + "/{id}";

    /// <summary>GET <c>?timeoutSeconds=</c>: answers when the request is decided or the time is over, whichever is first.</summary>
    public const string AccessWait = AccessRequest + "/wait";

    /// <summary>POST <see cref="ApproveRequest"/>.</summary>
    public const string AccessApprove = AccessRequest + "/approve";

    /// <summary>POST <see cref="DenyRequest"/>.</summary>
    public const string AccessDeny = AccessRequest + "/deny";

    /// <summary>GET <c>?state=active|ended&amp;limit=</c>: standing grants, then those that were asked for, newest first.</summary>
    public const string AccessGrants = Base + "/access/grants";

    /// <summary>GET: one grant that was asked for.</summary>
    public const string AccessGrant = AccessGrants + "/{id}";

    /// <summary>POST <see cref="AccessExtendBody"/>: <see cref="AccessRequestResource"/>.</summary>
    public const string AccessExtend = AccessGrant + "/extend";

    /// <summary>POST <see cref="AccessRevokeBody"/>.</summary>
    public const string AccessRevoke = AccessGrant + "/revoke";

    /// <summary>POST <see cref="AccessReviewBody"/>.</summary>
    public const string AccessReview = AccessGrant + "/review";

    /// <summary>POST <see cref="BreakGlassBody"/>: <see cref="AccessGrantResource"/>.</summary>
    public const string BreakGlass = Base + "/access/break-glass";

    /// <summary>POST <see cref="ExportRequest"/>: the evidence bundle as <c>application/zip</c>.</summary>
    public const string EvidenceExports = Base + "/evidence/exports";

    /// <summary>GET: the newest signed checkpoint as <c>text/plain</c> (C2SP tlog-checkpoint).</summary>
    public const string LedgerCheckpoint = Base + "/ledger/checkpoint";

    /// <summary>GET: <see cref="LedgerKeyResource"/>.</summary>
    public const string LedgerKey = Base + "/ledger/key";
}
