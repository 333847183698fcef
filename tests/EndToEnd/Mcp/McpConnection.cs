using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Mcp;

/// <summary>The C# SDK's client at the gateway.</summary>
internal sealed class McpConnection : IAsyncDisposable
{
    public const string WithSession = "2025-11-25";
    public const string Sessionless = "2026-07-28";

    private readonly HttpClient _http;

    private McpConnection(HttpClient http, McpClient client) => (_http, Client) = (http, client);

    public McpClient Client { get; }

    public static async Task<McpConnection> OpenAsync(GatewayProcess gateway, string token, string version = WithSession)
    {
        var http = gateway.Http(token);
        var transport = new HttpClientTransport(
            new HttpClientTransportOptions { Endpoint = new Uri(gateway.ApiUrl + "/mcp"), TransportMode = HttpTransportMode.StreamableHttp }, http);
        return new McpConnection(http, await McpClient.CreateAsync(transport, new McpClientOptions { ProtocolVersion = version }));
    }

    public async Task<CallToolResult> CallAsync(string tool, object? arguments = null, Action<string>? progress = null) => await Client.CallToolAsync(
        tool,
        arguments is null ? null : JsonSerializer.Deserialize<Dictionary<string, object?>>(JsonSerializer.Serialize(arguments)),
        progress is null ? null : new Direct(progress));

    public Task<CallToolResult> QueryAsync(string sql, params string[] parameters) => CallAsync("query", new { target = "clinic", sql, parameters });

    /// <summary>Runs a statement that has to succeed, and gives its rows.</summary>
    public async Task<IReadOnlyList<IReadOnlyList<string?>>> RowsAsync(string sql, params string[] parameters)
    {
        var result = await QueryAsync(sql, parameters);
        Assert.False(result.IsError, TextOf(result));
        return RowsOf(result);
    }

    public static IReadOnlyList<IReadOnlyList<string?>> RowsOf(CallToolResult result) =>
        [.. result.StructuredContent!.Value.GetProperty("rows").EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.GetString()).ToList())];

    public static string TextOf(CallToolResult result) => string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));

    public static string Field(CallToolResult result, string name) => result.StructuredContent!.Value.GetProperty(name).GetString()!;

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>Progress told as it comes.</summary>
    private sealed class Direct(Action<string> told) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) => told(value.Message ?? "");
    }
}
