using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Sallyport.Unit.Server.Mcp;

public sealed class McpEndpointsTests
{
    private const string Agent = "agent-reporting";
    private const string Initialize = """
        {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}
        """;

    private const string ListTools = """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""";
    private const string Meta = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}";

    [Fact]
    public async Task A_session_begins_with_initialize_is_named_by_a_header_and_ends_with_delete()
    {
        await using var api = await ApiFixture.CreateAsync();
        var (session, initialized) = await InitializeAsync(api, Agent);
        Assert.Equal("sallyport", initialized.GetProperty("result").GetProperty("serverInfo").GetProperty("name").GetString());
        Assert.Equal("2025-11-25", initialized.GetProperty("result").GetProperty("protocolVersion").GetString());
        Assert.Contains("NOT run", initialized.GetProperty("result").GetProperty("instructions").GetString(), StringComparison.Ordinal);

        using var told = await PostAsync(api, Agent, """{"jsonrpc":"2.0","method":"notifications/initialized"}""", ("Mcp-Session-Id", session));
        Assert.Equal(HttpStatusCode.Accepted, told.StatusCode);
        using var listed = await PostAsync(api, Agent, ListTools, ("Mcp-Session-Id", session), ("MCP-Protocol-Version", "2025-11-25"));
        Assert.Equal("text/event-stream", listed.Content.Headers.ContentType?.MediaType);
        Assert.Contains("\"query\"", (await EventAsync(listed)).GetRawText(), StringComparison.Ordinal);

        using var ended = await SendAsync(api, HttpMethod.Delete, Agent, body: null, ("Mcp-Session-Id", session));
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        using var late = await PostAsync(api, Agent, ListTools, ("Mcp-Session-Id", session));
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
    }

    [Fact]
    public async Task A_session_is_nobody_elses()
    {
        await using var api = await ApiFixture.CreateAsync();
        var (session, _) = await InitializeAsync(api, Agent);
        using var foreign = await PostAsync(api, "agent-2", ListTools, ("Mcp-Session-Id", session));
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        using var ended = await SendAsync(api, HttpMethod.Delete, "agent-2", body: null, ("Mcp-Session-Id", session));
        Assert.Equal(HttpStatusCode.NotFound, ended.StatusCode);
        using var own = await PostAsync(api, Agent, ListTools, ("Mcp-Session-Id", session));
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Fact]
    public async Task A_caller_has_a_limited_number_of_sessions()
    {
        await using var api = await ApiFixture.CreateAsync();
        for (var i = 0; i < 20; i++)
        {
            await InitializeAsync(api, Agent);
        }
        using var refused = await PostAsync(api, Agent, Initialize);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        await InitializeAsync(api, "agent-2");
    }

    [Theory]
    [InlineData("https://evil.example.test", HttpStatusCode.Forbidden)]
    [InlineData("null", HttpStatusCode.Forbidden)]
    [InlineData("https://gateway.example.test", HttpStatusCode.OK)]
    public async Task Web_pages_of_other_origins_are_kept_out(string origin, HttpStatusCode expected)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await PostAsync(api, Agent, Initialize, ("Origin", origin));
        Assert.Equal(expected, response.StatusCode);
    }

    [Theory]
    [InlineData("not json", HttpStatusCode.BadRequest)]
    [InlineData("[]", HttpStatusCode.BadRequest)]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", HttpStatusCode.BadRequest)]
    [InlineData(ListTools, HttpStatusCode.BadRequest)]
    public async Task What_is_no_message_or_has_no_session_is_refused(string body, HttpStatusCode expected)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await PostAsync(api, Agent, body);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("2.0", (await ApiFixture.JsonAsync(response)).GetProperty("jsonrpc").GetString());
    }

    [Fact]
    public async Task A_message_over_the_limit_and_a_deep_one_are_refused()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var large = await PostAsync(api, Agent, Initialize.Replace("test", new string('x', 3 << 20), StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using var deep = await PostAsync(api, Agent, $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{{new string('[', 100)}}}{{{new string(']', 100)}}}}""");
        Assert.Equal(HttpStatusCode.BadRequest, deep.StatusCode);
    }

    [Fact]
    public async Task An_unknown_revision_is_told_which_are_spoken()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await PostAsync(api, Agent, ListTools, ("MCP-Protocol-Version", "1999-01-01"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var error = (await ApiFixture.JsonAsync(response)).GetProperty("error");
        Assert.Equal(-32022, error.GetProperty("code").GetInt32());
        Assert.Contains("2026-07-28", error.GetProperty("data").GetProperty("supported").EnumerateArray().Select(version => version.GetString()));
    }

    [Fact]
    public async Task A_client_has_to_take_streams_and_there_is_none_to_get()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var picky = await SendAsync(api, HttpMethod.Post, Agent, Initialize, ("Accept", "application/json"));
        Assert.Equal(HttpStatusCode.NotAcceptable, picky.StatusCode);
        using var listening = await SendAsync(api, HttpMethod.Get, Agent, body: null, ("Accept", "text/event-stream"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, listening.StatusCode);
        Assert.Contains("POST", listening.Content.Headers.Allow);
    }

    [Theory]
    [InlineData("tools/list", "", "tools/list", "", HttpStatusCode.OK)]
    [InlineData("tools/call", "list_targets", "tools/call", "list_targets", HttpStatusCode.OK)]
    [InlineData("tools/call", "list_targets", "tools/call", "=?base64?bGlzdF90YXJnZXRz?=", HttpStatusCode.OK)]
    [InlineData("tools/call", "list_targets", "tools/call", "query", HttpStatusCode.BadRequest)]
    [InlineData("tools/call", "list_targets", "tools/list", "list_targets", HttpStatusCode.BadRequest)]
    [InlineData("tools/call", "list_targets", "tools/call", "", HttpStatusCode.BadRequest)]
    [InlineData("ping", "", "ping", "", HttpStatusCode.NotFound)]
    [InlineData("no/such", "", "no/such", "", HttpStatusCode.NotFound)]
    public async Task Without_sessions_headers_say_what_the_message_says(string method, string name, string methodHeader, string nameHeader, HttpStatusCode expected)
    {
        await using var api = await ApiFixture.CreateAsync();
        var body = $$$"""{"jsonrpc":"2.0","id":5,"method":"{{{method}}}","params":{{{{(name.Length > 0 ? $"\"name\":\"{name}\",\"arguments\":{{}}," : "")}}}{{{Meta}}}}}""";
        using var response = await PostAsync(api, Agent, body, ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", methodHeader), ("Mcp-Name", nameHeader));
        Assert.Equal(expected, response.StatusCode);
        Assert.False(response.Headers.Contains("Mcp-Session-Id"));
    }

    [Fact]
    public async Task Without_a_token_it_says_where_tokens_come_from()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync("/mcp", person: null, Initialize);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains(
            "resource_metadata=\"https://gateway.example.test/.well-known/oauth-protected-resource/mcp\"",
            response.Headers.WwwAuthenticate.Single().Parameter,
            StringComparison.Ordinal);
        using var document = await api.GetAsync("/.well-known/oauth-protected-resource/mcp");
        Assert.Equal("https://gateway.example.test/mcp", (await ApiFixture.JsonAsync(document)).GetProperty("resource").GetString());
        using var elsewhere = await api.GetAsync("/api/v1/me");
        Assert.DoesNotContain("resource_metadata", elsewhere.Headers.WwwAuthenticate.Single().Parameter, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_are_taken_as_strictly_as_the_schema_says()
    {
        await using var api = await ApiFixture.CreateAsync();
        var (session, _) = await InitializeAsync(api, Agent);
        foreach (var arguments in (string[])["{}", """{"target":1,"sql":"x"}""", """{"target":"clinic","sql":"x","max_rows":0}""", """{"target":"clinic","sql":"x","more":1}""", """{"target":"clinic","sql":""}"""])
        {
            var body = $$$"""{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"query","arguments":{{{arguments}}}}}""";
            using var response = await PostAsync(api, Agent, body, ("Mcp-Session-Id", session));
            var result = (await EventAsync(response)).GetProperty("result");
            Assert.True(result.GetProperty("isError").GetBoolean(), arguments);
            Assert.Equal("invalid", result.GetProperty("structuredContent").GetProperty("status").GetString());
        }
    }

    private static async Task<(string Session, JsonElement Result)> InitializeAsync(ApiFixture api, string person)
    {
        using var response = await PostAsync(api, person, Initialize);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (response.Headers.GetValues("Mcp-Session-Id").Single(), await EventAsync(response));
    }

    private static Task<HttpResponseMessage> PostAsync(ApiFixture api, string person, string body, params (string Name, string Value)[] headers) =>
        SendAsync(api, HttpMethod.Post, person, body, [("Accept", "application/json, text/event-stream"), .. headers]);

    private static async Task<HttpResponseMessage> SendAsync(ApiFixture api, HttpMethod method, string person, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, "/mcp");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        foreach (var (name, value) in headers.Where(header => header.Value.Length > 0))
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }
        return await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>The last message of an answer's stream.</summary>
    private static async Task<JsonElement> EventAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(text.Split('\n').Last(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..]);
        return document.RootElement.Clone();
    }
}
