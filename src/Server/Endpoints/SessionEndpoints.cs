using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Access;
using Sallyport.Server.Hosting;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Endpoints;

/// <summary>Sessions, live and past: who was where, how much was let through, refused and masked. Operators end live ones.</summary>
internal static class SessionEndpoints
{
    private const string Live = "live";
    private const string Ended = "ended";

    /// <summary>How long an answer to an order to end a session waits for the end.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    public static void MapSessions(this IEndpointRouteBuilder api)
    {
        api.MapGet(ApiRoutes.Sessions, ListAsync).WithName("listSessions").WithTags("sessions").ProducesApiProblem(400);
        api.MapGet(ApiRoutes.Session, GetAsync).WithName("getSession").WithTags("sessions").ProducesApiProblem(404);
        api.MapPost(ApiRoutes.Kill, KillAsync).WithName("killSession").WithTags("sessions").ProducesApiProblem(400, 403, 404, 409)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator));
    }

    private static async Task<Results<Ok<SessionPage>, JsonHttpResult<ApiProblem>>> ListAsync(
        HttpContext context, SessionIndex sessions, string? state = null, int limit = ApiLimits.DefaultPageItems, string? before = null)
    {
        if (limit is < 1 or > ApiLimits.MaxPageItems)
        {
            return Problems.Invalid($"A page has 1 to {ApiLimits.MaxPageItems} items.", "Choose another limit.");
        }
        if (state is not (null or Live or Ended))
        {
            return Problems.Invalid("There is no such state.", "Use live or ended.");
        }
        var position = 0L;
        if (before is not null && !long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out position))
        {
            return Problems.Invalid("That is not a position in the list.", "Use the value of next of the page before.");
        }
        var caller = Caller.Of(context);
        var filter = new SessionFilter(
            state is null ? null : state == Live,
            caller.SeesEverything ? null : SessionViewer.Of(caller.Principal),
            before is null ? null : position,
            limit + 1);
        var found = await sessions.ListAsync(filter, context.RequestAborted);
        var next = found.Count > limit ? found[limit - 1].Sequence.ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new SessionPage([.. found.Take(limit).Select(Resource)], next));
    }

    private static async Task<Results<Ok<SessionResource>, JsonHttpResult<ApiProblem>>> GetAsync(HttpContext context, SessionIndex sessions, string id)
    {
        var caller = Caller.Of(context);
        var session = await sessions.FindAsync(id, context.RequestAborted);
        return session is not null && (caller.SeesEverything || SessionViewer.Of(caller.Principal).Sees(session))
            ? TypedResults.Ok(Resource(session))
            : NoSuchSession();
    }

    private static async Task<Results<Ok<SessionResource>, JsonHttpResult<ApiProblem>>> KillAsync(
        HttpContext context, SessionIndex sessions, SessionRegistry registry, SqliteSessions store, PrincipalDesk principals, TimeProvider time, string id, KillRequest request)
    {
        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > ApiLimits.MaxReasonCharacters)
        {
            return Problems.Invalid($"A reason has 1 to {ApiLimits.MaxReasonCharacters} characters.", "Say in a few words why; the client reads it.");
        }
        if (registry.Find(id) is not { } live)
        {
            return await sessions.FindAsync(id, context.RequestAborted) is null
                ? NoSuchSession()
                : Problems.Conflict("The session is already over.", "Nothing is left to end.");
        }
        var caller = Caller.Of(context).Principal;
        var by = caller.Name;
        // After the queue is written: the note belongs to a row that is there.
        await sessions.FindAsync(id, context.RequestAborted);
        await store.NoteEndAsync(id, $"{by}: {request.Reason}", context.RequestAborted);
        await principals.RecordKillAsync(id, caller, request.Reason);
        live.End(SessionEnd.Killed(by).Because(request.Reason));
        await Task.WhenAny(live.Over, Task.Delay(EndPatience, time, context.RequestAborted));
        return await GetAsync(context, sessions, id);
    }

    private static SessionResource Resource(SessionEntry session) => new()
    {
        Id = session.Id,
        Target = session.Target,
        Principal = session.Principal,
        Kind = MeEndpoints.KindOf(session.Kind),
        OnBehalfOf = session.OnBehalfOf,
        Run = session.RunId,
        StartedAt = session.StartedAt,
        EndedAt = session.EndedAt,
        EndReason = session.EndedAt is null ? null : session.EndReason + (session.EndNote.Length > 0 ? $" ({session.EndNote})" : ""),
        Client = session.Client,
        Statements = session.Totals.Statements,
        Denied = session.Totals.Denied,
        Rows = session.Totals.Rows,
        MaskedCells = session.Totals.MaskedCells,
        FirstIndex = session.Totals.FirstIndex < 0 ? null : session.Totals.FirstIndex,
        LastIndex = session.Totals.LastIndex < 0 ? null : session.Totals.LastIndex,
    };

    private static JsonHttpResult<ApiProblem> NoSuchSession() => Problems.NotFound("There is no such session.");
}
