using System.Net;
using System.Text.Json;
using Sallyport.Api;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Storage;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class SessionEndpointsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_is_listed_while_it_lives_and_after()
    {
        await using var api = await ApiFixture.CreateAsync();
        var session = await api.StartSessionAsync("agent-reporting", "ses_1");
        var live = Assert.Single((await ListAsync(api, "olga", "?state=live")).Items);
        Assert.Equal(("ses_1", "clinic", "agent-reporting", "dana"), (live.Id, live.Target, live.Principal, live.OnBehalfOf));
        Assert.Null(live.EndedAt);
        Assert.NotNull(live.FirstIndex);

        await api.EndAsync(session, SessionEnd.Idle);
        Assert.Empty((await ListAsync(api, "olga", "?state=live")).Items);
        var ended = Assert.Single((await ListAsync(api, "olga", "?state=ended")).Items);
        Assert.Equal("idle", ended.EndReason);
        Assert.True(ended.LastIndex > ended.FirstIndex);
    }

    [Theory]
    [InlineData("agent-reporting", 1)]
    [InlineData("agent-2", 1)]
    [InlineData("dana", 1)]
    [InlineData("nina", 0)]
    [InlineData("sam", 2)]
    [InlineData("olga", 2)]
    [InlineData("aron", 2)]
    public async Task Everybody_sees_their_own_sessions_and_roles_see_all(string person, int count)
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.StartSessionAsync("agent-reporting", "ses_1");
        await api.StartSessionAsync("agent-2", "ses_2");
        Assert.Equal(count, (await ListAsync(api, person, "")).Items.Count);
        using var other = await api.GetAsync($"{ApiRoutes.Sessions}/ses_2", person);
        Assert.Equal(count == 2 || person == "agent-2" ? HttpStatusCode.OK : HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task An_operator_who_ends_a_run_says_why_and_its_clients_read_it()
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.StartSessionAsync("agent-reporting", "ses_1");
        var run = ApiFixture.People["agent-reporting"].RunId;
        using var ended = await api.PostAsync(ApiRoutes.TokenRevocations, "olga", $$"""{"run":"{{run}}","reason":"runs\nwild"}""");
        Assert.Equal(1, (await ApiFixture.JsonAsync(ended)).GetProperty("sessions").GetInt32());
        var end = Assert.Single(api.Ends);
        Assert.Equal(("run-ended", "the run of this session was ended by an operator (olga): runs wild"), (end.Code, end.Message));
        await api.Ending;
        Assert.Equal("run-ended (olga: runs\nwild)", Assert.Single((await ListAsync(api, "olga", "?state=ended")).Items).EndReason);
    }

    [Theory]
    [InlineData("""{"run":"r","reason":" "}""")]
    [InlineData("""{"token":"t_1","reason":"why"}""")]
    [InlineData("""{"reason":"why"}""")]
    public async Task A_reason_goes_with_a_run_and_is_not_empty(string body)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var refused = await api.PostAsync(ApiRoutes.TokenRevocations, "olga", body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_or_repeat()
    {
        await using var api = await ApiFixture.CreateAsync();
        for (var number = 0; number < 5; number++)
        {
            await api.StartSessionAsync("agent-2", $"ses_{number}");
        }
        var first = await ListAsync(api, "olga", "?limit=3");
        var second = await ListAsync(api, "olga", $"?limit=3&before={first.Next}");
        Assert.Equal(["ses_4", "ses_3", "ses_2"], first.Items.Select(item => item.Id));
        Assert.Equal(["ses_1", "ses_0"], second.Items.Select(item => item.Id));
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task An_operator_ends_a_session_and_the_client_is_told_why()
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.StartSessionAsync("agent-reporting", "ses_1");
        using var response = await api.PostAsync($"{ApiRoutes.Sessions}/ses_1/kill", "olga", "{\"reason\":\"runs\\nwild\"}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var session = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Stop), ApiJson.Default.SessionResource)!;
        Assert.NotNull(session.EndedAt);
        Assert.Equal("killed (olga: runs\nwild)", session.EndReason);
        Assert.Equal("the session was ended by an operator (olga): runs wild", Assert.Single(api.Ends).Message);
        using var again = await api.PostAsync($"{ApiRoutes.Sessions}/ses_1/kill", "olga", "{\"reason\":\"again\"}");
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Theory]
    [InlineData("agent-reporting")]
    [InlineData("dana")]
    [InlineData("sam")]
    [InlineData("aron")]
    public async Task Nobody_else_ends_a_session(string person)
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.StartSessionAsync("agent-reporting", "ses_1");
        using var response = await api.PostAsync($"{ApiRoutes.Sessions}/ses_1/kill", person, "{\"reason\":\"x\"}");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Empty(api.Ends);
    }

    [Theory]
    [InlineData("?state=dead")]
    [InlineData("?before=x")]
    [InlineData("?limit=0")]
    public async Task A_query_that_means_nothing_is_refused(string query)
    {
        await using var api = await ApiFixture.CreateAsync();
        using var response = await api.GetAsync(ApiRoutes.Sessions + query, "olga");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task What_a_crash_left_open_is_ended_at_the_next_start()
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.StartSessionAsync("agent-reporting", "ses_1");
        await ListAsync(api, "olga", "");
        var store = new SqliteSessions(api.Approvals.Database);
        Assert.Equal(1, await store.EndUnfinishedAsync(TimeProvider.System.GetUtcNow(), "gateway-crash"));
        Assert.Equal("gateway-crash", (await store.FindAsync("ses_1", Stop))!.EndReason);
    }

    private static async Task<SessionPage> ListAsync(ApiFixture api, string person, string query)
    {
        using var response = await api.GetAsync(ApiRoutes.Sessions + query, person);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Stop), ApiJson.Default.SessionPage)!;
    }
}
