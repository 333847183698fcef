using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Approvals;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Mcp.Tools;

/// <summary><c>wait_for_approval</c>: answers when a request is decided, or when the time is over.</summary>
internal sealed class WaitForApprovalTool(ApprovalDesk desk, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<WaitForApprovalTool> logger) : GatewayTool(logger)
{
    private const int MaxIdLength = 64;

    protected override Tool Describe() => new()
    {
        Name = "wait_for_approval",
        Title = "Wait for an approval",
        Description = "Waits until a person has decided about a held statement, or the time is over, and says which. After approval repeat exactly the same query.",
        InputSchema = Schema($$$"""
            {"type":"object","required":["id"],"additionalProperties":false,"properties":{
              "id":{"type":"string","minLength":1,"maxLength":{{{MaxIdLength}}},"description":"The approval's id, apr_ and letters."},
              "timeout_seconds":{"type":"integer","minimum":1,"maximum":{{{McpLimits.MaxWaitSeconds}}},"default":{{{McpLimits.DefaultWaitSeconds}}} } } }
            """),
        OutputSchema = Schema(ApprovalAnswer.Schema),
        Annotations = new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true, OpenWorldHint = false },
    };

    protected override async ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var arguments = new ToolArguments(call.Arguments, "id", "timeout_seconds");
        var id = arguments.Text("id", MaxIdLength);
        var timeout = TimeSpan.FromSeconds(arguments.Number("timeout_seconds", 1, McpLimits.MaxWaitSeconds, McpLimits.DefaultWaitSeconds));
        if (await VisibleApprovals.FindAsync(desk, id, call.Caller.Caller, cancellationToken) is null)
        {
            return ApprovalAnswer.NotFound();
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await call.WithProgressAsync(desk.WaitAsync(id, timeout, stop.Token), () => $"approval {id} pending", time);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return ToolResults.Refused("failed", "shutdown", "The gateway is shutting down; pending approvals are kept.", "Ask again when it is back.", id);
        }
        return await VisibleApprovals.FindAsync(desk, id, call.Caller.Caller, cancellationToken) is { } approval
            ? ApprovalAnswer.Of(approval, desk.UrlOf(id))
            : ApprovalAnswer.NotFound();
    }
}
