using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Protocols.Postgres.Administration;
using Sallyport.Gateway.Targets;
using Sallyport.Server.Access;
using AdminCredential = Sallyport.Gateway.Protocols.Postgres.Administration.AdminCredential;
using FloorLevel = Sallyport.Gateway.Protocols.Postgres.Administration.FloorLevel;

namespace Sallyport.Server.Endpoints;

/// <summary>The least-privilege role of a target: what is missing for it, and making it.</summary>
internal static class FloorEndpoints
{
    /// <summary>Longest name of a role (NAMEDATALEN - 1).</summary>
    private const int MaxRoleBytes = 63;

    public static void MapFloor(this IEndpointRouteBuilder api)
    {
        api.MapGet(ApiRoutes.Floor, PlanAsync).WithName("planFloor").WithTags("targets").ProducesApiProblem(400, 403, 404, 409, 429, 503)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator)).RequireRateLimiting(RequestRate.TargetWork);
        api.MapPost(ApiRoutes.Floor, ApplyAsync).WithName("applyFloor").WithTags("targets").ProducesApiProblem(400, 403, 404, 409, 429, 503)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator)).RequireRateLimiting(RequestRate.TargetWork);
    }

    private static async Task<Results<Ok<FloorResource>, JsonHttpResult<ApiProblem>>> PlanAsync(
        HttpContext context, FloorKeeper keeper, string id, string? role = null, string? level = null)
    {
        if (level is not (null or "columns" or "full"))
        {
            return Problems.Invalid("There is no such level.", "Use columns or full.");
        }
        return await AnswerAsync(id, role, () => keeper.PlanAsync(Question(context, id, role, level == "columns"), context.RequestAborted));
    }

    private static Task<Results<Ok<FloorResource>, JsonHttpResult<ApiProblem>>> ApplyAsync(HttpContext context, FloorKeeper keeper, string id, FloorRequest request) =>
        AnswerAsync(id, request.Role, () => keeper.ApplyAsync(
            Question(context, id, request.Role, request.Level == Api.FloorLevel.Columns),
            new AdminCredential(request.Admin.User, request.Admin.Password),
            context.RequestAborted));

    private static FloorQuestion Question(HttpContext context, string id, string? role, bool columnsOnly) =>
        new(Caller.Of(context).Principal, id, role, columnsOnly ? FloorLevel.Columns : FloorLevel.Full);

    private static async Task<Results<Ok<FloorResource>, JsonHttpResult<ApiProblem>>> AnswerAsync(string id, string? role, Func<Task<FloorResult>> ask)
    {
        if (role is not null && (role.Length == 0 || role.Contains('\0') || System.Text.Encoding.UTF8.GetByteCount(role) > MaxRoleBytes || role is "public" or "none" || role.StartsWith("pg_", StringComparison.Ordinal)))
        {
            return Problems.Invalid("That cannot be the name of a role of yours.", $"Use a name of up to {MaxRoleBytes} bytes that PostgreSQL does not reserve.");
        }
        try
        {
            return await ask() switch
            {
                FloorResult.Planned { Plan: var plan } => TypedResults.Ok(Resource(id, plan, applied: false)),
                FloorResult.Applied { Plan: var plan } => TypedResults.Ok(Resource(id, plan, applied: true)),
                FloorResult.Failed failed => Problems.Conflict(failed.Reason, string.Join(' ', failed.Notes)),
                _ => Problems.NotFound("There is no such target."),
            };
        }
        catch (TargetUnavailableException unavailable)
        {
            return Problems.Unavailable(unavailable.Message, "Check the target, and the credential.");
        }
        catch (LedgerUnavailableException)
        {
            return Problems.Unavailable("The ledger cannot record the change.", "See the gateway's log.");
        }
    }

    private static FloorResource Resource(string target, FloorPlan plan, bool applied) => new()
    {
        Target = target,
        Database = plan.Database,
        Role = plan.Role,
        Applied = applied,
        ProtectedColumns = plan.ProtectedColumns,
        Statements = [.. plan.Statements.Select(static statement => new FloorStatementResource(statement.Sql, statement.Reason))],
        Notes = plan.Notes,
    };
}
