using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Protocols.Postgres.Local;

namespace Sallyport.Server.Mcp.Tools;

/// <summary><c>query</c>: runs one statement, through the same gate, masks, budgets and records as psql.</summary>
internal sealed class QueryTool(TimeProvider time, ILogger<QueryTool> logger) : GatewayTool(logger)
{
    private const int MaxNameLength = 256;
    private const int MaxSqlLength = 1024 * 1024;

    protected override Tool Describe() => new()
    {
        Name = "query",
        Title = "Run one SQL statement",
        Description = """
            Runs exactly one SQL statement on a target, as you. Use $1, $2 and "parameters" for values. BEGIN, later calls and COMMIT share one
            session. A statement that needs a person's approval is held; if nobody decides in time the result says NOT EXECUTED and names the
            approval: wait for it with wait_for_approval, then repeat exactly the same call.
            """,
        InputSchema = Schema($$$"""
            {"type":"object","required":["target","sql"],"additionalProperties":false,"properties":{
              "target":{"type":"string","minLength":1,"maxLength":{{{MaxNameLength}}},"description":"Name of a target, from list_targets."},
              "sql":{"type":"string","minLength":1,"maxLength":{{{MaxSqlLength}}},"description":"One SQL statement of PostgreSQL."},
              "parameters":{"type":"array","maxItems":{{{McpLimits.MaxParameters}}},"items":{"type":["string","number","boolean","null"]},"description":"Values of $1, $2 and so on."},
              "max_rows":{"type":"integer","minimum":1,"maximum":{{{McpLimits.MaxRows}}},"default":{{{McpLimits.DefaultRows}}},"description":"Rows to return at most."},
              "wait_seconds":{"type":"integer","minimum":0,"maximum":{{{McpLimits.MaxWaitSeconds}}},"default":{{{McpLimits.DefaultWaitSeconds}}},"description":"How long to wait for a person's approval."} } }
            """),
        OutputSchema = Schema(QueryAnswer.Schema),
        Annotations = new ToolAnnotations { ReadOnlyHint = false, DestructiveHint = true, IdempotentHint = false, OpenWorldHint = false },
    };

    protected override async ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var arguments = new ToolArguments(call.Arguments, "target", "sql", "parameters", "max_rows", "wait_seconds");
        var target = arguments.Text("target", MaxNameLength);
        string? waiting = null;
        var statement = new LocalStatement(
            arguments.Text("sql", MaxSqlLength),
            arguments.Values("parameters", McpLimits.MaxParameters),
            arguments.Number("max_rows", 1, McpLimits.MaxRows, McpLimits.DefaultRows),
            McpLimits.MaxResultBytes,
            TimeSpan.FromSeconds(arguments.Number("wait_seconds", 0, McpLimits.MaxWaitSeconds, McpLimits.DefaultWaitSeconds)))
        {
            Holding = hold => Volatile.Write(ref waiting, $"approval {hold.ApprovalId} pending ({hold.Rule}): a person decides at {hold.Url}"),
        };
        if (statement.Sql.Contains('\0', StringComparison.Ordinal) || statement.Parameters.Any(static value => value?.Contains('\0', StringComparison.Ordinal) == true))
        {
            throw new ToolArgumentException("Neither a statement nor a parameter can hold a zero byte.");
        }
        return await TargetStatements.RunAsync(call, target, statement, () => Volatile.Read(ref waiting), time, cancellationToken) switch
        {
            null => ToolResults.Refused(
                "refused", "too-many-targets", $"One MCP session is connected to at most {McpLimits.MaxTargetsPerSession} targets.", "Begin another MCP session."),
            LocalResult.Done { CutBy: var cut } done => QueryAnswer.Done(target, done, cut),
            { } other => QueryAnswer.NotDone(other),
        };
    }
}
