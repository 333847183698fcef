using System.Net;
using Sallyport.Server.Access;
using Sallyport.Server.Metrics;

namespace Sallyport.Server.Endpoints;

/// <summary>The gateway's counters for Prometheus. A scraper on the same machine needs no token; any other needs the operator's or auditor's role.</summary>
internal static class MetricsEndpoint
{
    public static void MapMetrics(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/metrics", Get).AllowAnonymous().ExcludeFromDescription();

    private static IResult Get(HttpContext context, PrometheusText metrics)
    {
        if (!IsFromThisMachine(context) && !context.User.IsInRole(Roles.Operator) && !context.User.IsInRole(Roles.Auditor))
        {
            return context.User is Caller
                ? Problems.Forbidden("Metrics are for operators and auditors.")
                : Problems.Unauthenticated("Metrics need a token unless they are read on the gateway's own machine.");
        }
        return TypedResults.Text(metrics.Write(), PrometheusText.MediaType);
    }

    // What a proxy forwards comes from loopback too, and says so in its headers.
    private static bool IsFromThisMachine(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)
        && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");
}
