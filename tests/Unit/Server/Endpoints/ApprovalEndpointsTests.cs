using System.Net;
using System.Text.Json;
using Sallyport.Api;
using Sallyport.Gateway.Approvals;
using Sallyport.Unit.Gateway.Approvals;
using ApprovalState = Sallyport.Api.ApprovalState;

namespace Sallyport.Unit.Server.Endpoints;

public sealed class ApprovalEndpointsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reviewer_sees_the_exact_statement_and_approves_it()
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync(ApprovalFixture.Question("UPDATE t SET a = $1", "42"));
        var waiting = api.Approvals.Desk.WaitAsync(ticket, TimeSpan.FromSeconds(30), Stop);
        var shown = await ReadAsync(await api.GetAsync($"{ApiRoutes.Approvals}/{ticket.Id}", "sam"));
        Assert.Equal("UPDATE t SET a = $1\n-- $1 = 42", shown.Statement);
        Assert.Equal(["update"], shown.Effects);
        Assert.Equal([new RelationResource("public", "t", "write")], shown.Relations);
        Assert.Equal(ticket.Url.ToString(), shown.Url);
        var approved = await ReadAsync(await api.PostAsync($"{ApiRoutes.Approvals}/{ticket.Id}/approve", "sam", "{\"reason\":\"ok\"}"));
        Assert.Equal(ApprovalState.Approved, approved.State);
        Assert.Equal("sam", approved.DecidedBy);
        Assert.Equal(new ApprovalDecision.Approved("sam"), await waiting);
    }

    [Fact]
    public async Task Approving_needs_no_body()
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync();
        using var response = await api.PostAsync($"{ApiRoutes.Approvals}/{ticket.Id}/approve", "sam");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("agent-reporting", HttpStatusCode.Forbidden)]
    [InlineData("agent-2", HttpStatusCode.NotFound)]
    [InlineData("dana", HttpStatusCode.Forbidden)]
    [InlineData("olga", HttpStatusCode.Forbidden)]
    [InlineData("aron", HttpStatusCode.Forbidden)]
    [InlineData("nina", HttpStatusCode.NotFound)]
    [InlineData("sam", HttpStatusCode.OK)]
    public async Task Only_an_approver_without_a_part_in_the_request_decides(string person, HttpStatusCode status)
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync();
        using var approved = await api.PostAsync($"{ApiRoutes.Approvals}/{ticket.Id}/approve", person, "{}");
        Assert.Equal(status, approved.StatusCode);
        var state = (await api.Approvals.Desk.FindAsync(ticket.Id, Stop))!.State;
        Assert.Equal(status == HttpStatusCode.OK ? Sallyport.Gateway.Approvals.ApprovalState.Approved : Sallyport.Gateway.Approvals.ApprovalState.Pending, state);
    }

    [Theory]
    [InlineData("agent-reporting", 1)]
    [InlineData("agent-2", 1)]
    [InlineData("dana", 1)]
    [InlineData("sam", 2)]
    [InlineData("olga", 2)]
    [InlineData("aron", 2)]
    [InlineData("nina", 0)]
    public async Task A_list_shows_what_the_caller_is_part_of_or_all_to_those_with_a_role(string person, int count)
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.Approvals.RequestAsync();
        await api.Approvals.RequestAsync(ApprovalFixture.Question(requester: ApiFixture.People["agent-2"]));
        using var response = await api.GetAsync(ApiRoutes.Approvals + "?state=pending", person);
        var page = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Stop), ApiJson.Default.ApprovalPage)!;
        Assert.Equal(count, page.Items.Count);
        Assert.False(page.More);
        Assert.All(page.Items, item => Assert.Equal(person == "sam", item.Statement is not null));
    }

    [Fact]
    public async Task A_page_tells_that_there_is_more()
    {
        await using var api = await ApiFixture.CreateAsync();
        await api.Approvals.RequestAsync();
        await api.Approvals.RequestAsync(ApprovalFixture.Question("UPDATE t SET a = 2"));
        using var response = await api.GetAsync(ApiRoutes.Approvals + "?limit=1", "sam");
        var page = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Stop), ApiJson.Default.ApprovalPage)!;
        Assert.Single(page.Items);
        Assert.True(page.More);
    }

    [Fact]
    public async Task Deciding_twice_is_a_conflict()
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync();
        using var denied = await api.PostAsync($"{ApiRoutes.Approvals}/{ticket.Id}/deny", "sam", "{\"reason\":\"no\"}");
        Assert.Equal("no", (await ReadAsync(denied)).Reason);
        using var approved = await api.PostAsync($"{ApiRoutes.Approvals}/{ticket.Id}/approve", "sam", "{}");
        Assert.Equal(HttpStatusCode.Conflict, approved.StatusCode);
    }

    [Fact]
    public async Task A_plan_is_approved_for_a_time_and_revoked_by_those_who_may_decide_or_operate()
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync(StandingApprovalTests.Wide());
        var path = $"{ApiRoutes.Approvals}/{ticket.Id}";
        using var tooLong = await api.PostAsync(path + "/approve", "sam", "{\"scope\":\"plan\",\"forSeconds\":3600}");
        Assert.Equal(HttpStatusCode.BadRequest, tooLong.StatusCode);
        var approved = await ReadAsync(await api.PostAsync(path + "/approve", "sam", "{\"scope\":\"plan\",\"forSeconds\":600}"));
        Assert.Equal((Sallyport.Api.ApprovalScope.Plan, 900, 900, 0L), (approved.Scope, approved.WidenPlanSeconds, approved.WidenRunSeconds, approved.Uses));
        Assert.Equal(api.Approvals.Time.GetUtcNow() + TimeSpan.FromMinutes(10), approved.StandsUntil);
        foreach (var (person, status) in new[]
        {
            ("agent-reporting", HttpStatusCode.Forbidden), ("dana", HttpStatusCode.Forbidden), ("aron", HttpStatusCode.Forbidden), ("nina", HttpStatusCode.NotFound),
        })
        {
            using var refused = await api.PostAsync(path + "/revoke", person);
            Assert.Equal(status, refused.StatusCode);
        }
        var revoked = await ReadAsync(await api.PostAsync(path + "/revoke", "olga"));
        Assert.Equal(("revoked", null), (revoked.EndReason, revoked.Uses));
        using var again = await api.PostAsync(path + "/revoke", "sam");
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task Waiting_answers_as_soon_as_somebody_decides()
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync();
        var waiting = api.GetAsync($"{ApiRoutes.Approvals}/{ticket.Id}/wait?timeoutSeconds=60", "agent-reporting");
        await api.Approvals.WaitUntilHeldAsync();
        Assert.False(waiting.IsCompleted);
        await api.Approvals.DecideAsync(ticket, ApprovalAnswer.Approve);
        Assert.Equal(ApprovalState.Approved, (await ReadAsync(await waiting)).State);
    }

    [Fact]
    public async Task Waiting_ends_with_the_request_still_pending()
    {
        await using var api = await ApiFixture.CreateAsync();
        var ticket = await api.Approvals.RequestAsync();
        var waiting = api.GetAsync($"{ApiRoutes.Approvals}/{ticket.Id}/wait?timeoutSeconds=5", "agent-reporting");
        await api.Approvals.WaitUntilHeldAsync();
        api.Approvals.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ApprovalState.Pending, (await ReadAsync(await waiting)).State);
    }

    private static async Task<ApprovalResource> ReadAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Stop), ApiJson.Default.ApprovalResource)!;
    }
}
