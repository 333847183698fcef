using System.Text.Json;

namespace Sallyport.Cli.Mcp;

/// <summary>What the bridge has to know of one JSON-RPC message: it passes messages on and changes none.</summary>
/// <param name="Text">The message.</param>
/// <param name="Method">Empty for an answer.</param>
/// <param name="Id">The id as JSON, or null for a notification.</param>
internal sealed record McpLine(string Text, string Method, string? Id)
{
    private const int MaxDepth = 64;
    private const string VersionKey = "io.modelcontextprotocol/protocolVersion";

    /// <summary>The tool, prompt or resource that a request names.</summary>
    public string? Name { get; private init; }

    /// <summary>The revision the message itself declares; null where a session has agreed on one.</summary>
    public string? Version { get; private init; }

    /// <summary>Which request a cancellation means, as JSON.</summary>
    public string? Cancels { get; private init; }

    /// <summary>The revision an answer to <c>initialize</c> agrees on.</summary>
    public string? Agreed { get; private init; }

    public bool IsInitialize => Method == "initialize";

    /// <returns>Null for what is no message.</returns>
    public static McpLine? Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = MaxDepth });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            var parameters = Member(root, "params");
            return new McpLine(text, TextOf(Member(root, "method")) ?? "", Member(root, "id")?.GetRawText())
            {
                Name = TextOf(Member(parameters, "name")) ?? TextOf(Member(parameters, "uri")),
                Version = TextOf(Member(Member(parameters, "_meta"), VersionKey)),
                Cancels = Member(parameters, "requestId")?.GetRawText(),
                Agreed = TextOf(Member(Member(root, "result"), "protocolVersion")),
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement? element, string name) =>
        element is { ValueKind: JsonValueKind.Object } parent && parent.TryGetProperty(name, out var value) ? value : null;

    private static string? TextOf(JsonElement? element) => element is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
