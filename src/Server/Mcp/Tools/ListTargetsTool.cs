using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Policy;

namespace Sallyport.Server.Mcp.Tools;

/// <summary><c>list_targets</c>: the databases the caller may open, and what for.</summary>
internal sealed class ListTargetsTool(PolicyEngine policy, TimeProvider time, ILogger<ListTargetsTool> logger) : GatewayTool(logger)
{
    protected override Tool Describe() => new()
    {
        Name = "list_targets",
        Title = "List targets",
        Description = "Lists the databases you may open through the gateway and what each grant of yours allows there.",
        InputSchema = Schema("""{"type":"object","properties":{},"additionalProperties":false}"""),
        OutputSchema = Schema("""
            {"type":"object","required":["targets"],"properties":{"targets":{"type":"array","items":{"type":"object","required":["name","grants"],"properties":{
              "name":{"type":"string"},
              "grants":{"type":"array","items":{"type":"object","required":["allow"],"properties":{
                "allow":{"type":"array","items":{"type":"string"}},
                "schemas":{"type":"array","items":{"type":"string"}},
                "tables":{"type":"array","items":{"type":"string"}},
                "until":{"type":"string"}}}}}}}}}
            """),
        Annotations = new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true, OpenWorldHint = false },
    };

    protected override ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        _ = new ToolArguments(call.Arguments);
        var principal = call.Caller.Caller.Principal;
        var targets = policy.Current.GrantsOf(principal, time.GetUtcNow())
            .GroupBy(static grant => grant.Target, StringComparer.Ordinal)
            .Where(target => policy.MayConnect(principal, target.Key) is null)
            .OrderBy(static target => target.Key, StringComparer.Ordinal)
            .ToList();
        var structured = new JsonObject { ["targets"] = new JsonArray([.. targets.Select(TargetOf)]) };
        var text = targets.Count == 0
            ? "You may open no target. Ask for access with request_access; the person you work for knows the target's name."
            : string.Join('\n', targets.Select(static target => $"{target.Key}: {string.Join("; ", target.Select(Words))}"));
        return ValueTask.FromResult(ToolResults.Of(text, structured));
    }

    private static JsonObject TargetOf(IGrouping<string, Grant> target) =>
        new() { ["name"] = target.Key, ["grants"] = new JsonArray([.. target.Select(GrantOf)]) };

    private static JsonObject GrantOf(Grant grant)
    {
        var described = new JsonObject { ["allow"] = ToolResults.List(grant.Allow.Select(static allowed => allowed.ToString().ToLowerInvariant())) };
        if (grant.IsLimited)
        {
            described["schemas"] = ToolResults.List(grant.Schemas);
            described["tables"] = ToolResults.List(grant.Tables.Select(static table => QualifiedName.Join(table.Schema, table.Name)));
        }
        if (grant.Until is { } until)
        {
            described["until"] = until.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
        }
        return described;
    }

    private static string Words(Grant grant) =>
        string.Join('/', grant.Allow.Select(static allowed => allowed.ToString().ToLowerInvariant()))
        + (grant.IsLimited ? " on " + string.Join(", ", grant.Schemas.Select(static schema => schema + ".*").Concat(grant.Tables.Select(static table => QualifiedName.Join(table.Schema, table.Name)))) : "");
}
