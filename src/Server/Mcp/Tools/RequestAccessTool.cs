using ModelContextProtocol.Protocol;
using Sallyport.Api;
using Sallyport.Gateway.Access;
using Sallyport.Gateway.Policy;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Mcp.Tools;

/// <summary><c>request_access</c>: asks people for access. It gives none: people decide, or a rule that lets low risk pass.</summary>
internal sealed class RequestAccessTool(AccessDesk desk, PublicAddress address, ILogger<RequestAccessTool> logger) : GatewayTool(logger)
{
    private const int MaxNameLength = 256;

    private static readonly string[] Classes = ["read", "write", "ddl"];

    protected override Tool Describe() => new()
    {
        Name = AccessCall.Tool,
        Title = "Ask for access",
        Description = """
            Asks people for access to a target that you do not have, for a limited time. Ask for as little as the task needs, and say why: those
            who decide read it. A refusal with "next_call" names the arguments. Answers with the request's id; follow it with access_status.
            """,
        InputSchema = Schema($$$"""
            {"type":"object","required":["target","allow","reason"],"additionalProperties":false,"properties":{
              "target":{"type":"string","minLength":1,"maxLength":{{{MaxNameLength}}} },
              "allow":{"type":"array","minItems":1,"maxItems":{{{Classes.Length}}},"items":{"type":"string","enum":["read","write","ddl"]} },
              "schemas":{{{Names("Whole schemas. With no schema and no table it is the whole database.")}}},
              "tables":{{{Names("Tables, as schema.table.")}}},
              "unmasked":{{{Names("Tagged columns to be shown as they are stored, as schema.table.column.")}}},
              "never":{{{Names("Tagged columns to be left out, as schema.table.column.")}}},
              "seconds":{"type":"integer","minimum":1,"maximum":{{{AccessResources.MaxSeconds}}},"description":"How long it is to last once it is given. Either this or until."},
              "from":{"type":"string","format":"date-time","description":"When it is to begin; else as soon as it is given."},
              "until":{"type":"string","format":"date-time","description":"When it is to end."},
              "this_run_only":{"type":"boolean","default":false,"description":"Whether it is for the run your token names, and ends with it."},
              "reason":{"type":"string","minLength":1,"maxLength":{{{ApiLimits.MaxReasonCharacters}}},"description":"Why; those who decide read it."} } }
            """),
        OutputSchema = Schema(AccessAnswer.Schema),
        Annotations = new ToolAnnotations { ReadOnlyHint = false, DestructiveHint = false, IdempotentHint = true, OpenWorldHint = false },
    };

    protected override async ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var body = Read(new ToolArguments(
            call.Arguments, "target", "allow", "schemas", "tables", "unmasked", "never", "seconds", "from", "until", "this_run_only", "reason"));
        if (!AccessResources.TryRead(body, out var ask, out var fault))
        {
            throw new ToolArgumentException(fault);
        }
        var outcome = await desk.RequestAsync(call.Caller.Caller.Principal, ask, body.ThisRunOnly, body.Reason, cancellationToken);
        return outcome is AccessOutcome.OfRequest { Request: var request, Grant: var grant }
            ? AccessAnswer.Of(request, grant, address.OfAccessRequest(request.Id))
            : AccessAnswer.Of(outcome);
    }

    private static AccessRequestBody Read(ToolArguments arguments) => new()
    {
        Target = arguments.Text("target", MaxNameLength),
        Allow = arguments.Texts("allow", Classes.Length, MaxNameLength),
        Schemas = arguments.Texts("schemas", AccessScope.MaxNames, MaxNameLength),
        Tables = arguments.Texts("tables", AccessScope.MaxNames, MaxNameLength),
        Unmasked = arguments.Texts("unmasked", AccessScope.MaxNames, MaxNameLength),
        Never = arguments.Texts("never", AccessScope.MaxNames, MaxNameLength),
        Seconds = arguments.NumberOrNull("seconds", 1, AccessResources.MaxSeconds),
        From = arguments.InstantOrNull("from"),
        Until = arguments.InstantOrNull("until"),
        ThisRunOnly = arguments.Flag("this_run_only"),
        Reason = arguments.Text("reason", ApiLimits.MaxReasonCharacters),
    };

    private static string Names(string description) =>
        $$$"""{"type":"array","maxItems":{{{AccessScope.MaxNames}}},"items":{"type":"string","minLength":1,"maxLength":{{{MaxNameLength}}} },"description":"{{{description}}}"}""";
}
