using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

/// <summary>What is used of the configured budgets: one's own, or everybody's for those who see everything.</summary>
internal static class BudgetEndpoints
{
    public static void MapBudgets(this IEndpointRouteBuilder api) =>
        api.MapGet(ApiRoutes.Budgets, List).WithName("listBudgets").WithTags("budgets").ProducesApiProblem(400);

    private static Results<Ok<BudgetPage>, JsonHttpResult<ApiProblem>> List(
        HttpContext context, UsageBudgets usage, PolicyEngine policy, TimeProvider time, int limit = ApiLimits.DefaultPageItems)
    {
        if (limit is < 1 or > ApiLimits.MaxPageItems)
        {
            return Problems.Invalid($"A page has 1 to {ApiLimits.MaxPageItems} items.", "Choose another limit.");
        }
        var caller = Caller.Of(context);
        var found = usage.Report(policy.Current.Budgets, owner => caller.SeesEverything || IsOwn(caller.Principal, owner));
        // What is nearest to its end comes first: that is what people look for.
        var items = found.Select(report => Resource(report, time.GetUtcNow())).OrderByDescending(budget => budget.Measures.Max(static m => (double)m.Used / m.Limit));
        return TypedResults.Ok(new BudgetPage([.. items.Take(limit)], found.Count > limit));
    }

    /// <summary>A human sees also what agents used that act for this human.</summary>
    private static bool IsOwn(Principal caller, UsageOwner owner) =>
        owner.PrincipalId == caller.Id
        || (owner.Issuer == caller.Issuer && owner.Subject == caller.Subject && (caller.Kind == PrincipalKind.Human || (caller.RunId.Length > 0 && owner.RunId == caller.RunId)));

    private static BudgetResource Resource(UsageReport report, DateTimeOffset now)
    {
        var measures = Enum.GetValues<UsageMeasure>().Where(measure => report.Budget.Limits[measure] is not null)
            .Select(measure => new BudgetMeasureResource(PolicyNames.Kebab(measure.ToString()), report.Used[measure], report.Budget.Limits[measure]!.Value)).ToList();
        var ends = report.Budget.Window is { } window ? report.Since + window : (DateTimeOffset?)null;
        return new BudgetResource
        {
            Budget = report.Budget.Name,
            Per = PolicyNames.Kebab(report.Budget.Per.ToString()),
            Principal = report.Owner.Name,
            Run = report.Owner.RunId,
            Since = report.Since,
            RenewsAt = ends > now ? ends : null,
            AtLimit = PolicyNames.Kebab(report.Budget.AtLimit.ToString()),
            IsReached = measures.Any(static m => m.Used >= m.Limit),
            Measures = measures,
        };
    }
}
