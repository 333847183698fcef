using System.Globalization;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Approvals;
using Sallyport.Server.Endpoints;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>Where an approval stands, for the one who asked.</summary>
internal static class ApprovalAnswer
{
    public const string Schema = """
        {"type":"object","properties":{
          "executed":{"type":"boolean"},"status":{"type":"string"},
          "id":{"type":"string"},"state":{"type":"string","enum":["pending","approved","denied","expired","used"]},
          "target":{"type":"string"},"rule":{"type":"string"},"reason":{"type":"string","description":"What the reviewer wrote."},
          "requested_at":{"type":"string"},"expires_at":{"type":"string"},"decided_by":{"type":"string"},
          "url":{"type":"string","description":"Where a person decides."},"next_step":{"type":"string"}}}
        """;

    public static CallToolResult Of(Approval approval, Uri url)
    {
        var state = ApprovalResources.NameOf(approval.State);
        var next = approval.State switch
        {
            ApprovalState.Pending => $"A person in {string.Join(" or ", approval.Approvers)} decides at {url}; call wait_for_approval again, or do something else meanwhile.",
            ApprovalState.Approved => "Repeat exactly the same query; it runs once.",
            ApprovalState.Denied => "Do not repeat or reword the command; ask the person you work for.",
            ApprovalState.Expired => "Run the query again to ask anew.",
            _ => "The approval was used; a further run needs another one.",
        };
        var structured = new JsonObject
        {
            ["id"] = approval.Id,
            ["state"] = state,
            ["target"] = approval.Target,
            ["rule"] = approval.Rule,
            ["requested_at"] = approval.RequestedAt.ToString("O", CultureInfo.InvariantCulture),
            ["expires_at"] = approval.ExpiresAt.ToString("O", CultureInfo.InvariantCulture),
            ["url"] = url.ToString(),
            ["next_step"] = next,
        };
        if (approval.DecidedByName.Length > 0)
        {
            structured["decided_by"] = approval.DecidedByName;
        }
        if (approval.Reason.Length > 0)
        {
            structured["reason"] = approval.Reason;
        }
        return ToolResults.Of($"Approval {approval.Id} is {state}{(approval.Reason.Length > 0 ? $" ({approval.Reason.ReplaceLineEndings(" ")})" : "")}. {next}", structured);
    }

    public static CallToolResult NotFound() =>
        ToolResults.Refused("invalid", "no-approval", "There is no such approval request of yours.", "Use the id that the query's result named.");
}
