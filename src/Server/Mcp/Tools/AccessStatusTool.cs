using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Access;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Mcp.Tools;

/// <summary><c>access_status</c>: where a request for access stands, now or once it is decided.</summary>
internal sealed class AccessStatusTool(
    AccessDesk desk, PublicAddress address, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<AccessStatusTool> logger) : GatewayTool(logger)
{
    private const int MaxIdLength = 64;

    protected override Tool Describe() => new()
    {
        Name = "access_status",
        Title = "Status of a request for access",
        Description = "Says whether a request for access is pending, granted, denied or expired, and waits for the decision if told to. It decides nothing: only people do.",
        InputSchema = Schema($$$"""
            {"type":"object","required":["id"],"additionalProperties":false,"properties":{
              "id":{"type":"string","minLength":1,"maxLength":{{{MaxIdLength}}},"description":"The request's id, req_ and letters."},
              "wait_seconds":{"type":"integer","minimum":0,"maximum":{{{McpLimits.MaxWaitSeconds}}},"default":0,"description":"How long to wait for the decision."} } }
            """),
        OutputSchema = Schema(AccessAnswer.Schema),
        Annotations = new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true, OpenWorldHint = false },
    };

    protected override async ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var arguments = new ToolArguments(call.Arguments, "id", "wait_seconds");
        var id = arguments.Text("id", MaxIdLength);
        var wait = TimeSpan.FromSeconds(arguments.Number("wait_seconds", 0, McpLimits.MaxWaitSeconds, 0));
        if (await VisibleAccess.FindRequestAsync(desk, id, call.Caller.Caller, cancellationToken) is not { } request)
        {
            return AccessAnswer.NotFound();
        }
        if (request.State == AccessRequestState.Pending && wait > TimeSpan.Zero)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
            try
            {
                request = await call.WithProgressAsync(desk.WaitAsync(id, wait, stop.Token), () => $"request {id} pending", time) ?? request;
            }
            catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return ToolResults.Refused("failed", "shutdown", "The gateway is shutting down; pending requests are kept.", "Ask again when it is back.", id);
            }
        }
        var grant = request.GrantId.Length > 0 ? await desk.FindGrantAsync(request.GrantId, cancellationToken) : null;
        return AccessAnswer.Of(request, grant, address.OfAccessRequest(id));
    }
}
