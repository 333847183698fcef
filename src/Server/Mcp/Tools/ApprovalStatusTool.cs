using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Approvals;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Mcp.Tools;

/// <summary><c>approval_status</c>: where a request for approval stands now.</summary>
internal sealed class ApprovalStatusTool(ApprovalDesk desk, ILogger<ApprovalStatusTool> logger) : GatewayTool(logger)
{
    private const int MaxIdLength = 64;

    protected override Tool Describe() => new()
    {
        Name = "approval_status",
        Title = "Status of an approval",
        Description = "Says whether a held statement is pending, approved, denied, expired or used. It decides nothing: only people do.",
        InputSchema = Schema($$$"""
            {"type":"object","required":["id"],"additionalProperties":false,"properties":{
              "id":{"type":"string","minLength":1,"maxLength":{{{MaxIdLength}}},"description":"The approval's id, apr_ and letters."} } }
            """),
        OutputSchema = Schema(ApprovalAnswer.Schema),
        Annotations = new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true, OpenWorldHint = false },
    };

    protected override async ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var id = new ToolArguments(call.Arguments, "id").Text("id", MaxIdLength);
        return await VisibleApprovals.FindAsync(desk, id, call.Caller.Caller, cancellationToken) is { } approval
            ? ApprovalAnswer.Of(approval, desk.UrlOf(id))
            : ApprovalAnswer.NotFound();
    }
}
