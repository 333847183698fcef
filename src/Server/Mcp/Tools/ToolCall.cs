using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Sallyport.Server.Mcp.Tools;

/// <summary>One call of a tool.</summary>
internal sealed class ToolCall(RequestContext<CallToolRequestParams> request, McpCaller caller)
{
    public McpCaller Caller => caller;

    public IDictionary<string, JsonElement>? Arguments => request.Params?.Arguments;

    /// <summary>Runs work, and tells the client again and again that it goes on, if the client asked for that.</summary>
    /// <param name="work">What the client waits for.</param>
    /// <param name="state">What to say; null to say nothing.</param>
    /// <param name="time">The clock.</param>
    public async Task<T> WithProgressAsync<T>(Task<T> work, Func<string?> state, TimeProvider time)
    {
        var begun = time.GetTimestamp();
        while (await Task.WhenAny(work, Task.Delay(McpLimits.ProgressEvery, time)) != work)
        {
            if (state() is { } message && request.Params?.ProgressToken is { } token)
            {
                await request.Server.NotifyProgressAsync(
                    token, new ProgressNotificationValue { Progress = (float)time.GetElapsedTime(begun).TotalSeconds, Message = message });
            }
        }
        return await work;
    }
}
