using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Mcp;
using Sallyport.Cli.SignIn;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Cli.Mcp;

public sealed class McpBridgeTests : IDisposable
{
    private const string Initialize = """{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-11-25"}}""";

    private readonly CliRun _cli = new();
    private readonly ConcurrentQueue<string> _seen = new();

    public McpBridgeTests() => _cli.Variables[AccessTokens.Variable] = "the-token";

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task Messages_are_passed_on_with_token_session_and_revision_and_the_session_ends_with_the_input()
    {
        var output = await RunAsync(Answer, Initialize, """{"jsonrpc":"2.0","method":"notifications/initialized"}""", """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""");
        Assert.Equal(
            [
                "POST initialize session= version= Bearer the-token",
                "POST notifications/initialized session=s1 version=2025-11-25 Bearer the-token",
                "POST tools/list session=s1 version=2025-11-25 Bearer the-token",
                "DELETE  session=s1 version=2025-11-25 Bearer the-token",
            ],
            _seen);
        Assert.Equal(["\"a\"", "null", "2"], output.Select(line => IdOf(line)));
        Assert.Contains("progress", output[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_is_gone_is_begun_again()
    {
        var gone = false;
        var output = await RunAsync(
            async (context, body) =>
            {
                if (!gone && context.Request.Headers["Mcp-Session-Id"] == "s1" && !_seen.Last().Contains("initialized", StringComparison.Ordinal))
                {
                    gone = true;
                    context.Response.StatusCode = 404;
                    return;
                }
                await Answer(context, body);
            },
            Initialize,
            """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""");
        Assert.Equal(["POST initialize", "POST tools/list", "POST initialize", "POST notifications/initialized", "POST tools/list", "DELETE "], _seen.Select(seen => seen.Split(" session=")[0]));
        Assert.Equal(["\"a\"", "null", "2"], output.Select(line => IdOf(line)));
    }

    [Fact]
    public async Task Without_sessions_headers_repeat_what_the_message_says()
    {
        await RunAsync(
            async (context, body) =>
            {
                Assert.Equal(("tools/call", "query"), (context.Request.Headers["Mcp-Method"].ToString(), context.Request.Headers["Mcp-Name"].ToString()));
                await Answer(context, body);
            },
            """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"query","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}""");
        Assert.Equal(["POST tools/call session= version=2026-07-28 Bearer the-token"], _seen);
    }

    [Fact]
    public async Task Every_request_gets_an_answer_also_where_the_gateway_has_none()
    {
        var output = await RunAsync(
            (context, _) =>
            {
                context.Response.StatusCode = 401;
                return Task.CompletedTask;
            },
            "no json",
            "[]",
            """{"jsonrpc":"2.0","id":7,"method":"tools/list"}""");
        Assert.Equal(["null", "null", "7"], output.Select(line => IdOf(line)));
        Assert.Contains("sallyport login", output[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_are_read_whole_and_have_a_limit()
    {
        var lines = new LineReader(new StringReader("ab\r\n\nc"), 3);
        Assert.Equal("ab", await lines.ReadAsync(default));
        Assert.Equal("", await lines.ReadAsync(default));
        Assert.Equal("c", await lines.ReadAsync(default));
        Assert.Null(await lines.ReadAsync(default));
        await Assert.ThrowsAsync<IOException>(async () => await new LineReader(new StringReader("abcd\n"), 3).ReadAsync(default));
    }

    private async Task<string[]> RunAsync(Func<HttpContext, string, Task> answer, params string[] lines)
    {
        await using var server = await FakeServer.StartAsync();
        server.Answer = async context =>
        {
            var body = server.Requests.Last().Body;
            var method = body.Length > 0 && JsonDocument.Parse(body).RootElement.TryGetProperty("method", out var name) ? name.GetString() : "";
            var headers = context.Request.Headers;
            _seen.Enqueue($"{context.Request.Method} {method} session={headers["Mcp-Session-Id"]} version={headers["MCP-Protocol-Version"]} {headers.Authorization}");
            await answer(context, body);
        };
        using var http = new HttpClient { BaseAddress = server.Address };
        await using var output = new Answers { NewLine = "\n" };
        using var connection = new GatewayConnection(http, new AccessTokens(new TokenStore(_cli.Surroundings), "default", null, _cli.Surroundings), _cli.Surroundings);
        using var bridge = new McpBridge(connection, output);
        var input = new StreamReader(new AnsweredStream(lines, () => output.Count));
        await bridge.RunAsync(new LineReader(input, 1000), TestContext.Current.CancellationToken);
        return output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>A stream of events: for the last request a notification comes first.</summary>
    private static async Task Answer(HttpContext context, string body)
    {
        if (context.Request.Method == "DELETE")
        {
            context.Response.StatusCode = 204;
            return;
        }
        using var message = JsonDocument.Parse(body);
        if (!message.RootElement.TryGetProperty("id", out var id))
        {
            context.Response.StatusCode = 202;
            return;
        }
        var isInitialize = message.RootElement.GetProperty("method").GetString() == "initialize";
        if (isInitialize)
        {
            context.Response.Headers["Mcp-Session-Id"] = "s1";
        }
        var told = isInitialize ? "" : "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\"}\n\n";
        await FakeServer.WriteAsync(context, $"{told}: a comment\ndata: {{\"jsonrpc\":\"2.0\",\"id\":{id.GetRawText()},\ndata: \"result\":{{\"protocolVersion\":\"2025-11-25\"}}}}\n\n", type: "text/event-stream");
    }

    private static string IdOf(string line) => JsonDocument.Parse(line).RootElement.TryGetProperty("id", out var id) ? id.GetRawText() : "null";

    /// <summary>Counts what was written; another thread looks at the number meanwhile.</summary>
    private sealed class Answers : StringWriter
    {
        private int _count;

        public int Count => Volatile.Read(ref _count);

        public override async Task WriteLineAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteLineAsync(buffer, cancellationToken);
            Interlocked.Increment(ref _count);
        }
    }

    /// <summary>Gives lines, and ends once every request of theirs has its answer, as a client closes the input when it is done.</summary>
    private sealed class AnsweredStream(string[] lines, Func<int> answers) : MemoryStream(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"))
    {
        private readonly int _requests = lines.Count(line => line.Contains("\"id\"", StringComparison.Ordinal) || !line.Contains("method", StringComparison.Ordinal));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (Position == Length && answers() < _requests)
            {
                await Task.Yield();
            }
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
