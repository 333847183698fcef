using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sallyport.Api;
using Sallyport.Cli.Connection;

namespace Sallyport.Cli.Mcp;

/// <summary>
/// MCP over stdio (one JSON-RPC message a line) carried to the gateway over HTTP, each message with a token that is still good. It passes
/// messages on and adds nothing to them.
/// </summary>
internal sealed class McpBridge(GatewayConnection gateway, TextWriter output) : IDisposable
{
    /// <summary>Requests under way at once.</summary>
    private const int MaxConcurrent = 32;

    private const int ServerError = -32000;
    private const int ParseError = -32700;
    private const string Path = "/mcp";
    private const string SessionHeader = "Mcp-Session-Id";
    private const string VersionHeader = "MCP-Protocol-Version";

    private readonly SemaphoreSlim _places = new(MaxConcurrent, MaxConcurrent);
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _beginning = new(1, 1);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _underWay = new(StringComparer.Ordinal);
    private McpLine? _initialize;
    private string? _session;
    private string? _version;

    /// <summary>Runs until the input ends.</summary>
    public async Task RunAsync(LineReader input, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        while (await input.ReadAsync(cancellationToken) is { } line)
        {
            running.RemoveAll(static task => task.IsCompletedSuccessfully);
            if (line.Length > 0)
            {
                await TakeAsync(line, running, over.Token);
            }
        }

        await over.CancelAsync();
        await Task.WhenAll(running);
        await EndSessionAsync(cancellationToken);
    }

    public void Dispose()
    {
        _places.Dispose();
        _writing.Dispose();
        _beginning.Dispose();
    }

    private async Task TakeAsync(string line, List<Task> running, CancellationToken over)
    {
        if (McpLine.Read(line) is not { } message)
        {
            await WriteErrorAsync("null", ParseError, "A line has to be one JSON-RPC message.");
            return;
        }

        if (message.Cancels is { } cancelled && _underWay.TryGetValue(cancelled, out var request))
        {
            await request.CancelAsync();
        }

        await _places.WaitAsync(over);
        var sent = SendAsync(message, over);
        if (message.IsInitialize || message.Id is null)
        {
            // What comes next belongs to the session that begins here, or follows what is told here.
            await sent;
        }
        else
        {
            running.Add(sent);
        }
    }

    private async Task SendAsync(McpLine message, CancellationToken over)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(over);
        if (message.Id is { } id)
        {
            _underWay[id] = stop;
        }

        try
        {
            await PassOnAsync(message, stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked has taken it back, or is gone.
        }
        catch (Exception problem) when (problem is HttpRequestException or CliException or ApiException or IOException)
        {
            await WriteErrorAsync(message.Id, ServerError, problem is CliException { Remedy: { Length: > 0 } remedy } ? $"{problem.Message} {remedy}" : problem.Message);
        }
        finally
        {
            if (message.Id is not null)
            {
                _underWay.TryRemove(message.Id, out _);
            }

            _places.Release();
        }
    }

    private async Task PassOnAsync(McpLine message, CancellationToken cancellationToken)
    {
        if (message.IsInitialize)
        {
            (_initialize, _session, _version) = (message, null, null);
        }

        var used = _session;
        using var first = await PostAsync(message, cancellationToken);
        if (first.StatusCode != HttpStatusCode.NotFound || used is null || message.Version is not null)
        {
            await AnswerAsync(message, first, cancellationToken);
            return;
        }

        // The gateway was restarted, or the session was idle for long: another one takes its place.
        await BeginAgainAsync(used, cancellationToken);
        using var second = await PostAsync(message, cancellationToken);
        await AnswerAsync(message, second, cancellationToken);
    }

    private async Task BeginAgainAsync(string used, CancellationToken cancellationToken)
    {
        await _beginning.WaitAsync(cancellationToken);
        try
        {
            if (_session != used || _initialize is null)
            {
                return;
            }

            (_session, _version) = (null, null);
            using var begun = await PostAsync(_initialize, cancellationToken);
            await foreach (var answer in EventStream.MessagesAsync(begun, cancellationToken))
            {
                Agree(answer, begun);
            }

            using var told = await PostAsync(McpLine.Read("""{"jsonrpc":"2.0","method":"notifications/initialized"}""")!, cancellationToken);
        }
        finally
        {
            _beginning.Release();
        }
    }

    private async Task<HttpResponseMessage> PostAsync(McpLine message, CancellationToken cancellationToken)
    {
        using var request = await RequestAsync(HttpMethod.Post, message.Version ?? _version, cancellationToken);
        request.Content = new StringContent(message.Text, Encoding.UTF8, "application/json");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (message.Version is not null)
        {
            request.Headers.TryAddWithoutValidation("Mcp-Method", message.Method);
            request.Headers.TryAddWithoutValidation("Mcp-Name", message.Name);
        }
        else if (_session is { } session && !message.IsInitialize)
        {
            request.Headers.TryAddWithoutValidation(SessionHeader, session);
        }

        return await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string? version, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(method, Path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await gateway.TokenAsync(cancellationToken));
        if (version is not null)
        {
            request.Headers.TryAddWithoutValidation(VersionHeader, version);
        }

        return request;
    }

    private async Task AnswerAsync(McpLine message, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var answered = false;
        await foreach (var answer in EventStream.MessagesAsync(response, cancellationToken))
        {
            if (message.IsInitialize)
            {
                Agree(answer, response);
            }

            answered = true;
            await WriteAsync(answer, cancellationToken);
        }

        if (!answered && message.Id is not null)
        {
            var why = response.StatusCode == HttpStatusCode.Unauthorized
                ? "The gateway does not accept the token. Run `sallyport login`."
                : $"The gateway answered {(int)response.StatusCode} and no message.";
            await WriteErrorAsync(message.Id, ServerError, why);
        }
    }

    private void Agree(string answer, HttpResponseMessage response)
    {
        _session = response.Headers.TryGetValues(SessionHeader, out var ids) ? ids.First() : null;
        _version = McpLine.Read(answer)?.Agreed;
    }

    private async Task EndSessionAsync(CancellationToken cancellationToken)
    {
        if (_session is not { } session)
        {
            return;
        }

        try
        {
            using var request = await RequestAsync(HttpMethod.Delete, _version, cancellationToken);
            request.Headers.TryAddWithoutValidation(SessionHeader, session);
            using var response = await gateway.Http.SendAsync(request, cancellationToken);
        }
        catch (Exception gone) when (gone is HttpRequestException or CliException)
        {
            // The gateway ends an idle session by itself.
        }
    }

    private Task WriteErrorAsync(string? id, int code, string message) => id is null
        ? Task.CompletedTask
        : WriteAsync($$$"""{"jsonrpc":"2.0","id":{{{id}}},"error":{"code":{{{code}}},"message":{{{JsonSerializer.Serialize(message)}}}}}""", CancellationToken.None);

    private async Task WriteAsync(string message, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await output.WriteLineAsync(message.AsMemory(), CancellationToken.None);
            await output.FlushAsync(CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }
    }
}
