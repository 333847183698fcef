using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;
using Sallyport.Evidence.Log;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>One tool: its name and schemas, and what every call has in common.</summary>
internal abstract partial class GatewayTool(ILogger logger) : McpServerTool
{
    public override Tool ProtocolTool => field ??= Describe();

    public override IReadOnlyList<object> Metadata => [];

    public sealed override async ValueTask<CallToolResult> InvokeAsync(RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken = default)
    {
        var caller = request.Items.TryGetValue(McpCaller.ItemKey, out var known) ? known as McpCaller : null;
        if (caller is null)
        {
            throw new McpException("The call has no caller.");
        }
        // Whoever asked may be gone before the protocol says so.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, caller.Gone);
        try
        {
            return await RunAsync(new ToolCall(request, caller), stop.Token);
        }
        catch (ToolArgumentException wrong)
        {
            return ToolResults.Refused("invalid", "arguments", wrong.Message, "Correct the arguments; see the tool's input schema.");
        }
        catch (LedgerUnavailableException)
        {
            return ToolResults.Refused("refused", "ledger-unavailable", "The gateway's ledger cannot record, so nothing runs.", "Tell the operator.");
        }
        catch (Exception fault) when (fault is not OperationCanceledException and not McpException)
        {
            // The message of an exception may quote what it worked on; the type and the place do not.
            Faulted(ProtocolTool.Name, fault.GetType().Name, fault.StackTrace ?? "");
            return ToolResults.Refused("failed", "gateway-error", "The gateway failed.", "Try again, or tell the operator.");
        }
    }

    protected abstract Tool Describe();

    protected abstract ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken);

    protected static JsonElement Schema(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "MCP tool {Tool} failed: {Fault} {Place}")]
    private partial void Faulted(string tool, string fault, string place);
}
