using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>Results as programs and as models read them.</summary>
internal static class ToolResults
{
    public static CallToolResult Of(string text, JsonObject structured, bool isError = false) => new()
    {
        Content = [new TextContentBlock { Text = text }],
        StructuredContent = JsonSerializer.SerializeToElement(structured),
        IsError = isError,
    };

    public static JsonArray List(IEnumerable<string> items) => new([.. items.Select(static item => JsonValue.Create(item))]);

    /// <summary>Nothing was done.</summary>
    /// <param name="status">refused, pending, denied, expired, cancelled, failed, ended or invalid.</param>
    /// <param name="rule">The rule or check that says so.</param>
    /// <param name="reason">Why, in a sentence without values.</param>
    /// <param name="nextStep">What to do.</param>
    /// <param name="id">The approval, where there is one.</param>
    /// <param name="sqlState">The code of a PostgreSQL error.</param>
    /// <param name="nextCall">The call that is the next step, where one is known.</param>
    public static CallToolResult Refused(
        string status, string rule, string reason, string nextStep, string? id = null, string? sqlState = null, JsonObject? nextCall = null)
    {
        var structured = new JsonObject { ["executed"] = false, ["status"] = status, ["rule"] = rule, ["reason"] = reason, ["next_step"] = nextStep };
        if (id is not null)
        {
            structured["id"] = id;
        }
        if (sqlState is not null)
        {
            structured["sqlstate"] = sqlState;
        }
        if (nextCall is not null)
        {
            structured["next_call"] = nextCall;
        }
        var what = id is null ? status : $"approval {id} {status}";
        return Of($"NOT EXECUTED - {what} ({rule}): {reason.TrimEnd('.')}.{(nextStep.Length > 0 ? " Next step: " + nextStep : "")}", structured, isError: true);
    }
}
