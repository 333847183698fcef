using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Server.Access;
using Sallyport.Server.Hosting;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Endpoints;

/// <summary>Tasks of agents, as their sessions show them. They are ended by <see cref="TokenEndpoints"/>.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder api) =>
        api.MapGet(ApiRoutes.Runs, ListAsync).WithName("listRuns").WithTags("runs").ProducesApiProblem(400);

    private static async Task<Results<Ok<RunPage>, JsonHttpResult<ApiProblem>>> ListAsync(
        HttpContext context, SessionIndex sessions, SqliteActivity activity, int limit = ApiLimits.DefaultPageItems)
    {
        if (limit is < 1 or > ApiLimits.MaxPageItems)
        {
            return Problems.Invalid($"A page has 1 to {ApiLimits.MaxPageItems} items.", "Choose another limit.");
        }
        var caller = Caller.Of(context);
        await sessions.WrittenAsync(context.RequestAborted);
        var found = await activity.RunsAsync(caller.SeesEverything ? null : SessionViewer.Of(caller.Principal), limit + 1, context.RequestAborted);
        return TypedResults.Ok(new RunPage([.. found.Take(limit).Select(Resource)], found.Count > limit));
    }

    private static RunResource Resource(RunActivity run) => new()
    {
        Run = run.Run,
        Principal = run.Principal,
        OnBehalfOf = run.OnBehalfOf,
        FirstAt = run.FirstAt,
        LastAt = run.LastAt,
        Sessions = run.Sessions,
        Live = run.Live,
    };
}
