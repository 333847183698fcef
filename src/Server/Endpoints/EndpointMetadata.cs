using Sallyport.Api;

namespace Sallyport.Server.Endpoints;

internal static class EndpointMetadata
{
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
