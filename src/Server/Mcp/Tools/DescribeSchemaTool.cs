using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Local;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>
/// <c>describe_schema</c>: tables and columns of a target, and what their values are masked by. The catalogue is read as the caller, by a
/// statement like any other.
/// </summary>
internal sealed class DescribeSchemaTool(PolicyEngine policy, TimeProvider time, ILogger<DescribeSchemaTool> logger) : GatewayTool(logger)
{
    private const int MaxNameLength = 256;
    private const int MaxColumns = 2000;
    private const int MaxBytes = 1024 * 1024;

    private const string Sql = """
        SELECT n.nspname, c.relname, c.relkind::text, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text,
          COALESCE(a.attnum = ANY (k.conkey), false)::text
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
          AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
          AND ($1::text IS NULL OR n.nspname = $1::text) AND ($2::text IS NULL OR c.relname = $2::text)
        ORDER BY n.nspname, c.relname, a.attnum
        """;

    protected override Tool Describe() => new()
    {
        Name = "describe_schema",
        Title = "Describe tables and columns",
        Description = """
            Lists the tables, views and columns of a target with their types, primary keys and, for columns that hold protected health
            information, the tag and the mask that stands in for their values.
            """,
        InputSchema = Schema($$$"""
            {"type":"object","required":["target"],"additionalProperties":false,"properties":{
              "target":{"type":"string","minLength":1,"maxLength":{{{MaxNameLength}}} },
              "schema":{"type":"string","minLength":1,"maxLength":{{{MaxNameLength}}},"description":"Only this schema."},
              "table":{"type":"string","minLength":1,"maxLength":{{{MaxNameLength}}},"description":"Only the table or view of this name."} } }
            """),
        OutputSchema = Schema($$$"""
            {"type":"object","properties":{
              "executed":{"type":"boolean"},"status":{"type":"string"},"rule":{"type":"string"},"reason":{"type":"string"},"next_step":{"type":"string"},
              {{{AccessCall.Schema}}},
              "id":{"type":"string"},"sqlstate":{"type":"string"},
              "target":{"type":"string"},"truncated":{"type":"boolean"},
              "tables":{"type":"array","items":{"type":"object","required":["schema","name","kind","columns"],"properties":{
                "schema":{"type":"string"},"name":{"type":"string"},"kind":{"type":"string"},
                "columns":{"type":"array","items":{"type":"object","required":["name","type"],"properties":{
                  "name":{"type":"string"},"type":{"type":"string"},"not_null":{"type":"boolean"},"primary_key":{"type":"boolean"},
                  "tag":{"type":"string"},"mask":{"type":"string"} } } } } } } } }
            """),
        Annotations = new ToolAnnotations { ReadOnlyHint = true, IdempotentHint = true, OpenWorldHint = false },
    };

    protected override async ValueTask<CallToolResult> RunAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var arguments = new ToolArguments(call.Arguments, "target", "schema", "table");
        var target = arguments.Text("target", MaxNameLength);
        var statement = new LocalStatement(
            Sql, [arguments.TextOrNull("schema", MaxNameLength), arguments.TextOrNull("table", MaxNameLength)], MaxColumns, MaxBytes, TimeSpan.Zero);
        return await TargetStatements.RunAsync(call, target, statement, static () => "reading the catalogue", time, cancellationToken) switch
        {
            null => ToolResults.Refused(
                "refused", "too-many-targets", $"One MCP session is connected to at most {McpLimits.MaxTargetsPerSession} targets.", "Begin another MCP session."),
            LocalResult.Done done => Answer(target, done, policy.Current.PhiOf(target)),
            { } other => QueryAnswer.NotDone(other),
        };
    }

    private static CallToolResult Answer(string target, LocalResult.Done done, PhiMap phi)
    {
        var tables = done.Rows.GroupBy(static row => (Schema: row[0]!, Name: row[1]!, Kind: KindOf(row[2]!))).ToList();
        var structured = new JsonObject
        {
            ["target"] = target,
            ["truncated"] = done.Truncated,
            ["tables"] = new JsonArray([.. tables.Select(table => new JsonObject
            {
                ["schema"] = table.Key.Schema,
                ["name"] = table.Key.Name,
                ["kind"] = table.Key.Kind,
                ["columns"] = new JsonArray([.. table.Select(row => ColumnOf(row, phi))]),
            })]),
        };
        var text = string.Join('\n', tables.Select(table =>
            $"{QualifiedName.Join(table.Key.Schema, table.Key.Name)} ({table.Key.Kind}): {string.Join(", ", table.Select(row => Words(row, phi)))}"));
        return ToolResults.Of(text + (done.Truncated ? "\nTRUNCATED: name a schema or a table." : ""), structured);
    }

    private static JsonObject ColumnOf(string?[] row, PhiMap phi)
    {
        var column = new JsonObject { ["name"] = row[3], ["type"] = row[4], ["not_null"] = row[5] == "true", ["primary_key"] = row[6] == "true" };
        if (phi.TagOf(row[0]!, row[1]!, row[3]!) is { } tag)
        {
            (column["tag"], column["mask"]) = (tag, MaskNameOf(phi, tag));
        }
        return column;
    }

    private static string Words(string?[] row, PhiMap phi) =>
        $"{row[3]} {row[4]}{(phi.TagOf(row[0]!, row[1]!, row[3]!) is { } tag ? $" [{tag}: {MaskNameOf(phi, tag)}]" : "")}";

    /// <summary>As configuration spells it.</summary>
    private static string MaskNameOf(PhiMap phi, string tag) => JsonNamingPolicy.KebabCaseLower.ConvertName(phi.MaskFor(tag).Kind.ToString());

    private static string KindOf(string kind) => kind switch
    {
        "v" => "view",
        "m" => "materialized view",
        "f" => "foreign table",
        _ => "table",
    };
}
