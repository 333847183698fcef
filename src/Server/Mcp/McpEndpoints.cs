using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Sallyport.Server.Access;

namespace Sallyport.Server.Mcp;

/// <summary>
/// MCP over streamable HTTP (modelcontextprotocol.io/specification, 2025-11-25 and 2026-07-28, transports): one POST per message. There is no
/// GET stream: the gateway begins no conversation by itself.
/// </summary>
internal static class McpEndpoints
{
    public const string Path = "/mcp";

    private static readonly JsonSerializerOptions Json = new(McpJsonUtilities.DefaultOptions) { MaxDepth = McpLimits.MaxDepth };

    public static void MapMcp(this IEndpointRouteBuilder api)
    {
        var mcp = api.MapGroup(Path).WithMetadata(new ResourceChallenge(static context =>
            ProtectedResource.Challenge(context.RequestServices.GetRequiredService<PublicAddress>().Url)));
        mcp.MapPost("", PostAsync).WithMetadata(new RequestSizeLimitAttribute(McpLimits.MaxMessageBytes)).ExcludeFromDescription();
        mcp.MapGet("", static (HttpContext context) => JsonRpcErrors.NotAllowed(context, "There is no stream to listen to; send messages with POST.")).ExcludeFromDescription();
        mcp.MapDelete("", DeleteAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> PostAsync(HttpContext context, McpSessions sessions, PublicAddress address, TimeProvider time)
    {
        if (OriginCheck.Refuse(context.Request, address.Url) is { } refusal)
        {
            return JsonRpcErrors.Forbidden(refusal);
        }
        if (!Accepts(context.Request, "application/json") || !Accepts(context.Request, "text/event-stream"))
        {
            return JsonRpcErrors.NotAcceptable();
        }
        JsonRpcMessage? message;
        try
        {
            message = await ReadAsync(context);
        }
        catch (BadHttpRequestException broken)
        {
            return JsonRpcErrors.Broken(broken.StatusCode);
        }
        if (message is null)
        {
            return JsonRpcErrors.Invalid("The body is not one JSON-RPC message.");
        }
        var id = message is JsonRpcRequest request ? request.Id : default;
        if (RequestMetadata.Check(context.Request, message, id) is { } mismatch)
        {
            return mismatch;
        }
        var isOnce = RequestMetadata.IsSessionless(context.Request);
        IResult? why = null;
        var session = isOnce ? sessions.OpenOnce(Caller.Of(context).Principal) : Enter(context, sessions, message, id, out why);
        return session is null ? why! : await ServeAsync(context, session, message, isOnce, time);
    }

    private static McpSession? Enter(HttpContext context, McpSessions sessions, JsonRpcMessage message, RequestId id, out IResult? why)
    {
        why = null;
        var principal = Caller.Of(context).Principal;
        var named = context.Request.Headers[McpHeaders.SessionId];
        if (named.Count > 0)
        {
            var found = named.Count == 1 ? sessions.Find(named[0] ?? "", principal) : null;
            why = found is null ? JsonRpcErrors.SessionNotFound(id) : null;
            return found;
        }
        if (message is not JsonRpcRequest { Method: RequestMethods.Initialize })
        {
            why = JsonRpcErrors.Invalid($"A session begins with initialize; every other message names it in {McpHeaders.SessionId}.", id);
            return null;
        }
        var opened = sessions.Open(principal, out var refusal);
        why = opened is null ? JsonRpcErrors.TooMany(refusal, id) : null;
        return opened;
    }

    private static async Task<IResult> ServeAsync(HttpContext context, McpSession session, JsonRpcMessage message, bool isOnce, TimeProvider time)
    {
        message.Context = new JsonRpcMessageContext
        {
            User = context.User,
            ProtocolVersion = context.Request.Headers[McpHeaders.ProtocolVersion] is [{ Length: > 0 } version] ? version : null,
            Items = new Dictionary<string, object?> { [McpCaller.ItemKey] = McpCaller.Of(context, session.Workspace) },
        };
        session.Enter();
        try
        {
            Begin(context.Response, session.Id);
            var answered = isOnce
                ? await session.Transport.HandlePostRequestAsync(message, context.Response.Body, first => ChooseStatus(context.Response, first), context.RequestAborted)
                : await session.Transport.HandlePostRequestAsync(message, context.Response.Body, context.RequestAborted);
            if (!answered)
            {
                context.Response.Headers.ContentType = default;
                return TypedResults.StatusCode(StatusCodes.Status202Accepted);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; what it asked for is being cancelled.
        }
        finally
        {
            session.Leave(time.GetTimestamp());
            if (isOnce)
            {
                await session.DisposeAsync();
            }
        }
        return Results.Empty;
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, McpSessions sessions, PublicAddress address)
    {
        if (OriginCheck.Refuse(context.Request, address.Url) is { } refusal)
        {
            return JsonRpcErrors.Forbidden(refusal);
        }
        if (RequestMetadata.IsSessionless(context.Request))
        {
            return JsonRpcErrors.NotAllowed(context, $"Revision {McpVersions.Sessionless} has no sessions.");
        }
        if (context.Request.Headers[McpHeaders.SessionId] is not [{ Length: > 0 } id] || sessions.Find(id, Caller.Of(context).Principal) is not { } session)
        {
            return JsonRpcErrors.SessionNotFound(default);
        }
        await sessions.EndAsync(session);
        return TypedResults.NoContent();
    }

    private static void Begin(HttpResponse response, string sessionId)
    {
        response.ContentType = "text/event-stream";
        // Neither a proxy nor this server may hold back what a waiting client is told.
        response.Headers["X-Accel-Buffering"] = "no";
        response.HttpContext.Features.GetRequiredFeature<IHttpResponseBodyFeature>().DisableBuffering();
        if (sessionId.Length > 0)
        {
            response.Headers[McpHeaders.SessionId] = sessionId;
        }
    }

    /// <summary>Some errors of the sessionless revision have a status of their own.</summary>
    private static ValueTask ChooseStatus(HttpResponse response, JsonRpcMessage? first)
    {
        if (first is JsonRpcError { Error.Code: var code } && !response.HasStarted)
        {
            response.StatusCode = (McpErrorCode)code switch
            {
                McpErrorCode.MethodNotFound => StatusCodes.Status404NotFound,
                McpErrorCode.UnsupportedProtocolVersion or McpErrorCode.MissingRequiredClientCapability or McpErrorCode.HeaderMismatch => StatusCodes.Status400BadRequest,
                _ => response.StatusCode,
            };
        }
        return ValueTask.CompletedTask;
    }

    private static bool Accepts(HttpRequest request, string mediaType) =>
        request.GetTypedHeaders().Accept.Any(accepted => accepted.MatchesAllTypes || accepted.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase));

    private static async ValueTask<JsonRpcMessage?> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            return null;
        }
        try
        {
            return await JsonSerializer.DeserializeAsync(
                context.Request.Body, (System.Text.Json.Serialization.Metadata.JsonTypeInfo<JsonRpcMessage>)Json.GetTypeInfo(typeof(JsonRpcMessage)), context.RequestAborted);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
