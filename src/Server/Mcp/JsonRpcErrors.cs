using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Sallyport.Server.Mcp;

/// <summary>Answers to HTTP requests that never get to a session (JSON-RPC 2.0, section 5.1).</summary>
internal static class JsonRpcErrors
{
    private const int ServerError = -32000;
    private const int NoSession = -32001;

    public static IResult Forbidden(string message) => Of(StatusCodes.Status403Forbidden, ServerError, message);

    public static IResult NotAcceptable() =>
        Of(StatusCodes.Status406NotAcceptable, ServerError, "The client has to accept application/json and text/event-stream.");

    public static IResult Invalid(string message, RequestId id = default) => Of(StatusCodes.Status400BadRequest, (int)McpErrorCode.InvalidRequest, message, id);

    public static IResult Broken(int status) => Of(
        status,
        (int)McpErrorCode.InvalidRequest,
        status == StatusCodes.Status413PayloadTooLarge ? $"A message has at most {McpLimits.MaxMessageBytes} bytes." : "The request is broken.");

    public static IResult InvalidParams(string message, RequestId id) => Of(StatusCodes.Status400BadRequest, (int)McpErrorCode.InvalidParams, message, id);

    public static IResult Mismatch(string message, RequestId id) => Of(StatusCodes.Status400BadRequest, (int)McpErrorCode.HeaderMismatch, message, id);

    public static IResult NoMethod(string method, RequestId id) =>
        Of(StatusCodes.Status404NotFound, (int)McpErrorCode.MethodNotFound, $"The method {method} does not exist in revision {McpVersions.Sessionless}.", id);

    public static IResult SessionNotFound(RequestId id) =>
        Of(StatusCodes.Status404NotFound, NoSession, "There is no such session; begin a new one with initialize.", id);

    public static IResult TooMany(string message, RequestId id) => Of(StatusCodes.Status429TooManyRequests, ServerError, message, id);

    public static IResult NotAllowed(HttpContext context, string message)
    {
        context.Response.Headers.Allow = HttpMethods.Post;
        return Of(StatusCodes.Status405MethodNotAllowed, ServerError, message);
    }

    public static IResult Unsupported(string version, RequestId id) => Of(
        StatusCodes.Status400BadRequest,
        (int)McpErrorCode.UnsupportedProtocolVersion,
        "This revision of the protocol is not spoken here.",
        id,
        new JsonObject { ["supported"] = new JsonArray([.. McpVersions.All.Select(static known => JsonValue.Create(known))]), ["requested"] = version });

    private static IResult Of(int status, int code, string message, RequestId id = default, JsonNode? data = null) => Results.Json(
        new JsonRpcError { Id = id, Error = new JsonRpcErrorDetail { Code = code, Message = message, Data = data } },
        McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(JsonRpcError)),
        statusCode: status);
}
