namespace Sallyport.Api;

/// <summary>The part about access that is asked for.</summary>
public sealed partial class SallyportClient
{
    /// <summary>Asks for access; the answer is the request, perhaps granted already by a rule.</summary>
    public Task<AccessRequestResource> RequestAccessAsync(AccessRequestBody request, CancellationToken cancellationToken) =>
        PostAsync(ApiRoutes.AccessRequests, request, ApiJson.Default.AccessRequestBody, ApiJson.Default.AccessRequestResource, cancellationToken);

    /// <summary>Requests for access, newest first.</summary>
    /// <param name="state">Only these; null means all.</param>
    /// <param name="limit">1 to <see cref="ApiLimits.MaxPageItems"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<AccessRequestPage> ListAccessRequestsAsync(AccessRequestState? state, int limit, CancellationToken cancellationToken) =>
        GetAsync(ApiRoutes.AccessRequests + Query(("state", state?.ToString().ToLowerInvariant()), ("limit", NameOf(limit))), ApiJson.Default.AccessRequestPage, cancellationToken);

    /// <summary>One request for access.</summary>
    public Task<AccessRequestResource> GetAccessRequestAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(With(ApiRoutes.AccessRequest, id), ApiJson.Default.AccessRequestResource, cancellationToken);

    /// <summary>Waits until the request is decided or the time is over; the answer is the request as it then stands, perhaps still pending.</summary>
    /// <param name="id">The request.</param>
    /// <param name="timeoutSeconds">1 to <see cref="ApiLimits.MaxWaitSeconds"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<AccessRequestResource> WaitForAccessAsync(string id, int timeoutSeconds, CancellationToken cancellationToken) => SendAsync(
        new HttpRequestMessage(HttpMethod.Get, With(ApiRoutes.AccessWait, id) + Query(("timeoutSeconds", NameOf(timeoutSeconds)))),
        ApiJson.Default.AccessRequestResource,
        _options.RequestTimeout + TimeSpan.FromSeconds(timeoutSeconds),
        cancellationToken);

    /// <summary>Agrees to a request; the answer is the request as it now stands.</summary>
    public Task<AccessRequestResource> ApproveAccessAsync(string id, ApproveRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.AccessApprove, id), request, ApiJson.Default.ApproveRequest, ApiJson.Default.AccessRequestResource, cancellationToken);

    /// <summary>Refuses a request; the answer is the request as it now stands.</summary>
    public Task<AccessRequestResource> DenyAccessAsync(string id, DenyRequest request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.AccessDeny, id), request, ApiJson.Default.DenyRequest, ApiJson.Default.AccessRequestResource, cancellationToken);

    /// <summary>Grants: standing ones first, then those that were asked for, newest first.</summary>
    /// <param name="active">Only those in force, only those that have ended, or all.</param>
    /// <param name="limit">1 to <see cref="ApiLimits.MaxPageItems"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<AccessGrantPage> ListGrantsAsync(bool? active, int limit, CancellationToken cancellationToken) =>
        GetAsync(
            ApiRoutes.AccessGrants + Query(("state", active is { } only ? only ? "active" : "ended" : null), ("limit", NameOf(limit))),
            ApiJson.Default.AccessGrantPage,
            cancellationToken);

    /// <summary>One grant that was asked for.</summary>
    public Task<AccessGrantResource> GetGrantAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(With(ApiRoutes.AccessGrant, id), ApiJson.Default.AccessGrantResource, cancellationToken);

    /// <summary>Asks for more time.</summary>
    public Task<AccessRequestResource> ExtendGrantAsync(string id, AccessExtendBody request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.AccessExtend, id), request, ApiJson.Default.AccessExtendBody, ApiJson.Default.AccessRequestResource, cancellationToken);

    /// <summary>Ends a grant at once.</summary>
    public Task<AccessGrantResource> RevokeGrantAsync(string id, AccessRevokeBody request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.AccessRevoke, id), request, ApiJson.Default.AccessRevokeBody, ApiJson.Default.AccessGrantResource, cancellationToken);

    /// <summary>Opens a target in an emergency.</summary>
    public Task<AccessGrantResource> BreakGlassAsync(BreakGlassBody request, CancellationToken cancellationToken) =>
        PostAsync(ApiRoutes.BreakGlass, request, ApiJson.Default.BreakGlassBody, ApiJson.Default.AccessGrantResource, cancellationToken);

    /// <summary>Closes the open work of an emergency.</summary>
    public Task<AccessGrantResource> ReviewBreakGlassAsync(string id, AccessReviewBody request, CancellationToken cancellationToken) =>
        PostAsync(With(ApiRoutes.AccessReview, id), request, ApiJson.Default.AccessReviewBody, ApiJson.Default.AccessGrantResource, cancellationToken);
}
