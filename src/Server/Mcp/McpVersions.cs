namespace Sallyport.Server.Mcp;

/// <summary>The revisions of the Model Context Protocol that are spoken here.</summary>
internal static class McpVersions
{
    /// <summary>The revision without sessions and handshake: every request says everything itself.</summary>
    public const string Sessionless = "2026-07-28";

    /// <summary>Those that begin with <c>initialize</c>, oldest first.</summary>
    public static readonly IReadOnlyList<string> WithSessions = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

    public static readonly IReadOnlyList<string> All = [.. WithSessions, Sessionless];
}
