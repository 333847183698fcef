using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using Sallyport.Api;
using Sallyport.Gateway.Protocols.Postgres.Explain;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Mcp.Tools;

/// <summary><c>explain</c>: how statements would be judged and masked, without running them.</summary>
internal sealed class ExplainTool(StatementExplainer explainer, TimeProvider time, ILogger<ExplainTool> logger) : GatewayTool(logger)
{
    private const int MaxNameLength = 256;

    protected override Tool Describe() => new()
    {
        Name = "explain",
        Title = "Explain how a statement would be judged",
        Description = """
            Says for each statement, without running it, whether it would be allowed, held for a person or refused, by which rule, and which
            columns of its result would be masked. Literals do not come back. Use it before a query you are not sure about.
            """,
        InputSchema = Schema($$$"""
            {"type":"object","required":["target","sql"],"additionalProperties":false,"properties":{
              "target":{"type":"string","minLength":1,"maxLength":{{{MaxNameLength}}} },
              "sql":{"type":"string","minLength":1,"maxLength":{{{ApiLimits.MaxExplainedBytes}}},"description":"Up to {{{ApiLimits.MaxExplainedStatements}}} statements."},
              "search_path":{"type":"string","minLength":1,"maxLength":{{{StatementExplainer.MaxSearchPathCharacters}}} } } }
            """),
        OutputSchema = Schema($$$"""
            {"type":"object","properties":{
              "executed":{"type":"boolean"},"status":{"type":"string"},"rule":{"type":"string"},"reason":{"type":"string"},"next_step":{"type":"string"},
              {{{AccessCall.Schema}}},
              "target":{"type":"string"},"policy":{"type":"string"},
              "statements":{"type":"array","items":{"type":"object","required":["decision","template"],"properties":{
                "decision":{"type":"string","enum":["allow","ask","deny","error"]},"template":{"type":"string"},
                "rule":{"type":"string"},"reason":{"type":"string"},"remedy":{"type":"string"},
                {{{AccessCall.Schema}}},
                "approvers":{"type":"array","items":{"type":"string"} } } } } } }
            """),
        Annotations = new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true, OpenWorldHint = false },
    };

    protected override async ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var arguments = new ToolArguments(call.Arguments, "target", "sql", "search_path");
        var question = new ExplainQuestion(
            call.Caller.Caller.Principal,
            As: null,
            arguments.Text("target", MaxNameLength),
            arguments.Text("sql", ApiLimits.MaxExplainedBytes),
            arguments.TextOrNull("search_path", StatementExplainer.MaxSearchPathCharacters),
            call.Caller.Local.Peer?.Address.ToString() ?? "");
        var explaining = explainer.ExplainAsync(question, cancellationToken);
        return await call.WithProgressAsync(explaining, static () => "explaining", time) switch
        {
            ExplainResult.Explained explained => Answer(question.Target, explained),
            ExplainResult.NotConnected { Verdict: { Access: { } ask } closed } =>
                ToolResults.Refused("refused", closed.Rule, closed.Reason, AccessCall.Sentence(ask), nextCall: AccessCall.Of(ask)),
            ExplainResult.NotConnected closed => ToolResults.Refused("refused", closed.Verdict.Rule, closed.Verdict.Reason, closed.Verdict.Remedy),
            ExplainResult.Unusable unusable => ToolResults.Refused("invalid", "explain", unusable.Reason, unusable.Remedy),
            ExplainResult.Busy busy => ToolResults.Refused("failed", "busy", busy.Reason, "Try again in a moment."),
            ExplainResult.Unavailable unavailable => ToolResults.Refused("failed", "target-unavailable", unavailable.Reason, "Try again when the target answers."),
            _ => throw new InvalidOperationException("unknown result"),
        };
    }

    private static CallToolResult Answer(string target, ExplainResult.Explained explained)
    {
        var resource = ExplanationResources.Of(target, explained);
        // Where the API names a command line, a tool names a call.
        var explanation = resource with
        {
            Statements = [.. resource.Statements.Zip(explained.Statements, static (shown, statement) =>
                statement.Access is { } ask ? shown with { Remedy = AccessCall.Sentence(ask) } : shown)],
        };
        var structured = (JsonObject)JsonSerializer.SerializeToNode(explanation, ApiJson.Default.ExplanationResource)!;
        foreach (var (shown, statement) in structured["statements"]!.AsArray().Zip(explained.Statements))
        {
            if (statement.Access is { } ask)
            {
                shown!["next_call"] = AccessCall.Of(ask);
            }
        }
        return ToolResults.Of(string.Join('\n', explanation.Statements.Select(Words)), structured);
    }

    private static string Words(StatementExplanationResource statement)
    {
        var masked = statement.Columns.Where(static column => column.Mask is not null).Select(static column => $"{column.Name ?? "(inner)"} ({column.Mask})").ToList();
        return $"{statement.Decision.ToString().ToUpperInvariant()}{(statement.Rule.Length > 0 ? $" by {statement.Rule}" : "")}: {statement.Template}"
            + (statement.Reason.Length > 0 ? $" - {statement.Reason} {statement.Remedy}" : "")
            + (masked.Count > 0 ? $" - masked: {string.Join(", ", masked)}" : "");
    }
}
