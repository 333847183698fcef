using System.Text.Json;

namespace Sallyport.Gateway.Protocols.Postgres.Measures;

/// <summary>
/// The planner's row count in the answer to EXPLAIN (FORMAT JSON). A plan quotes the statement's literals, so nothing but numbers and the names of
/// relations and plan nodes is taken out of it.
/// </summary>
/// <param name="Rows">Rows written, for a read rows returned.</param>
/// <param name="By">The plan nodes it comes from, such as <c>Update on counters by Index Scan</c>.</param>
/// <param name="IsOneWrite">The statement is one INSERT, UPDATE, DELETE or MERGE and has no other inside.</param>
internal readonly record struct PlanEstimate(long Rows, string By, bool IsOneWrite = false)
{
    /// <summary>Longest description, in characters.</summary>
    public const int MaxByCharacters = 200;

    /// <summary>Most rows one node is believed to have.</summary>
    public const long MaxRows = 1_000_000_000_000_000;

    private const string Unnamed = "?";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 512 };

    /// <summary>Reads a plan; null when it is none.</summary>
    /// <param name="json">The column QUERY PLAN, in UTF-8.</param>
    public static PlanEstimate? Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return document.RootElement is { ValueKind: JsonValueKind.Array } plans && plans.GetArrayLength() > 0
                && plans[0] is { ValueKind: JsonValueKind.Object } first && first.TryGetProperty("Plan", out var plan) && plan.ValueKind == JsonValueKind.Object
                ? Of(plan)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static PlanEstimate Of(JsonElement plan)
    {
        var writes = new List<JsonElement>();
        FindWrites(plan, writes);
        return writes.Count == 0
            ? new(RowsOf(plan), Cut(NodeOf(plan) + OnRelation(plan)))
            : new(writes.Aggregate(0L, static (sum, write) => Sum(sum, WrittenBy(write))), Cut(string.Join("; ", writes.Select(Describe))), IsOneWrite: writes.Count == 1 && NodeOf(plan) == "ModifyTable");
    }

    /// <summary>A statement has more than one where a WITH query writes too.</summary>
    private static void FindWrites(JsonElement node, List<JsonElement> writes)
    {
        if (node.ValueKind == JsonValueKind.Object && NodeOf(node) == "ModifyTable")
        {
            writes.Add(node);
        }

        foreach (var child in ChildrenOf(node))
        {
            FindWrites(child, writes);
        }
    }

    /// <summary>The node itself returns rows only for RETURNING: those it is fed with are the ones it writes.</summary>
    private static long WrittenBy(JsonElement write) => Sources(write).Aggregate(0L, static (sum, source) => Sum(sum, RowsOf(source)));

    private static string Describe(JsonElement write) =>
        $"{Text(write, "Operation")}{OnRelation(write)}{(Sources(write).Select(NodeOf).FirstOrDefault() is { } node ? $" by {node}" : "")}";

    private static IEnumerable<JsonElement> Sources(JsonElement write) => ChildrenOf(write).Where(static child => Text(child, "Parent Relationship") is "Outer" or "Member");

    private static IEnumerable<JsonElement> ChildrenOf(JsonElement node) =>
        node.ValueKind == JsonValueKind.Object && node.TryGetProperty("Plans", out var children) && children.ValueKind == JsonValueKind.Array
            ? children.EnumerateArray()
            : [];

    private static string NodeOf(JsonElement node) => Text(node, "Node Type");

    private static string OnRelation(JsonElement node) => Text(node, "Relation Name") is var name && name != Unnamed ? $" on {name}" : "";

    private static string Text(JsonElement node, string name) =>
        node.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : Unnamed;

    private static long RowsOf(JsonElement node) =>
        node.TryGetProperty("Plan Rows", out var rows) && rows.ValueKind == JsonValueKind.Number && rows.TryGetDouble(out var count) && count > 0 ? (long)Math.Min(count, MaxRows) : 0;

    private static long Sum(long left, long right) => left > long.MaxValue - right ? long.MaxValue : left + right;

    private static string Cut(string text) => text.Length <= MaxByCharacters ? text : string.Concat(text.AsSpan(0, MaxByCharacters - 3), "...");
}
