using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Local;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>What a statement brought, or why it did not run.</summary>
internal static class QueryAnswer
{
    public const string Schema = """
        {"type":"object","required":["executed"],"properties":{
          "executed":{"type":"boolean","description":"Whether the statement ran. If false nothing was changed or read."},
          "target":{"type":"string"},
          "command":{"type":"string","description":"PostgreSQL's command tag."},
          "columns":{"type":"array","items":{"type":"object","required":["name","type"],"properties":{"name":{"type":"string"},"type":{"type":"string"}}}},
          "rows":{"type":"array","items":{"type":"array","items":{"type":["string","null"]}},"description":"Cells as PostgreSQL writes them as text; protected ones are masked."},
          "row_count":{"type":"integer"},
          "truncated":{"type":"boolean","description":"Whether there are more rows than these."},
          "notices":{"type":"array","items":{"type":"string"}},
          "status":{"type":"string","enum":["refused","pending","denied","expired","cancelled","failed","ended","invalid","cut"]},
          "id":{"type":"string","description":"The approval request."},
          "rule":{"type":"string"},
          "reason":{"type":"string"},
          "next_step":{"type":"string"},
          "sqlstate":{"type":"string"},
        """ + AccessCall.Schema + "}}";

    public static CallToolResult Done(string target, LocalResult.Done done, CommandRefusal? cut)
    {
        var structured = new JsonObject
        {
            ["executed"] = true,
            ["target"] = target,
            ["command"] = done.Tag,
            ["columns"] = new JsonArray([.. done.Columns.Select(static column => new JsonObject { ["name"] = column.Name, ["type"] = column.Type })]),
            ["rows"] = new JsonArray([.. done.Rows.Select(static row => new JsonArray([.. row.Select(static cell => cell is null ? null : JsonValue.Create(cell))]))]),
            ["row_count"] = done.Rows.Count,
            ["truncated"] = done.Truncated,
        };
        if (done.Notices.Count > 0)
        {
            structured["notices"] = new JsonArray([.. done.Notices.Select(static notice => JsonValue.Create(notice))]);
        }
        var text = done.Columns.Count > 0 ? TextTable.Of(done.Columns.Select(static column => column.Name), done.Rows) + "\n" : "";
        text += done.Columns.Count > 0 ? $"({done.Rows.Count} rows{(done.Truncated ? ", TRUNCATED: there are more" : "")})" : done.Tag;
        if (cut is not null)
        {
            (structured["status"], structured["rule"], structured["reason"], structured["next_step"]) = (cut.Code, cut.Rule, cut.Reason, cut.Remedy);
            text += $"\nCUT by {cut.Rule}: {cut.Reason} {cut.Remedy}";
        }
        return ToolResults.Of(text, structured);
    }

    public static CallToolResult NotDone(LocalResult result) => result switch
    {
        LocalResult.Refused { Refusal: var refusal, SqlState: var state } => Refused(refusal, state),
        LocalResult.Failed failed => ToolResults.Refused(
            "failed", "postgresql", Sentence(failed.Message, failed.Detail), failed.Hint.Length > 0 ? failed.Hint : "Correct the statement.", sqlState: failed.SqlState),
        LocalResult.Ended ended => ToolResults.Refused(
            "ended",
            "session",
            Sentence(ended.Message, ended.WasInTransaction ? "The open transaction was rolled back." : ""),
            "The next call begins a new session.",
            sqlState: ended.SqlState),
        _ => throw new InvalidOperationException("unknown result"),
    };

    private static CallToolResult Refused(CommandRefusal refusal, string sqlState)
    {
        var (status, nextStep) = refusal.Code switch
        {
            "approval-pending" => ("pending", $"Call wait_for_approval with id {refusal.ApprovalId}, then repeat exactly the same query."),
            "approval-denied" => ("denied", "Do not repeat or reword the command; ask the person you work for."),
            "approval-expired" or "approval-used" => ("expired", "Run the query again to ask anew."),
            "cancelled" => ("cancelled", "Run the query again to go on waiting."),
            _ => ("refused", refusal.Access is { } missing ? AccessCall.Sentence(missing) : refusal.Remedy),
        };
        return ToolResults.Refused(
            status, refusal.Rule, refusal.Reason, nextStep, refusal.ApprovalId, sqlState, refusal.Access is { } ask ? AccessCall.Of(ask) : null);
    }

    private static string Sentence(string message, string more) => more.Length > 0 ? $"{message.TrimEnd('.')}. {more}" : message;
}
