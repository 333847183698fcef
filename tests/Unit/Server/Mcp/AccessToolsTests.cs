using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Local;
using Sallyport.Server.Mcp.Tools;

namespace Sallyport.Unit.Server.Mcp;

public sealed class AccessToolsTests
{
    private const string Agent = "agent-reporting";
    private const string Ask = """{"target":"clinic","allow":["read"],"tables":["clinic.encounters"],"seconds":600,"reason":"monthly report"}""";

    [Fact]
    public async Task Who_asked_waits_until_a_person_decides()
    {
        await using var api = await ApiFixture.CreateAsync();
        var asked = Structured(await CallAsync(api, Agent, "request_access", Ask));
        var id = asked.GetProperty("id").GetString();
        Assert.Equal(("pending", "reads", 1), (asked.GetProperty("state").GetString(), asked.GetProperty("rule").GetString(), asked.GetProperty("missing").GetInt32()));
        Assert.Equal($"https://gateway.example.test/access/requests/{id}", asked.GetProperty("url").GetString());
        Assert.Contains("security-officers", asked.GetProperty("next_step").GetString(), StringComparison.Ordinal);
        Assert.Equal(id, Structured(await CallAsync(api, Agent, "request_access", Ask)).GetProperty("id").GetString());
        Assert.Equal("pending", Structured(await StatusAsync(api, Agent, id)).GetProperty("state").GetString());

        var waiting = StatusAsync(api, Agent, id, wait: 60);
        using var approved = await api.PostAsync($"/api/v1/access/requests/{id}/approve", "sam", """{"reason":"fine\nby me"}""");
        Assert.Equal(HttpStatusCode.OK, approved.StatusCode);
        var result = await waiting;
        Assert.Contains("granted (fine by me)", result.GetProperty("content")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        var granted = Structured(result);
        Assert.StartsWith("gr_", granted.GetProperty("grant").GetString(), StringComparison.Ordinal);
        Assert.True(granted.TryGetProperty("until", out _));
        Assert.Equal("sam", Assert.Single(granted.GetProperty("decisions").EnumerateArray()).GetProperty("by").GetString());
    }

    [Fact]
    public async Task A_denial_says_why_and_a_grant_that_was_taken_back_says_so()
    {
        await using var api = await ApiFixture.CreateAsync();
        var id = Structured(await CallAsync(api, Agent, "request_access", Ask)).GetProperty("id").GetString();
        using var denied = await api.PostAsync($"/api/v1/access/requests/{id}/deny", "sam", """{"reason":"not this month"}""");
        var status = Structured(await StatusAsync(api, Agent, id));
        Assert.Equal("denied", status.GetProperty("state").GetString());
        Assert.Equal("not this month", status.GetProperty("decisions")[0].GetProperty("reason").GetString());

        var again = Structured(await CallAsync(api, Agent, "request_access", Ask)).GetProperty("id").GetString();
        using var approved = await api.PostAsync($"/api/v1/access/requests/{again}/approve", "sam", "{}");
        var grant = Structured(await StatusAsync(api, Agent, again)).GetProperty("grant").GetString();
        using var revoked = await api.PostAsync($"/api/v1/access/grants/{grant}/revoke", "olga", """{"reason":"done"}""");
        Assert.Contains("over", Structured(await StatusAsync(api, Agent, again)).GetProperty("next_step").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_others_asked_for_does_not_exist()
    {
        await using var api = await ApiFixture.CreateAsync();
        var id = Structured(await CallAsync(api, Agent, "request_access", Ask)).GetProperty("id").GetString();
        foreach (var unknown in new[] { id, "req_0000000000", "x" })
        {
            var status = await StatusAsync(api, "agent-2", unknown);
            Assert.True(status.GetProperty("isError").GetBoolean());
            Assert.Equal("no-request", Structured(status).GetProperty("rule").GetString());
        }
    }

    [Theory]
    [InlineData("""{"target":"clinic","allow":["write"],"schemas":["clinic"],"seconds":600,"reason":"r"}""", "refused", "access:no-rule")]
    [InlineData("""{"target":"elsewhere","allow":["read"],"seconds":600,"reason":"r"}""", "refused", "access:no-rule")]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"reason":"r"}""", "invalid", "access:invalid")]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"seconds":600,"until":"2036-01-01T00:00:00Z","reason":"r"}""", "invalid", "access:invalid")]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"seconds":600,"this_run_only":"yes","reason":"r"}""", "invalid", "arguments")]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"until":"tomorrow","reason":"r"}""", "invalid", "arguments")]
    [InlineData("""{"target":"clinic","allow":["admin"],"seconds":600,"reason":"r"}""", "invalid", "access:invalid")]
    [InlineData("""{"target":"clinic","allow":"read","seconds":600,"reason":"r"}""", "invalid", "arguments")]
    [InlineData("""{"target":"clinic","allow":["read",""],"seconds":600,"reason":"r"}""", "invalid", "arguments")]
    [InlineData("""{"target":"clinic","allow":["read"],"tables":["encounters"],"seconds":600,"reason":"r"}""", "invalid", "arguments")]
    [InlineData("""{"target":"clinic","allow":["read"],"seconds":0,"reason":"r"}""", "invalid", "arguments")]
    [InlineData("""{"target":"clinic","allow":["read"],"seconds":600}""", "invalid", "arguments")]
    [InlineData("""{"target":"clinic","allow":["read"],"seconds":600,"reason":"r","approve":true}""", "invalid", "arguments")]
    public async Task A_request_that_cannot_be_taken_says_why(string arguments, string status, string rule)
    {
        await using var api = await ApiFixture.CreateAsync();
        var result = await CallAsync(api, Agent, "request_access", arguments);
        Assert.True(result.GetProperty("isError").GetBoolean());
        Assert.Equal((status, rule), (Structured(result).GetProperty("status").GetString(), Structured(result).GetProperty("rule").GetString()));
        Assert.NotEqual("", Structured(result).GetProperty("next_step").GetString());
    }

    [Fact]
    public async Task A_refusal_names_the_call_that_asks_for_what_is_missing()
    {
        await using var api = await ApiFixture.CreateAsync();
        var missing = new AccessAsk
        {
            Target = "clinic",
            Scope = new AccessScope { Allow = [CommandClass.Read], Tables = [new RelationName("clinic", "Lab \"results\"")] },
            Length = TimeSpan.FromHours(2),
        };
        var refused = QueryAnswer.NotDone(new LocalResult.Refused(new CommandRefusal("no-grant", "policy", "no grant opens it", "Ask for it: sallyport access request ...") { Access = missing }, "42501"));
        var structured = refused.StructuredContent!.Value;
        Assert.StartsWith("Ask for it: call request_access with {", structured.GetProperty("next_step").GetString(), StringComparison.Ordinal);
        var next = structured.GetProperty("next_call");
        Assert.Equal("request_access", next.GetProperty("tool").GetString());
        Assert.Equal("reason", Assert.Single(next.GetProperty("missing").EnumerateArray()).GetString());

        var arguments = JsonNode.Parse(next.GetProperty("arguments").GetRawText())!.AsObject();
        arguments["reason"] = "because";
        Assert.Equal("pending", Structured(await CallAsync(api, Agent, "request_access", arguments.ToJsonString())).GetProperty("state").GetString());
        var stored = await ApiFixture.JsonAsync(await api.GetAsync("/api/v1/access/requests", Agent));
        Assert.Equal("clinic.\"Lab \"\"results\"\"\"", stored.GetProperty("items")[0].GetProperty("scope").GetProperty("tables")[0].GetString());
    }

    private static Task<JsonElement> StatusAsync(ApiFixture api, string person, string? id, int wait = 0) =>
        CallAsync(api, person, "access_status", $$"""{"id":"{{id}}","wait_seconds":{{wait}}}""");

    private static JsonElement Structured(JsonElement result) => result.GetProperty("structuredContent");

    /// <summary>One call of a client that has no session.</summary>
    private static async Task<JsonElement> CallAsync(ApiFixture api, string person, string tool, string arguments)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person);
        foreach (var (name, value) in new[] { ("Accept", "application/json, text/event-stream"), ("MCP-Protocol-Version", "2026-07-28"), ("Mcp-Method", "tools/call"), ("Mcp-Name", tool) })
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }
        var meta = """{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}""";
        var body = $$$"""{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}},"_meta":{{{meta}}} } }""";
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(text.Split('\n').Last(line => line.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..]);
        return document.RootElement.GetProperty("result").Clone();
    }
}
