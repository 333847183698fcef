using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;
using Sallyport.Gateway.Tokens;
using Sallyport.Server.Access;
using Sallyport.Server.Hosting;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Endpoints;

/// <summary>Operators revoke tokens and replace the signing key; the owner of a run ends it.</summary>
internal static class TokenEndpoints
{
    private const int MaxIdCharacters = TokenRun.MaxIdLength;

    public static void MapTokens(this IEndpointRouteBuilder api)
    {
        api.MapPost(ApiRoutes.TokenRevocations, RevokeAsync).WithName("revokeTokens").WithTags("tokens").ProducesApiProblem(400, 403)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator));
        api.MapPost(ApiRoutes.TokenKeyRotation, RotateAsync).WithName("rotateTokenKey").WithTags("tokens").ProducesApiProblem(403, 409)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator));
        api.MapPost(ApiRoutes.RunEnd, EndRunAsync).WithName("endRun").WithTags("tokens").ProducesApiProblem(404);
    }

    private static async Task<Results<Ok<RevocationResource>, JsonHttpResult<ApiProblem>>> RevokeAsync(
        HttpContext context, TokenRevoker revoker, SessionRegistry registry, SessionIndex sessions, SqliteSessions store, RevocationRequest request)
    {
        var by = Caller.Of(context).Principal;
        if (new[] { request.Token, request.Run, request.Principal }.Count(id => id is not null) != 1 || !IsId(request.Token ?? request.Run ?? request.Principal!))
        {
            return Problems.Invalid("A revocation names one token, one run, or one principal.", "Send {\"token\": \"t_...\"}, {\"run\": \"...\"} or {\"principal\": \"p_...\"}.");
        }
        if (request.Reason is { } reason && (request.Run is null || string.IsNullOrWhiteSpace(reason) || reason.Length > ApiLimits.MaxReasonCharacters))
        {
            return Problems.Invalid($"A reason is for ending a run, and has 1 to {ApiLimits.MaxReasonCharacters} characters.", "Say in a few words why; the clients read it.");
        }
        var ended = request switch
        {
            { Token: { } token } => await revoker.RevokeTokenAsync(token, by),
            { Run: { } run } => await EndRunOfOthersAsync(revoker, registry, sessions, store, run, by, request.Reason ?? ""),
            _ => await revoker.RevokePrincipalAsync(request.Principal!, by),
        };
        return TypedResults.Ok(new RevocationResource { Sessions = ended });
    }

    private static async Task<int> EndRunOfOthersAsync(
        TokenRevoker revoker, SessionRegistry registry, SessionIndex sessions, SqliteSessions store, string run, Principal by, string reason)
    {
        foreach (var live in reason.Length > 0 ? registry.Live.Where(session => session.Principal.RunId == run) : [])
        {
            // After the queue is written: the note belongs to a row that is there.
            await sessions.FindAsync(live.Id, CancellationToken.None);
            await store.NoteEndAsync(live.Id, $"{by.Name}: {reason}", CancellationToken.None);
        }
        return await revoker.RevokeRunAsync(run, by, reason);
    }

    private static bool IsId(string text) => text.Length is > 0 and <= MaxIdCharacters && !text.Any(char.IsControl);

    private static async Task<Results<Ok<TokenKeyResource>, JsonHttpResult<ApiProblem>>> RotateAsync(
        HttpContext context, TokenExchanger exchanger, Recorder recorder, TimeProvider time)
    {
        if (!exchanger.Keys.Rotate(time.GetUtcNow()))
        {
            return Problems.Conflict($"{TokenKeyRing.MaxKeys} keys are still needed to verify tokens that live.", "Wait until the oldest of them have ended, an hour at most.");
        }
        var key = exchanger.Keys.CurrentId;
        await recorder.TokenKeyAsync(key, Caller.Of(context).Principal.Id);
        return TypedResults.Ok(new TokenKeyResource { Key = key });
    }

    /// <summary>A run is ended by whoever holds a token of it, and by the human it works for.</summary>
    private static async Task<Results<Ok<RevocationResource>, JsonHttpResult<ApiProblem>>> EndRunAsync(
        HttpContext context, TokenRevoker revoker, ITokenStore store, string id)
    {
        var caller = Caller.Of(context).Principal;
        if (!IsId(id) || await store.FindRunAsync(id, context.RequestAborted) is not { } run || !(run.OwnerId == caller.Id || run.Parties.HumanId == HumanIdOf(caller)))
        {
            return Problems.NotFound("There is no such run of yours.");
        }
        return TypedResults.Ok(new RevocationResource { Sessions = await revoker.RevokeRunAsync(id, caller) });
    }

    /// <summary>Only a human speaks as the human: an agent of the same person ends its own runs alone.</summary>
    private static string? HumanIdOf(Principal caller) => caller.Kind == PrincipalKind.Human ? caller.Id : null;
}
