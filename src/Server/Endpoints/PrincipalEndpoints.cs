using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Access;
using Sallyport.Server.Hosting;
using Sallyport.Server.Storage;

namespace Sallyport.Server.Endpoints;

/// <summary>Who was here; operators shut somebody out and let them in again.</summary>
internal static class PrincipalEndpoints
{
    private const int MaxIdCharacters = 64;

    public static void MapPrincipals(this IEndpointRouteBuilder api)
    {
        api.MapGet(ApiRoutes.Principals, ListAsync).WithName("listPrincipals").WithTags("principals").ProducesApiProblem(400, 403)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator, Roles.Reviewer, Roles.Auditor));
        api.MapPost(ApiRoutes.PrincipalDisable, DisableAsync).WithName("disablePrincipal").WithTags("principals").ProducesApiProblem(400, 403, 404, 409)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator));
        api.MapPost(ApiRoutes.PrincipalEnable, EnableAsync).WithName("enablePrincipal").WithTags("principals").ProducesApiProblem(400, 403, 404, 409)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator));
    }

    private static async Task<Results<Ok<PrincipalPage>, JsonHttpResult<ApiProblem>>> ListAsync(
        HttpContext context, SessionIndex sessions, SqliteActivity activity, PrincipalDesk desk, int limit = ApiLimits.DefaultPageItems)
    {
        if (limit is < 1 or > ApiLimits.MaxPageItems)
        {
            return Problems.Invalid($"A page has 1 to {ApiLimits.MaxPageItems} items.", "Choose another limit.");
        }
        var all = await AllAsync(sessions, activity, desk, limit + 1, context.RequestAborted);
        return TypedResults.Ok(new PrincipalPage([.. all.Take(limit)], all.Count > limit));
    }

    private static async Task<Results<Ok<PrincipalResource>, JsonHttpResult<ApiProblem>>> DisableAsync(
        HttpContext context, SessionIndex sessions, SqliteActivity activity, PrincipalDesk desk, string id, PrincipalRequest request)
    {
        var by = Caller.Of(context).Principal;
        if (Flaw(id, request) is { } flaw)
        {
            return flaw;
        }
        if (id == by.Id)
        {
            return Problems.Conflict("That is you, and who is shut out lets nobody in again.", "Have another operator do it.");
        }
        return await desk.DisableAsync(id, by, request.Reason) is null
            ? Problems.Conflict($"{PrincipalDesk.MaxDisabled} principals are shut out already.", "Enable those that are no threat any more, or take them out at the issuer.")
            : TypedResults.Ok(await OneAsync(sessions, activity, desk, id, context.RequestAborted));
    }

    private static async Task<Results<Ok<PrincipalResource>, JsonHttpResult<ApiProblem>>> EnableAsync(
        HttpContext context, SessionIndex sessions, SqliteActivity activity, PrincipalDesk desk, string id, PrincipalRequest request)
    {
        if (Flaw(id, request) is { } flaw)
        {
            return flaw;
        }
        return await desk.EnableAsync(id, Caller.Of(context).Principal, request.Reason)
            ? TypedResults.Ok(await OneAsync(sessions, activity, desk, id, context.RequestAborted))
            : Problems.Conflict("Nobody of this id is shut out.", "List the principals to see who is.");
    }

    private static JsonHttpResult<ApiProblem>? Flaw(string id, PrincipalRequest request)
    {
        if (!id.StartsWith("p_", StringComparison.Ordinal) || id.Length > MaxIdCharacters || !id.All(static character => char.IsAsciiLetterOrDigit(character) || character == '_'))
        {
            return Problems.Invalid("That is no principal's id.", "Use the id that begins with p_, as sessions and the ledger show it.");
        }
        return string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > ApiLimits.MaxReasonCharacters
            ? Problems.Invalid($"A reason has 1 to {ApiLimits.MaxReasonCharacters} characters.", "Say in a few words why.")
            : null;
    }

    private static async Task<PrincipalResource> OneAsync(SessionIndex sessions, SqliteActivity activity, PrincipalDesk desk, string id, CancellationToken cancellationToken) =>
        (await AllAsync(sessions, activity, desk, int.MaxValue, cancellationToken)).Find(principal => principal.Id == id) ?? new PrincipalResource { Id = id, Name = "" };

    /// <summary>Those who are shut out first, then those who were here last.</summary>
    private static async Task<List<PrincipalResource>> AllAsync(
        SessionIndex sessions, SqliteActivity activity, PrincipalDesk desk, int limit, CancellationToken cancellationToken)
    {
        await sessions.WrittenAsync(cancellationToken);
        var disabled = (await desk.ListAsync(cancellationToken)).ToDictionary(static principal => principal.Id, StringComparer.Ordinal);
        var known = (await activity.PrincipalsAsync(limit, cancellationToken)).ToDictionary(static principal => principal.Id, StringComparer.Ordinal);
        return [.. disabled.Keys.Concat(known.Keys.Where(id => !disabled.ContainsKey(id))).Select(id => Resource(id, known.GetValueOrDefault(id), disabled.GetValueOrDefault(id)))];
    }

    private static PrincipalResource Resource(string id, PrincipalActivity? known, DisabledPrincipal? disabled) => new()
    {
        Id = id,
        Name = known?.Name ?? "",
        Kind = known is null ? null : known.IsAgent ? CallerKind.Agent : CallerKind.Human,
        Issuer = known?.Issuer ?? "",
        OnBehalfOf = known?.OnBehalfOf ?? "",
        LastAt = known?.LastAt,
        Sessions = known?.Sessions ?? 0,
        Live = known?.Live ?? 0,
        DisabledAt = disabled?.At,
        DisabledBy = disabled?.By,
        DisabledReason = disabled?.Reason,
    };
}
