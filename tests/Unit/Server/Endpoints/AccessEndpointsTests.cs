using System.Net;
using System.Text.Json;
using Sallyport.Api;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class AccessEndpointsTests
{
    private const string Request = """{"target":"clinic","allow":["read"],"tables":["clinic.encounters"],"seconds":600,"reason":"monthly report"}""";

    [Fact]
    public async Task An_agent_asks_a_person_agrees_and_both_see_it()
    {
        await using var api = await ApiFixture.CreateAsync();
        var id = await RequestAsync(api);
        var waiting = api.GetAsync($"/api/v1/access/requests/{id}/wait?timeoutSeconds=20", "agent-reporting");
        using var approved = await api.PostAsync($"/api/v1/access/requests/{id}/approve", "sam", """{"reason":"fine"}""");
        Assert.Equal(HttpStatusCode.OK, approved.StatusCode);
        var request = await ApiFixture.JsonAsync(await waiting);
        Assert.Equal("granted", request.GetProperty("state").GetString());
        Assert.Equal("sam", Assert.Single(request.GetProperty("decisions").EnumerateArray()).GetProperty("by").GetString());

        var grants = await ApiFixture.JsonAsync(await api.GetAsync("/api/v1/access/grants?state=active", "agent-reporting"));
        Assert.Equal(["standing", "request"], grants.GetProperty("items").EnumerateArray().Select(g => g.GetProperty("origin").GetString()));
        var grant = request.GetProperty("grant").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await api.GetAsync($"/api/v1/access/grants/{grant}", "sam")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await api.GetAsync($"/api/v1/access/grants/{grant}", "nina")).StatusCode);

        using var revoked = await api.PostAsync($"/api/v1/access/grants/{grant}/revoke", "olga", """{"reason":"done"}""");
        Assert.Equal("revoked by olga: done", (await ApiFixture.JsonAsync(revoked)).GetProperty("endReason").GetString());
        using var again = await api.PostAsync($"/api/v1/access/grants/{grant}/revoke", "olga", """{"reason":"done"}""");
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Theory]
    [InlineData("/api/v1/access/requests/{id}/approve", "{}")]
    [InlineData("/api/v1/access/requests/{id}/deny", """{"reason":"x"}""")]
    [InlineData("/api/v1/access/grants/gr_0000000000/revoke", """{"reason":"x"}""")]
    [InlineData("/api/v1/access/grants/gr_0000000000/review", """{"note":"x"}""")]
    [InlineData("/api/v1/access/break-glass", """{"target":"clinic","reason":"x"}""")]
    public async Task No_agent_can_call_what_decides(string path, string body)
    {
        await using var api = await ApiFixture.CreateAsync();
        var id = await RequestAsync(api);
        foreach (var agent in new[] { "agent-reporting", "agent-2" })
        {
            using var response = await api.PostAsync(path.Replace("{id}", id, StringComparison.Ordinal), agent, body);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("dana", HttpStatusCode.Forbidden)] // for whom the agent acts
    [InlineData("olga", HttpStatusCode.Forbidden)] // runs the gateway, decides nothing
    [InlineData("aron", HttpStatusCode.Forbidden)]
    [InlineData("nina", HttpStatusCode.NotFound)]
    public async Task Whoever_has_no_say_is_refused(string person, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        var id = await RequestAsync(api);
        using var response = await api.PostAsync($"/api/v1/access/requests/{id}/approve", person, "{}");
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("pending", (await ApiFixture.JsonAsync(await api.GetAsync($"/api/v1/access/requests/{id}", "sam"))).GetProperty("state").GetString());
    }

    [Theory]
    [InlineData("""{"target":"clinic","allow":["read"],"tables":["encounters"],"seconds":600,"reason":"r"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"target":"clinic","allow":["admin"],"seconds":600,"reason":"r"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"seconds":600,"reason":" "}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"reason":"r"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"seconds":-1,"reason":"r"}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"target":"clinic","allow":["write"],"schemas":["clinic"],"seconds":600,"reason":"r"}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"target":"elsewhere","allow":["read"],"seconds":600,"reason":"r"}""", HttpStatusCode.Forbidden)]
    [InlineData("""{"target":"clinic","allow":["read"],"schemas":["clinic"],"seconds":600,"reason":"r","more":1}""", HttpStatusCode.BadRequest)]
    public async Task A_request_that_cannot_be_taken_says_why(string body, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync(ApiRoutes.AccessRequests, "agent-reporting", body);
        Assert.Equal(status, response.StatusCode);
        Assert.NotEqual("", (await ApiFixture.JsonAsync(response)).GetProperty("remedy").GetString());
    }

    [Fact]
    public async Task An_emergency_is_opened_by_its_people_and_reviewed_by_others()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var refused = await api.PostAsync(ApiRoutes.BreakGlass, "sam", """{"target":"clinic","reason":"fire"}""");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var opened = await api.PostAsync(ApiRoutes.BreakGlass, "olga", """{"target":"clinic","reason":"fire"}""");
        var grant = await ApiFixture.JsonAsync(opened);
        Assert.Equal("break-glass", grant.GetProperty("origin").GetString());
        Assert.False(grant.GetProperty("review").TryGetProperty("by", out _));
        var id = grant.GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.Forbidden, (await api.PostAsync($"/api/v1/access/grants/{id}/review", "olga", """{"note":"ok"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await api.PostAsync($"/api/v1/access/grants/{id}/review", "sam", """{"note":"ok"}""")).StatusCode);
        await api.PostAsync($"/api/v1/access/grants/{id}/revoke", "sam", """{"reason":"over"}""");
        using var reviewed = await api.PostAsync($"/api/v1/access/grants/{id}/review", "sam", """{"note":"ok"}""");
        Assert.Equal("sam", (await ApiFixture.JsonAsync(reviewed)).GetProperty("review").GetProperty("by").GetString());
    }

    [Theory]
    [InlineData("/access/requests/req_0000000000", HttpStatusCode.OK, "sallyport access approve req_0000000000")]
    [InlineData("/access/grants/gr_0000000000", HttpStatusCode.OK, "sallyport access review gr_0000000000")]
    [InlineData("/access/requests/gr_0000000000", HttpStatusCode.NotFound, "Not found")]
    [InlineData("/access/grants/%3Cscript%3E", HttpStatusCode.NotFound, "Not found")]
    public async Task The_page_of_a_message_says_how_to_go_on_whether_it_exists_or_not(string path, HttpStatusCode status, string holds)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var page = await api.GetAsync(path);
        Assert.Equal(status, page.StatusCode);
        Assert.Contains(holds, await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<string> RequestAsync(ApiFixture api)
    {
        using var response = await api.PostAsync(ApiRoutes.AccessRequests, "agent-reporting", Request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        JsonElement request = await ApiFixture.JsonAsync(response);
        Assert.Equal("pending", request.GetProperty("state").GetString());
        return request.GetProperty("id").GetString()!;
    }
}
