using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.SelfTests;
using Sallyport.Gateway.Targets;
using Sallyport.Server.Access;
using AdminCredential = Sallyport.Gateway.Protocols.Postgres.Administration.AdminCredential;

namespace Sallyport.Server.Endpoints;

/// <summary>Attacks on a copy of a target's protected tables.</summary>
internal static class SelfTestEndpoints
{
    private const int MaxAlso = 100;
    private const int NameParts = 3;

    public static void MapSelfTest(this IEndpointRouteBuilder api) =>
        api.MapPost(ApiRoutes.SelfTest, RunAsync).WithName("selfTest").WithTags("targets").ProducesApiProblem(400, 403, 404, 409, 429, 503)
            .RequireAuthorization(policy => policy.RequireRole(Roles.Operator)).RequireRateLimiting(RequestRate.TargetWork);

    private static async Task<Results<Ok<SelfTestResource>, JsonHttpResult<ApiProblem>>> RunAsync(
        HttpContext context, SelfTester tester, string id, SelfTestRequest request)
    {
        var also = new List<PhiColumn>();
        foreach (var name in request.Also.Take(MaxAlso + 1))
        {
            if (also.Count == MaxAlso || !QualifiedName.TrySplit(name, NameParts, out var parts))
            {
                return Problems.Invalid($"Up to {MaxAlso} columns can be named, each as schema.table.column.", "Correct the list.");
            }
            also.Add(new PhiColumn(parts[0], parts[1], parts[2], "ALSO"));
        }
        try
        {
            var admin = new AdminCredential(request.Admin.User, request.Admin.Password);
            return await tester.RunAsync(Caller.Of(context).Principal, id, admin, also, context.RequestAborted) switch
            {
                SelfTestResult.Done { Report: var report } => TypedResults.Ok(Resource(id, report)),
                SelfTestResult.Failed failed => Problems.Conflict(failed.Reason, "Use a credential that may create databases, and free places for connections."),
                _ => Problems.NotFound("There is no such target."),
            };
        }
        catch (TargetUnavailableException unavailable)
        {
            return Problems.Unavailable(unavailable.Message, "Check the target, and the credential.");
        }
        catch (LedgerUnavailableException)
        {
            return Problems.Unavailable("The ledger cannot record the self-test.", "See the gateway's log.");
        }
    }

    private static SelfTestResource Resource(string target, SelfTestReport report) => new()
    {
        Target = target,
        Passed = report.Passed,
        Columns = report.Columns,
        Categories = [.. report.Categories.Select(static c => new SelfTestCategoryResource(c.Name, c.Tried, c.Leaked, c.Masked, c.Refused))],
        Leaks = [.. report.Leaks.Select(static l => new SelfTestLeakResource(l.Category, l.Column, l.How, l.Statement))],
        Skipped = report.Skipped,
    };
}
