namespace Sallyport.Server.Mcp;

/// <summary>What MCP clients live under.</summary>
internal static class McpLimits
{
    /// <summary>Longest message of a client.</summary>
    public const int MaxMessageBytes = 2 * 1024 * 1024;

    /// <summary>Deepest nesting of a message.</summary>
    public const int MaxDepth = 32;

    /// <summary>Sessions of all callers.</summary>
    public const int MaxSessions = 1000;

    public const int MaxSessionsPerPrincipal = 20;

    /// <summary>Targets one MCP session is connected to at once.</summary>
    public const int MaxTargetsPerSession = 8;

    public const int DefaultRows = 100;
    public const int MaxRows = 1000;

    /// <summary>Bytes of cells one result holds.</summary>
    public const int MaxResultBytes = 256 * 1024;

    public const int MaxParameters = 1000;

    /// <summary>How long a call waits for a person unless it says otherwise; clients commonly give up after a minute.</summary>
    public const int DefaultWaitSeconds = 50;

    public const int MaxWaitSeconds = 170;

    /// <summary>A session that sends nothing for so long is over.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    /// <summary>How often a waiting call tells its client that it waits.</summary>
    public static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(3);
}
