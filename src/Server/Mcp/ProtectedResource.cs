using System.Text.Json.Nodes;
using Sallyport.Gateway.Identity;

namespace Sallyport.Server.Mcp;

/// <summary>Tells clients without a token who gives one out (RFC 9728).</summary>
internal static class ProtectedResource
{
    private const string WellKnown = "/.well-known/oauth-protected-resource";

    public static void MapProtectedResource(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(WellKnown, Get).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet(WellKnown + McpEndpoints.Path, Get).AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>The parameter of a WWW-Authenticate header that leads to the document (RFC 9728, section 5.1).</summary>
    public static string Challenge(Uri publicUrl) => $"resource_metadata=\"{new Uri(publicUrl, WellKnown + McpEndpoints.Path)}\"";

    private static IResult Get(PublicAddress address, Authenticator authenticator) => TypedResults.Json(new JsonObject
    {
        ["resource"] = new Uri(address.Url, McpEndpoints.Path).ToString(),
        ["resource_name"] = "Sallyport",
        ["authorization_servers"] = new JsonArray([.. authenticator.TokenIssuers.Select(static issuer => JsonValue.Create(issuer))]),
        ["bearer_methods_supported"] = new JsonArray("header"),
    });
}
