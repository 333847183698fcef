using Sallyport.Api;
using Sallyport.Gateway.Identity;
using Sallyport.Server.Access;

namespace Sallyport.Server.Endpoints;

internal static class EndpointMetadata
{
    /// <summary>Lets people in and no program, whatever its groups.</summary>
    public static RouteHandlerBuilder RequireHuman(this RouteHandlerBuilder endpoint) =>
        endpoint.RequireAuthorization(static policy => policy.RequireAssertion(static context => context.User is Caller { Principal.Kind: PrincipalKind.Human }));

    /// <summary>Names the failures an endpoint has beside 401 and 403, for the OpenAPI document.</summary>
    public static RouteHandlerBuilder ProducesApiProblem(this RouteHandlerBuilder endpoint, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            endpoint.Produces<ApiProblem>(status, ApiProblem.MediaType);
        }
        return endpoint;
    }
}
