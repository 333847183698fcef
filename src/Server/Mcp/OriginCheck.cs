namespace Sallyport.Server.Mcp;

/// <summary>Keeps web pages out: a browser names its page's origin, and no page but the gateway's own may speak MCP to it (DNS rebinding).</summary>
internal static class OriginCheck
{
    /// <returns>One sentence, or null where there is no origin or the right one.</returns>
    public static string? Refuse(HttpRequest request, Uri publicUrl)
    {
        var origin = request.Headers.Origin;
        return origin.Count == 0 || (origin.Count == 1 && string.Equals(origin[0], publicUrl.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase))
            ? null
            : "Web pages of this origin may not use the gateway.";
    }
}
