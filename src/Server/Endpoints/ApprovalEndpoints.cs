using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Approvals;
using Sallyport.Server.Access;
using ApprovalState = Sallyport.Gateway.Approvals.ApprovalState;

namespace Sallyport.Server.Endpoints;

/// <summary>Approval requests: who waits for what, and the decision.</summary>
internal static class ApprovalEndpoints
{
    private const int DefaultWaitSeconds = 30;

    public static void MapApprovals(this IEndpointRouteBuilder api)
    {
        api.MapGet(ApiRoutes.Approvals, ListAsync).WithName("listApprovals").WithTags("approvals").ProducesApiProblem(400);
        api.MapGet(ApiRoutes.Approval, GetAsync).WithName("getApproval").WithTags("approvals").ProducesApiProblem(404);
        api.MapPost(ApiRoutes.Approve, ApproveAsync).WithName("approve").WithTags("approvals").ProducesApiProblem(400, 403, 404, 409);
        api.MapPost(ApiRoutes.Deny, DenyAsync).WithName("deny").WithTags("approvals").ProducesApiProblem(400, 403, 404, 409);
        api.MapPost(ApiRoutes.RevokeApproval, RevokeAsync).WithName("revokeApproval").WithTags("approvals").ProducesApiProblem(403, 404, 409);
        api.MapGet(ApiRoutes.Wait, WaitAsync).WithName("waitForApproval").WithTags("approvals").ProducesApiProblem(400, 404);
    }

    private static async Task<Results<Ok<ApprovalPage>, JsonHttpResult<ApiProblem>>> ListAsync(
        HttpContext context, ApprovalDesk desk, string? state = null, int limit = ApiLimits.DefaultPageItems)
    {
        if (limit is < 1 or > ApiLimits.MaxPageItems)
        {
            return Problems.Invalid($"A page has 1 to {ApiLimits.MaxPageItems} items.", "Choose another limit.");
        }
        if (!ApprovalResources.TryReadState(state, out var wanted))
        {
            return Problems.Invalid("There is no such state.", "Use one of: pending, approved, denied, expired, used.");
        }
        var caller = Caller.Of(context);
        var found = await desk.ListAsync(
            new ApprovalFilter(wanted, caller.SeesEverything ? null : ApprovalViewer.Of(caller.Principal), limit + 1), context.RequestAborted);
        return TypedResults.Ok(new ApprovalPage([.. found.Take(limit).Select(approval => ApprovalResources.Of(approval, caller, desk))], found.Count > limit));
    }

    private static async Task<Results<Ok<ApprovalResource>, JsonHttpResult<ApiProblem>>> GetAsync(HttpContext context, ApprovalDesk desk, string id)
    {
        var caller = Caller.Of(context);
        return await VisibleApprovals.FindAsync(desk, id, caller, context.RequestAborted) is { } approval
            ? TypedResults.Ok(await ApprovalResources.WithContextAsync(approval, caller, desk, context.RequestAborted))
            : NoSuchApproval();
    }

    private static Task<Results<Ok<ApprovalResource>, JsonHttpResult<ApiProblem>>> ApproveAsync(
        HttpContext context, ApprovalDesk desk, string id, ApproveRequest? request) =>
        DecideAsync(context, desk, id, ApprovalAnswer.Approve, request?.Reason ?? "", ReachOf(request));

    private static async Task<Results<Ok<ApprovalResource>, JsonHttpResult<ApiProblem>>> DenyAsync(
        HttpContext context, ApprovalDesk desk, string id, DenyRequest request) =>
        string.IsNullOrWhiteSpace(request.Reason)
            ? Problems.Invalid("A denial needs a reason.", "Say in a few words why; the requester reads it.")
            : await DecideAsync(context, desk, id, ApprovalAnswer.Deny, request.Reason, ApprovalReach.Once);

    private static ApprovalReach ReachOf(ApproveRequest? request) => request?.Scope switch
    {
        Api.ApprovalScope.Plan => new(Gateway.Policy.ApprovalScope.Plan, TimeSpan.FromSeconds(request.ForSeconds)),
        Api.ApprovalScope.Run => new(Gateway.Policy.ApprovalScope.Run, TimeSpan.FromSeconds(request.ForSeconds)),
        _ => ApprovalReach.Once,
    };

    private static async Task<Results<Ok<ApprovalResource>, JsonHttpResult<ApiProblem>>> RevokeAsync(HttpContext context, ApprovalDesk desk, string id)
    {
        var caller = Caller.Of(context);
        if (await VisibleApprovals.FindAsync(desk, id, caller, context.RequestAborted) is null)
        {
            return NoSuchApproval();
        }
        return await desk.RevokeAsync(id, caller.Principal, caller.Roles.Contains(Roles.Operator), context.RequestAborted) switch
        {
            DecisionOutcome.Recorded recorded => TypedResults.Ok(ApprovalResources.Of(recorded.Approval, caller, desk)),
            DecisionOutcome.Refused refused => Problems.Refused(refused.Message),
            DecisionOutcome.Closed => Problems.Conflict("It stands for no other command.", "Nothing is left to revoke; what runs now is ended with its session."),
            _ => NoSuchApproval(),
        };
    }

    private static async Task<Results<Ok<ApprovalResource>, JsonHttpResult<ApiProblem>>> WaitAsync(
        HttpContext context, ApprovalDesk desk, IHostApplicationLifetime lifetime, string id, int timeoutSeconds = DefaultWaitSeconds)
    {
        if (timeoutSeconds is < 1 or > ApiLimits.MaxWaitSeconds)
        {
            return Problems.Invalid($"One request waits 1 to {ApiLimits.MaxWaitSeconds} seconds.", "Ask again to wait longer.");
        }
        var caller = Caller.Of(context);
        if (await VisibleApprovals.FindAsync(desk, id, caller, context.RequestAborted) is null)
        {
            return NoSuchApproval();
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await desk.WaitAsync(id, TimeSpan.FromSeconds(timeoutSeconds), stop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return Problems.Unavailable("The gateway is shutting down.", "Ask again when it is back; pending approvals are kept.");
        }
        return await GetAsync(context, desk, id);
    }

    private static async Task<Results<Ok<ApprovalResource>, JsonHttpResult<ApiProblem>>> DecideAsync(
        HttpContext context, ApprovalDesk desk, string id, ApprovalAnswer answer, string reason, ApprovalReach reach)
    {
        var caller = Caller.Of(context);
        if (await VisibleApprovals.FindAsync(desk, id, caller, context.RequestAborted) is null)
        {
            return NoSuchApproval();
        }
        return await desk.DecideAsync(id, caller.Principal, answer, reason, reach, context.RequestAborted) switch
        {
            DecisionOutcome.Recorded recorded => TypedResults.Ok(ApprovalResources.Of(recorded.Approval, caller, desk)),
            DecisionOutcome.Refused { Code: DecisionOutcome.Refused.ReasonTooLong } refused => Problems.Invalid(refused.Message, "Write less."),
            DecisionOutcome.Refused { Code: DecisionOutcome.Refused.ScopeNotAllowed } refused => Problems.Invalid(refused.Message, "The request shows how far it may be approved; rules say so with widen."),
            DecisionOutcome.Refused refused => Problems.Refused(refused.Message),
            DecisionOutcome.Closed closed => Problems.Conflict(
                closed.Approval.State == ApprovalState.Pending ? "The request has expired." : $"The request is already {ApprovalResources.NameOf(closed.Approval.State)}.",
                "Nothing is left to decide; the requester can run the command again."),
            _ => NoSuchApproval(),
        };
    }

    private static JsonHttpResult<ApiProblem> NoSuchApproval() => Problems.NotFound("There is no such approval request.");
}
