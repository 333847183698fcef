using System.Globalization;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Access;
using Decided = Sallyport.Gateway.Approvals.ApprovalAnswer;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>Where a request for access stands, for the one who asked.</summary>
internal static class AccessAnswer
{
    public const string Schema = """
        {"type":"object","properties":{
          "executed":{"type":"boolean"},"status":{"type":"string"},"reason":{"type":"string"},"next_step":{"type":"string"},
          "id":{"type":"string"},"state":{"type":"string","enum":["pending","granted","denied","expired"]},
          "target":{"type":"string"},"rule":{"type":"string","description":"The rule that took the request."},
          "missing":{"type":"integer","description":"How many more people have to agree at least."},
          "decisions":{"type":"array","description":"What people said.","items":{"type":"object","required":["by","answer","reason"],"properties":{
            "by":{"type":"string"},"answer":{"type":"string","enum":["approve","deny"]},"reason":{"type":"string"}}}},
          "grant":{"type":"string","description":"The grant it became."},"until":{"type":"string","description":"When that grant ends."},
          "url":{"type":"string","description":"Where people decide."},
          "requested_at":{"type":"string"},"expires_at":{"type":"string","description":"When an undecided request ends."}}}
        """;

    /// <param name="request">The request.</param>
    /// <param name="grant">The grant it became, or null.</param>
    /// <param name="url">Where people decide.</param>
    public static CallToolResult Of(AccessRequest request, AccessGrant? grant, Uri url)
    {
        var state = request.State.ToString().ToLowerInvariant();
        var next = NextStep(request, grant);
        var structured = new JsonObject
        {
            ["id"] = request.Id,
            ["state"] = state,
            ["target"] = request.Ask.Target,
            ["rule"] = request.Rule,
            ["requested_at"] = Spell(request.RequestedAt),
            ["expires_at"] = Spell(request.ExpiresAt),
            ["url"] = url.ToString(),
            ["next_step"] = next,
        };
        if (request.State == AccessRequestState.Pending)
        {
            structured["missing"] = Missing(request);
        }
        if (request.Decisions.Length > 0)
        {
            structured["decisions"] = new JsonArray([.. request.Decisions.Select(DecisionOf)]);
        }
        if (grant is { Grant.Until: { } until })
        {
            (structured["grant"], structured["until"]) = (grant.Id, Spell(until));
        }
        var said = string.Join("; ", request.Decisions.Where(static decision => decision.Reason.Length > 0).Select(static decision => decision.Reason.ReplaceLineEndings(" ")));
        return ToolResults.Of($"Request {request.Id} is {state}{(said.Length > 0 ? $" ({said})" : "")}. {next}", structured);
    }

    /// <summary>Nothing was asked.</summary>
    public static CallToolResult Of(AccessOutcome outcome) => outcome switch
    {
        AccessOutcome.Refused { Code: AccessRefusal.Invalid } invalid => ToolResults.Refused("invalid", "access:invalid", invalid.Message, invalid.Remedy),
        AccessOutcome.Refused refused => ToolResults.Refused("refused", "access:" + refused.Code, refused.Message, refused.Remedy),
        AccessOutcome.Closed closed => ToolResults.Refused("refused", "access:closed", closed.Message, closed.Remedy),
        _ => NotFound(),
    };

    public static CallToolResult NotFound() =>
        ToolResults.Refused("invalid", "no-request", "There is no such request for access of yours.", $"Use the id that {AccessCall.Tool} gave you.");

    private static string NextStep(AccessRequest request, AccessGrant? grant) => request.State switch
    {
        AccessRequestState.Pending =>
            $"{Missing(request)} more people have to agree, of {string.Join(" or ", request.ApproverGroups)}; wait with access_status, or do something else meanwhile.",
        AccessRequestState.Granted when grant is { IsActive: false } => "The access is over; ask again if you still need it.",
        AccessRequestState.Granted => "You have the access now; run what you wanted to run.",
        AccessRequestState.Denied => "Do not ask for the same again; talk to the person you work for.",
        _ => "Nobody decided in time; ask again if you still need it.",
    };

    private static int Missing(AccessRequest request) =>
        Quorum.Missing(request.Approvers, request.Quorum, [.. request.Decisions.Where(static decision => decision.Answer == Decided.Approve)]);

    private static JsonObject DecisionOf(AccessDecision decision) => new()
    {
        ["by"] = decision.Name,
        ["answer"] = decision.Answer == Decided.Approve ? "approve" : "deny",
        ["reason"] = decision.Reason,
    };

    private static string Spell(DateTimeOffset instant) => instant.ToString("O", CultureInfo.InvariantCulture);
}
