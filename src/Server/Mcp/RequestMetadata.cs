using System.Text;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace Sallyport.Server.Mcp;

/// <summary>
/// Checks what headers say against what the message says (2026-07-28, transports, "Request Metadata"), so that nothing in front of the
/// gateway was shown another call than the gateway makes.
/// </summary>
internal static class RequestMetadata
{
    private const string Base64Start = "=?base64?";
    private const string Base64End = "?=";

    private static readonly string[] Removed =
        [RequestMethods.Initialize, RequestMethods.Ping, "logging/setLevel", RequestMethods.ResourcesSubscribe, RequestMethods.ResourcesUnsubscribe];

    public static bool IsSessionless(HttpRequest request) => request.Headers[McpHeaders.ProtocolVersion] is [McpVersions.Sessionless];

    /// <returns>The refusal, or null.</returns>
    public static IResult? Check(HttpRequest request, JsonRpcMessage message, RequestId id)
    {
        var version = request.Headers[McpHeaders.ProtocolVersion].ToString();
        if (version.Length > 0 && !McpVersions.All.Contains(version))
        {
            return JsonRpcErrors.Unsupported(version, id);
        }
        var (method, parameters) = message switch
        {
            JsonRpcRequest asked => (asked.Method, asked.Params as JsonObject),
            JsonRpcNotification told => (told.Method, told.Params as JsonObject),
            _ => (null, null),
        };
        var meta = parameters?["_meta"] as JsonObject;
        var inBody = TextOf(meta?[MetaKeys.ProtocolVersion]);
        return version == McpVersions.Sessionless
            ? CheckSessionless(request, message, method, parameters, meta, inBody, id)
            : inBody is McpVersions.Sessionless ? JsonRpcErrors.Mismatch($"{McpHeaders.ProtocolVersion} is missing or names another revision than the message.", id) : null;
    }

    private static IResult? CheckSessionless(
        HttpRequest request, JsonRpcMessage message, string? method, JsonObject? parameters, JsonObject? meta, string? inBody, RequestId id)
    {
        if (method is null)
        {
            return JsonRpcErrors.Invalid("Clients of this revision send requests and notifications only.", id);
        }
        if (inBody is not null && inBody != McpVersions.Sessionless)
        {
            return JsonRpcErrors.Mismatch($"{McpHeaders.ProtocolVersion} names another revision than the message.", id);
        }
        if (request.Headers[McpHeaders.Method] is not [{ } named] || named.Trim() != method)
        {
            return JsonRpcErrors.Mismatch($"{McpHeaders.Method} is missing or names another method than the message.", id);
        }
        if (method == RequestMethods.ToolsCall && NameIn(request) != TextOf(parameters?["name"]))
        {
            return JsonRpcErrors.Mismatch($"{McpHeaders.Name} is missing or names another tool than the message.", id);
        }
        if (message is JsonRpcRequest && (inBody is null || meta?[MetaKeys.ClientCapabilities] is not JsonObject))
        {
            return JsonRpcErrors.InvalidParams($"A request of this revision has {MetaKeys.ProtocolVersion} and {MetaKeys.ClientCapabilities} in its _meta.", id);
        }
        return Removed.Contains(method) ? JsonRpcErrors.NoMethod(method, id) : null;
    }

    /// <summary>The tool's name in the header, which may be wrapped in Base64.</summary>
    private static string? NameIn(HttpRequest request)
    {
        if (request.Headers[McpHeaders.Name] is not [{ } written])
        {
            return null;
        }
        var name = written.Trim();
        if (!name.StartsWith(Base64Start, StringComparison.OrdinalIgnoreCase) || !name.EndsWith(Base64End, StringComparison.Ordinal))
        {
            return name;
        }
        var bytes = new byte[name.Length];
        return name.Length > Base64Start.Length + 1 && Convert.TryFromBase64String(name[Base64Start.Length..^Base64End.Length], bytes, out var length)
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : null;
    }

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
