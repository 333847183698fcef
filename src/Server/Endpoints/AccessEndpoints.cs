using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>Access that is asked for, decided, extended, revoked; emergencies and their review.</summary>
internal static class AccessEndpoints
{
    private const int DefaultWaitSeconds = 30;

    public static void MapAccess(this IEndpointRouteBuilder api)
    {
        api.MapPost(ApiRoutes.AccessRequests, RequestAsync).WithName("requestAccess").WithTags("access").ProducesApiProblem(400, 403, 409, 429, 503);
        api.MapGet(ApiRoutes.AccessRequests, ListRequestsAsync).WithName("listAccessRequests").WithTags("access").ProducesApiProblem(400);
        api.MapGet(ApiRoutes.AccessRequest, GetRequestAsync).WithName("getAccessRequest").WithTags("access").ProducesApiProblem(404);
        api.MapGet(ApiRoutes.AccessWait, WaitAsync).WithName("waitForAccess").WithTags("access").ProducesApiProblem(400, 404, 503);
        api.MapGet(ApiRoutes.AccessGrants, ListGrantsAsync).WithName("listGrants").WithTags("access").ProducesApiProblem(400);
        api.MapGet(ApiRoutes.AccessGrant, GetGrantAsync).WithName("getGrant").WithTags("access").ProducesApiProblem(404);
        api.MapPost(ApiRoutes.AccessExtend, ExtendAsync).WithName("extendGrant").WithTags("access").ProducesApiProblem(400, 403, 404, 409, 429, 503);
        // Whatever decides about access is for people: an agent does not even get as far as the desk, which refuses it too.
        api.MapPost(ApiRoutes.AccessApprove, ApproveAsync).WithName("approveAccess").WithTags("access").ProducesApiProblem(400, 403, 404, 409, 503).RequireHuman();
        api.MapPost(ApiRoutes.AccessDeny, DenyAsync).WithName("denyAccess").WithTags("access").ProducesApiProblem(400, 403, 404, 409, 503).RequireHuman();
        api.MapPost(ApiRoutes.AccessRevoke, RevokeAsync).WithName("revokeGrant").WithTags("access").ProducesApiProblem(400, 403, 404, 409, 503).RequireHuman();
        api.MapPost(ApiRoutes.BreakGlass, BreakGlassAsync).WithName("breakGlass").WithTags("access").ProducesApiProblem(400, 403, 429, 503).RequireHuman();
        api.MapPost(ApiRoutes.AccessReview, ReviewAsync).WithName("reviewBreakGlass").WithTags("access").ProducesApiProblem(400, 403, 404, 409, 503).RequireHuman();
    }

    private static async Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> RequestAsync(HttpContext context, AccessDesk desk, AccessRequestBody request)
    {
        if (!AccessResources.TryRead(request, out var ask, out var fault))
        {
            return Problems.Invalid(fault, "Correct the request; names are schema.table and schema.table.column.");
        }
        var caller = Caller.Of(context);
        return await OfRequestAsync(caller, () => desk.RequestAsync(caller.Principal, ask, request.ThisRunOnly, request.Reason, context.RequestAborted));
    }

    private static async Task<Results<Ok<AccessRequestPage>, JsonHttpResult<ApiProblem>>> ListRequestsAsync(
        HttpContext context, AccessDesk desk, string? state = null, int limit = ApiLimits.DefaultPageItems)
    {
        if (limit is < 1 or > ApiLimits.MaxPageItems)
        {
            return Problems.Invalid($"A page has 1 to {ApiLimits.MaxPageItems} items.", "Choose another limit.");
        }
        var wanted = Enum.GetValues<Gateway.Access.AccessRequestState>().Cast<Gateway.Access.AccessRequestState?>()
            .FirstOrDefault(known => known!.Value.ToString().Equals(state, StringComparison.OrdinalIgnoreCase));
        if (state is not null && wanted is null)
        {
            return Problems.Invalid("There is no such state.", "Use one of: pending, granted, denied, expired.");
        }
        var caller = Caller.Of(context);
        var found = await desk.ListRequestsAsync(new AccessRequestFilter(wanted, ViewerOf(caller), limit + 1), context.RequestAborted);
        return TypedResults.Ok(new AccessRequestPage([.. found.Take(limit).Select(request => AccessResources.Of(request, caller))], found.Count > limit));
    }

    private static async Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> GetRequestAsync(HttpContext context, AccessDesk desk, string id)
    {
        var caller = Caller.Of(context);
        return await VisibleAccess.FindRequestAsync(desk, id, caller, context.RequestAborted) is { } request ? TypedResults.Ok(AccessResources.Of(request, caller)) : NoSuchRequest();
    }

    private static async Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> WaitAsync(
        HttpContext context, AccessDesk desk, IHostApplicationLifetime lifetime, string id, int timeoutSeconds = DefaultWaitSeconds)
    {
        if (timeoutSeconds is < 1 or > ApiLimits.MaxWaitSeconds)
        {
            return Problems.Invalid($"One request waits 1 to {ApiLimits.MaxWaitSeconds} seconds.", "Ask again to wait longer.");
        }
        if (await VisibleAccess.FindRequestAsync(desk, id, Caller.Of(context), context.RequestAborted) is null)
        {
            return NoSuchRequest();
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await desk.WaitAsync(id, TimeSpan.FromSeconds(timeoutSeconds), stop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Problems.Unavailable("The gateway is shutting down.", "Ask again when it is back; pending requests are kept.");
        }
        return await GetRequestAsync(context, desk, id);
    }

    private static Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> ApproveAsync(HttpContext context, AccessDesk desk, string id, ApproveRequest? request) =>
        DecideAsync(context, desk, id, ApprovalAnswer.Approve, request?.Reason ?? "");

    private static Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> DenyAsync(HttpContext context, AccessDesk desk, string id, DenyRequest request) =>
        DecideAsync(context, desk, id, ApprovalAnswer.Deny, request.Reason);

    private static async Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> DecideAsync(
        HttpContext context, AccessDesk desk, string id, ApprovalAnswer answer, string reason)
    {
        var caller = Caller.Of(context);
        return await VisibleAccess.FindRequestAsync(desk, id, caller, context.RequestAborted) is null
            ? NoSuchRequest()
            : await OfRequestAsync(caller, () => desk.DecideAsync(id, caller.Principal, answer, reason, context.RequestAborted));
    }

    private static async Task<Results<Ok<AccessGrantPage>, JsonHttpResult<ApiProblem>>> ListGrantsAsync(
        HttpContext context, AccessDesk desk, PolicyEngine policy, TimeProvider time, string? state = null, int limit = ApiLimits.DefaultPageItems)
    {
        if (limit is < 1 or > ApiLimits.MaxPageItems)
        {
            return Problems.Invalid($"A page has 1 to {ApiLimits.MaxPageItems} items.", "Choose another limit.");
        }
        if (state is not (null or "active" or "ended"))
        {
            return Problems.Invalid("There is no such state.", "Use active or ended.");
        }
        var caller = Caller.Of(context);
        var now = time.GetUtcNow();
        var found = await desk.ListGrantsAsync(new AccessGrantFilter(state is null ? null : state == "active", ViewerOf(caller), limit + 1), context.RequestAborted);
        // Standing grants are few, and whoever looks at access has to see them beside the others.
        var standing = state == "ended"
            ? []
            : caller.SeesEverything ? policy.Current.Grants.Where(grant => grant.Until is null || grant.Until > now) : policy.Current.GrantsOf(caller.Principal, now).Where(static grant => !grant.IsDynamic);
        return TypedResults.Ok(new AccessGrantPage(
            [.. standing.Select(grant => AccessResources.Standing(grant, now)), .. found.Take(limit).Select(grant => AccessResources.Of(grant, now))], found.Count > limit));
    }

    private static async Task<Results<Ok<AccessGrantResource>, JsonHttpResult<ApiProblem>>> GetGrantAsync(HttpContext context, AccessDesk desk, TimeProvider time, string id) =>
        await VisibleAccess.FindGrantAsync(desk, id, Caller.Of(context), context.RequestAborted) is { } grant ? TypedResults.Ok(AccessResources.Of(grant, time.GetUtcNow())) : NoSuchGrant();

    private static async Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> ExtendAsync(HttpContext context, AccessDesk desk, string id, AccessExtendBody request)
    {
        if ((request.Until is null) == (request.Seconds is null))
        {
            return Problems.Invalid("Say either until when or how much longer.", "Give until, or seconds.");
        }
        var caller = Caller.Of(context);
        if (await VisibleAccess.FindGrantAsync(desk, id, caller, context.RequestAborted) is null)
        {
            return NoSuchGrant();
        }
        var length = request.Seconds is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        return await OfRequestAsync(caller, () => desk.ExtendAsync(caller.Principal, id, request.Until, length, request.Reason, context.RequestAborted));
    }

    private static async Task<Results<Ok<AccessGrantResource>, JsonHttpResult<ApiProblem>>> RevokeAsync(
        HttpContext context, AccessDesk desk, TimeProvider time, string id, AccessRevokeBody request)
    {
        var caller = Caller.Of(context);
        return await VisibleAccess.FindGrantAsync(desk, id, caller, context.RequestAborted) is null
            ? NoSuchGrant()
            : await OfGrantAsync(time, () => desk.RevokeAsync(id, caller.Principal, caller.IsInRole(Roles.Operator), request.Reason, context.RequestAborted));
    }

    private static Task<Results<Ok<AccessGrantResource>, JsonHttpResult<ApiProblem>>> BreakGlassAsync(HttpContext context, AccessDesk desk, TimeProvider time, BreakGlassBody request) =>
        OfGrantAsync(time, () => desk.BreakGlassAsync(Caller.Of(context).Principal, request.Target, request.Reason, context.RequestAborted));

    private static async Task<Results<Ok<AccessGrantResource>, JsonHttpResult<ApiProblem>>> ReviewAsync(
        HttpContext context, AccessDesk desk, TimeProvider time, string id, AccessReviewBody request)
    {
        var caller = Caller.Of(context);
        return await VisibleAccess.FindGrantAsync(desk, id, caller, context.RequestAborted) is null
            ? NoSuchGrant()
            : await OfGrantAsync(time, () => desk.ReviewAsync(id, caller.Principal, request.Note, context.RequestAborted));
    }

    private static async Task<Results<Ok<AccessRequestResource>, JsonHttpResult<ApiProblem>>> OfRequestAsync(Caller caller, Func<ValueTask<AccessOutcome>> act)
    {
        try
        {
            return await act() is var outcome && outcome is AccessOutcome.OfRequest { Request: var request }
                ? TypedResults.Ok(AccessResources.Of(request, caller))
                : ProblemOf(outcome, NoSuchRequest());
        }
        catch (LedgerUnavailableException)
        {
            return NotRecorded();
        }
    }

    private static async Task<Results<Ok<AccessGrantResource>, JsonHttpResult<ApiProblem>>> OfGrantAsync(TimeProvider time, Func<ValueTask<AccessOutcome>> act)
    {
        try
        {
            return await act() is var outcome && outcome is AccessOutcome.OfGrant { Grant: var grant }
                ? TypedResults.Ok(AccessResources.Of(grant, time.GetUtcNow()))
                : ProblemOf(outcome, NoSuchGrant());
        }
        catch (LedgerUnavailableException)
        {
            return NotRecorded();
        }
    }

    private static JsonHttpResult<ApiProblem> ProblemOf(AccessOutcome outcome, JsonHttpResult<ApiProblem> notFound) => outcome switch
    {
        AccessOutcome.Refused { Code: AccessRefusal.Invalid } refused => Problems.Invalid(refused.Message, refused.Remedy),
        AccessOutcome.Refused { Code: AccessRefusal.TooMany } refused => Problems.Busy(refused.Message),
        AccessOutcome.Refused { Code: AccessRefusal.AlreadyDecided or AccessRefusal.RuleChanged } refused => Problems.Conflict(refused.Message, refused.Remedy),
        AccessOutcome.Refused refused => Problems.Refused(refused.Message, refused.Remedy),
        AccessOutcome.Closed closed => Problems.Conflict(closed.Message, closed.Remedy),
        _ => notFound,
    };

    private static ApprovalViewer? ViewerOf(Caller caller) => caller.SeesEverything ? null : ApprovalViewer.Of(caller.Principal);

    private static JsonHttpResult<ApiProblem> NoSuchRequest() => Problems.NotFound("There is no such request for access.");

    private static JsonHttpResult<ApiProblem> NoSuchGrant() => Problems.NotFound("There is no such grant.");

    private static JsonHttpResult<ApiProblem> NotRecorded() => Problems.Unavailable("The ledger cannot record this.", "See the gateway's log.");
}
