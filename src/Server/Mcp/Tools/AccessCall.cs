using System.Text.Json.Nodes;
using Sallyport.Gateway.Policy;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>The call that asks for what a refusal says is missing: all but the reason filled in.</summary>
internal static class AccessCall
{
    /// <summary>The name of the tool.</summary>
    public const string Tool = "request_access";

    /// <summary>The property of an output schema.</summary>
    public const string Schema = """
        "next_call":{"type":"object","description":"The call to make next; add the arguments that are missing.","required":["tool","arguments"],"properties":{
            "tool":{"type":"string"},"arguments":{"type":"object"},"missing":{"type":"array","items":{"type":"string"}}}}
        """;

    public static JsonObject Of(AccessAsk ask) => new() { ["tool"] = Tool, ["arguments"] = Arguments(ask), ["missing"] = new JsonArray("reason") };

    public static string Sentence(AccessAsk ask) => $"Ask for it: call {Tool} with {Arguments(ask).ToJsonString()} and with reason, why you need it.";

    private static JsonObject Arguments(AccessAsk ask)
    {
        var scope = AccessResources.Of(ask.Scope);
        var arguments = new JsonObject { ["target"] = ask.Target, ["allow"] = ToolResults.List(scope.Allow) };
        Add("schemas", scope.Schemas);
        Add("tables", scope.Tables);
        Add("unmasked", scope.Unmasked);
        Add("never", scope.Never);
        if (ask.Length is { } length)
        {
            arguments["seconds"] = (int)length.TotalSeconds;
        }
        return arguments;

        void Add(string name, IReadOnlyList<string> values)
        {
            if (values.Count > 0)
            {
                arguments[name] = ToolResults.List(values);
            }
        }
    }
}
