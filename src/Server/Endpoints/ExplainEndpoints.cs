using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Sallyport.Api;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Protocols.Postgres.Explain;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>How statements would be judged and masked, without running them.</summary>
internal static class ExplainEndpoints
{
    private const int MaxNameCharacters = 256;
    private const int MaxGroups = 100;

    public static void MapExplain(this IEndpointRouteBuilder api) =>
        api.MapPost(ApiRoutes.Explain, ExplainAsync).WithName("explain").WithTags("targets").ProducesApiProblem(400, 403, 429, 503)
            .WithMetadata(new RequestSizeLimitAttribute(ApiLimits.MaxExplainRequestBytes))
            .RequireRateLimiting(RequestRate.TargetWork);

    private static async Task<Results<Ok<ExplanationResource>, JsonHttpResult<ApiProblem>>> ExplainAsync(
        HttpContext context, StatementExplainer explainer, string id, ExplainRequest request)
    {
        var caller = Caller.Of(context);
        if (request.As is not null && !caller.IsInRole(Roles.Operator))
        {
            return Problems.Forbidden("Only operators explain statements for somebody else.");
        }
        if (request.As is { } other && !IsUsable(other))
        {
            return Problems.Invalid($"Somebody else has a name of up to {MaxNameCharacters} characters and up to {MaxGroups} groups.", "Name them as their token would.");
        }
        try
        {
            var question = new ExplainQuestion(
                caller.Principal,
                request.As is null ? null : PrincipalOf(request.As, caller.Principal),
                id,
                request.Sql,
                request.SearchPath,
                context.Connection.RemoteIpAddress?.ToString() ?? "");
            return await explainer.ExplainAsync(question, context.RequestAborted) switch
            {
                ExplainResult.Explained explained => TypedResults.Ok(ExplanationResources.Of(id, explained)),
                ExplainResult.NotConnected closed => Problems.Refused(closed.Verdict.Reason, closed.Verdict.Remedy),
                ExplainResult.Unusable unusable => Problems.Invalid(unusable.Reason, unusable.Remedy),
                ExplainResult.Busy busy => Problems.Busy(busy.Reason),
                ExplainResult.Unavailable unavailable => Problems.Unavailable(unavailable.Reason, "Try again when the target answers."),
                _ => throw new InvalidOperationException("unknown result"),
            };
        }
        catch (LedgerUnavailableException)
        {
            return Problems.Unavailable("The ledger cannot record the request, so it is not answered.", "See the gateway's log.");
        }
    }

    private static bool IsUsable(ExplainFor other) =>
        other.Name.Length is > 0 and <= MaxNameCharacters
        && other.Groups.Count <= MaxGroups
        && other.Groups.All(group => group is { Length: > 0 and <= MaxNameCharacters })
        && other.Issuer is null or { Length: <= MaxNameCharacters };

    /// <summary>A principal nobody has signed in as; it lives as long as the request.</summary>
    private static Principal PrincipalOf(ExplainFor other, Principal caller) => new()
    {
        Kind = other.Kind == CallerKind.Agent ? PrincipalKind.Agent : PrincipalKind.Human,
        Id = "p_described",
        Issuer = other.Issuer ?? caller.Issuer,
        Subject = other.Name,
        ClientId = other.Kind == CallerKind.Agent ? other.Name : "",
        Name = other.Name,
        Groups = other.Groups,
        ExpiresAt = caller.ExpiresAt,
    };
}
