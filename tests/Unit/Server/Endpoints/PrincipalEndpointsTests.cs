using System.Net;
using System.Text.Json;
using Sallyport.Api;
using Sallyport.Gateway.Approvals;
using Sallyport.Unit.Gateway.Approvals;
using ApprovalState = Sallyport.Gateway.Approvals.ApprovalState;

namespace Sallyport.Unit.Server.Endpoints;

/// <summary>Shutting somebody out, and letting them in again.</summary>
public sealed class PrincipalEndpointsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("agent-reporting", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    [InlineData("dana", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    [InlineData("sam", HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData("aron", HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData("olga", HttpStatusCode.OK, HttpStatusCode.OK)]
    public async Task Only_operators_shut_out_and_agents_see_nobody(string person, HttpStatusCode list, HttpStatusCode disable)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var listed = await api.GetAsync(ApiRoutes.Principals, person);
        Assert.Equal(list, listed.StatusCode);
        using var disabled = await api.PostAsync($"{ApiRoutes.Principals}/p_agent2/disable", person, "{\"reason\":\"x\"}");
        Assert.Equal(disable, disabled.StatusCode);
        Assert.Equal(disable == HttpStatusCode.OK, api.Disabled.IsDisabled(ApiFixture.People["agent-2"]));
    }

    [Fact]
    public async Task Who_is_shut_out_loses_sessions_and_pending_approvals_and_others_keep_theirs()
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.StartSessionAsync("agent-2", "ses_1");
        await api.StartSessionAsync("agent-reporting", "ses_2");
        var lost = await api.Approvals.RequestAsync(ApprovalFixture.Question(requester: ApiFixture.People["agent-2"]));
        var kept = await api.Approvals.RequestAsync();
        var waiting = api.Approvals.Desk.WaitAsync(lost, TimeSpan.FromSeconds(30), Stop);

        var out1 = await ReadAsync(await api.PostAsync($"{ApiRoutes.Principals}/p_agent2/disable", "olga", "{\"reason\":\"stolen\"}"));
        Assert.Equal(("p_agent2", "agent-2", "olga", "stolen"), (out1.Id, out1.Name, out1.DisabledBy, out1.DisabledReason));
        Assert.Equal("principal-disabled", Assert.Single(api.Ends).Code);
        Assert.Equal(["ses_2"], api.Sessions.Live.Select(static session => session.Id));
        Assert.Equal(new ApprovalDecision.Expired(), await waiting);
        Assert.Equal(ApprovalState.Pending, (await api.Approvals.Desk.FindAsync(kept.Id, Stop))!.State);

        using var twice = await api.PostAsync($"{ApiRoutes.Principals}/p_agent2/enable", "olga", "{\"reason\":\"found\"}");
        Assert.Null((await ReadAsync(twice)).DisabledAt);
        Assert.False(api.Disabled.IsDisabled(ApiFixture.People["agent-2"]));
        using var again = await api.PostAsync($"{ApiRoutes.Principals}/p_agent2/enable", "olga", "{\"reason\":\"found\"}");
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Theory]
    [InlineData("p_agent2", "{\"reason\":\"\"}")]
    [InlineData("p_agent2", "{}")]
    [InlineData("agent-2", "{\"reason\":\"x\"}")]
    public async Task An_order_needs_an_id_and_a_reason(string id, string body)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync($"{ApiRoutes.Principals}/{id}/disable", "olga", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Nobody_shuts_themselves_out()
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.PostAsync($"{ApiRoutes.Principals}/{ApiFixture.People["olga"].Id}/disable", "olga", "{\"reason\":\"x\"}");
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.False(api.Disabled.IsDisabled(ApiFixture.People["olga"]));
    }

    [Fact]
    public async Task Runs_are_listed_with_their_sessions_to_those_who_may_see_them()
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.StartSessionAsync("agent-reporting", "ses_1");
        await api.StartSessionAsync("agent-2", "ses_2");
        var run = ApiFixture.People["agent-reporting"].RunId;
        var all = await RunsAsync(api, "olga");
        Assert.Equal([(run, "agent-2", 1L), (run, "agent-reporting", 1L)], all.Items.Select(static item => (item.Run, item.Principal, item.Live)));
        Assert.Empty((await RunsAsync(api, "nina")).Items);
    }

    private static async Task<RunPage> RunsAsync(ApiFixture api, string person)
    {
        using var response = await api.GetAsync(ApiRoutes.Runs, person);
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Stop), ApiJson.Default.RunPage)!;
    }

    private static async Task<PrincipalResource> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Stop), ApiJson.Default.PrincipalResource)!;
    }
}
