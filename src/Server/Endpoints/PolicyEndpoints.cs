using Microsoft.AspNetCore.Http.HttpResults;
using Sallyport.Api;
using Sallyport.Server.Hosting;

namespace Sallyport.Server.Endpoints;

/// <summary>Which policy judges.</summary>
internal static class PolicyEndpoints
{
    public static void MapPolicy(this IEndpointRouteBuilder api) => api.MapGet(ApiRoutes.Policy, Get).WithName("getPolicy").WithTags("policy");

    private static Ok<PolicyResource> Get(Func<PolicyState> state)
    {
        var now = state();
        return TypedResults.Ok(new PolicyResource(
            now.Hash, now.Since, now.Refused is { } refused ? new RefusedPolicyResource(refused.Hash, refused.Problems, refused.At) : null));
    }
}
