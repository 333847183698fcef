using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Sallyport.Api;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class ApiFrameTests
{
    private static readonly string[] OpenToAll =
    [
        "/healthz", "/readyz", "/metrics", "/approvals/{id}", "/access/requests/{id}", "/access/grants/{id}", "/openapi/{documentName}.json",
        // Tokens in the request are the proof here.
        ApiRoutes.OAuthToken, ApiRoutes.OAuthRevocation, ApiRoutes.OAuthKeys, ApiRoutes.OpenIdConfiguration, ApiRoutes.OAuthMetadata,
        "/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp",
    ];

    [Fact]
    public async Task Every_endpoint_needs_a_token_except_the_named_ones()
    {
        await using var api = await ApiFixture.CreateAsync();
        var endpoints = api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.True(endpoints.Count >= 6);
        foreach (var endpoint in endpoints)
        {
            var route = endpoint.RoutePattern.RawText!;
            var isOpen = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
            Assert.Equal(OpenToAll.Contains(route), isOpen);
            Assert.True(isOpen || endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null, route);
        }
    }

    [Fact]
    public async Task Every_closed_endpoint_answers_401_without_a_token()
    {
        await using var api = await ApiFixture.CreateAsync();
        foreach (var endpoint in api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null)
            {
                continue;
            }
            var path = endpoint.RoutePattern.RawText!.Replace("{id}", "apr_0000000000", StringComparison.Ordinal);
            var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
            using var response = await api.SendAsync(new HttpMethod(method), path);
            await AssertProblemAsync(response, HttpStatusCode.Unauthorized);
            Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        }
    }

    /// <summary>Whatever changes something and is not on this list is for people: an agent asks, explains, ends its own run, and never decides.</summary>
    [Fact]
    public async Task An_agent_can_call_nothing_that_decides()
    {
        string[] forAgents = [ApiRoutes.AccessRequests, ApiRoutes.AccessExtend, ApiRoutes.Explain, "/mcp/"];
        await using var api = await ApiFixture.CreateAsync();
        var tried = new List<string>();
        foreach (var endpoint in api.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>())
        {
            var route = endpoint.RoutePattern.RawText!;
            var methods = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Where(method => method is not ("GET" or "HEAD" or "OPTIONS"));
            foreach (var method in OpenToAll.Contains(route) || forAgents.Contains(route) ? [] : methods)
            {
                var path = route.Replace("{id}", "apr_0000000000", StringComparison.Ordinal).Replace("{name}", "mail", StringComparison.Ordinal);
                using var response = await api.SendAsync(new HttpMethod(method), path, "agent-reporting", """{"reason":"why"}""");
                using var empty = await api.SendAsync(new HttpMethod(method), path, "agent-reporting", "{}");
                tried.Add($"{method} {route} {(int)response.StatusCode} {(int)empty.StatusCode}");
            }
        }
        Assert.True(tried.Count >= 12, string.Join('\n', tried));
        Assert.All(tried, answer => Assert.Matches(" 40[34]( 40[0-9])?$", answer));
    }

    [Fact]
    public async Task A_refused_token_is_told_why_and_counted()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.GetAsync(ApiRoutes.Me, "stale-token");
        var problem = await AssertProblemAsync(response, HttpStatusCode.Unauthorized);
        Assert.Contains("expired", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("invalid_token", response.Headers.WwwAuthenticate.Single().Parameter, StringComparison.Ordinal);
        using var metrics = await api.GetAsync("/metrics");
        Assert.Contains(
            "sallyport_authentication_failures_total{reason=\"expired\"} 1",
            await metrics.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent-reporting", "agent", "agent")]
    [InlineData("dana", "human", "developer")]
    [InlineData("sam", "human", "reviewer")]
    [InlineData("olga", "human", "operator")]
    [InlineData("aron", "human", "auditor")]
    [InlineData("nina", "human", "")]
    public async Task Roles_follow_from_groups_and_an_agent_has_one_role(string person, string kind, string roles)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.GetAsync(ApiRoutes.Me, person);
        var me = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), ApiJson.Default.CallerResource)!;
        Assert.Equal(kind, me.Kind.ToString().ToLowerInvariant());
        Assert.Equal(roles, string.Join(' ', me.Roles));
    }

    [Theory]
    [InlineData("GET", "/nowhere", HttpStatusCode.NotFound)]
    [InlineData("DELETE", ApiRoutes.Me, HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", ApiRoutes.Approvals + "?limit=many", HttpStatusCode.BadRequest)]
    [InlineData("GET", ApiRoutes.Approvals + "?limit=501", HttpStatusCode.BadRequest)]
    [InlineData("GET", ApiRoutes.Budgets + "?limit=0", HttpStatusCode.BadRequest)]
    [InlineData("GET", ApiRoutes.Approvals + "?state=maybe", HttpStatusCode.BadRequest)]
    [InlineData("GET", ApiRoutes.Approvals + "/apr_0000000000", HttpStatusCode.NotFound)]
    [InlineData("GET", ApiRoutes.Approvals + "/apr_0000000000/wait?timeoutSeconds=61", HttpStatusCode.BadRequest)]
    [InlineData("POST", ApiRoutes.Approvals + "/nonsense/approve", HttpStatusCode.NotFound)]
    public async Task Every_failure_is_a_problem_document(string method, string path, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.SendAsync(new HttpMethod(method), path, "sam");
        await AssertProblemAsync(response, status);
    }

    [Theory]
    [InlineData("{\"reason\":\"x\",\"other\":1}")]
    [InlineData("{\"reason\":null}")]
    [InlineData("{}")]
    [InlineData("{\"reason\":\"a\",\"reason\":\"b\"}")]
    [InlineData("{\"reason\"")]
    [InlineData("")]
    public async Task A_body_that_is_not_what_was_asked_for_is_refused(string body)
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync();
        using var response = await api.PostAsync($"{ApiRoutes.Approvals}/{ticket.Id}/deny", "sam", body);
        await AssertProblemAsync(response, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_body_over_the_limit_is_refused_with_413()
    {
        await using var api = await ApiFixture.CreateAsync();
        var body = $"{{\"reason\":\"{new string('x', ApiLimits.MaxRequestBytes)}\"}}";
        using var response = await api.PostAsync($"{ApiRoutes.Approvals}/apr_0000000000/deny", "sam", body);
        await AssertProblemAsync(response, HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task A_body_that_is_not_JSON_is_refused_with_415()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{ApiRoutes.Approvals}/apr_0000000000/deny");
        request.Headers.Authorization = new("Bearer", "sam");
        request.Content = new StringContent("reason=x", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        await AssertProblemAsync(response, HttpStatusCode.UnsupportedMediaType);
    }

    [Fact]
    public async Task Answers_carry_security_headers_and_no_banner()
    {
        await using var api = await ApiFixture.CreateAsync();
        foreach (var path in (string[])["/healthz", ApiRoutes.Me, "/nowhere"])
        {
            using var response = await api.GetAsync(path);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Contains("default-src 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    [Fact]
    public async Task Health_tells_liveness_and_readiness_apart()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var ready = await api.GetAsync("/readyz");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        api.Obstacle = "The ledger cannot be written.";
        using var unready = await api.GetAsync("/readyz");
        await AssertProblemAsync(unready, HttpStatusCode.ServiceUnavailable);
        using var alive = await api.GetAsync("/healthz");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_every_address_of_the_API()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.GetAsync("/openapi/v1.json");
        var paths = (await ApiFixture.JsonAsync(response)).GetProperty("paths");
        foreach (var route in (string[])[ApiRoutes.Me, ApiRoutes.Approvals, ApiRoutes.Approval, ApiRoutes.Approve, ApiRoutes.Deny, ApiRoutes.Wait, ApiRoutes.Sessions, ApiRoutes.Session, ApiRoutes.Kill, ApiRoutes.Budgets, ApiRoutes.LedgerCheckpoint, ApiRoutes.LedgerKey, ApiRoutes.EvidenceExports, ApiRoutes.Explain, ApiRoutes.Floor, ApiRoutes.SelfTest, ApiRoutes.TokenRevocations, ApiRoutes.RunEnd])
        {
            Assert.True(paths.TryGetProperty(route, out _), route);
        }
    }

    [Theory]
    [InlineData("apr_0123456789", HttpStatusCode.OK)]
    [InlineData("apr_<script>al", HttpStatusCode.NotFound)]
    public async Task The_page_behind_a_refusal_tells_how_to_decide_and_nothing_else(string id, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.GetAsync("/approvals/" + Uri.EscapeDataString(id));
        Assert.Equal(status, response.StatusCode);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal(status == HttpStatusCode.OK, page.Contains($"sallyport approvals approve {id}", StringComparison.Ordinal));
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_from_behind_a_proxy_need_a_role()
    {
        await using var api = await ApiFixture.CreateAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await ScrapeAsync(api, person: null));
        Assert.Equal(HttpStatusCode.Forbidden, await ScrapeAsync(api, "nina"));
        Assert.Equal(HttpStatusCode.OK, await ScrapeAsync(api, "olga"));
    }

    private static async Task<HttpStatusCode> ScrapeAsync(ApiFixture api, string? person)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        request.Headers.Add("X-Forwarded-For", "192.0.2.7");
        if (person is not null)
        {
            request.Headers.Authorization = new("Bearer", person);
        }
        using var response = await api.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }

    private static async Task<JsonElement> AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(ApiProblem.MediaType, response.Content.Headers.ContentType?.MediaType);
        var problem = await ApiFixture.JsonAsync(response);
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        foreach (var member in (string[])["type", "title", "detail", "remedy"])
        {
            Assert.NotEqual("", problem.GetProperty(member).GetString());
        }
        return problem;
    }
}
