namespace Sallyport.Server.Endpoints;

/// <summary>Whether the process lives, and whether it can do its work. Nobody has to sign in for the answer, so it tells nothing else.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet("/healthz", static () => TypedResults.Text("alive\n")).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet("/readyz", Ready).AllowAnonymous().ExcludeFromDescription();
    }

    private static IResult Ready(Readiness readiness) => readiness.FindObstacle() is { } obstacle
        ? Problems.Unavailable(obstacle, "See the gateway's log.")
        : TypedResults.Text("ready\n");
}

/// <summary>What has to be true before sessions are worth sending here. A target that is down does not count: others may be up.</summary>
/// <param name="checks">Each gives null, or one sentence about what is missing.</param>
internal sealed class Readiness(IReadOnlyList<Func<string?>> checks)
{
    public string? FindObstacle() => checks.Select(check => check()).FirstOrDefault(obstacle => obstacle is not null);
}
