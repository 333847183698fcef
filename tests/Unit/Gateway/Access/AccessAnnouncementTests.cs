using Sallyport.Gateway.Access;
using static Sallyport.Unit.Gateway.Access.AccessFixture;

namespace Sallyport.Unit.Gateway.Access;

public sealed class AccessAnnouncementTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task People_are_told_once_of_what_they_have_to_decide_and_not_of_what_a_rule_gives()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync();
        Assert.Equal(request.Id, (await fixture.RequestAsync()).Id);
        var given = await fixture.RequestAsync(Ask(0.1), Agent("quick-agents"));
        Assert.Equal(AccessRequestState.Granted, given.State);
        await fixture.Desk.RequestAsync(Agent("nobody"), Ask(), thisRunOnly: false, "r", Stop);
        Assert.Equal([request.Id], fixture.Told);
    }

    [Fact]
    public async Task People_are_told_of_a_request_for_more_time()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var grant = await fixture.GrantAsync();
        fixture.Told.Clear();
        var more = await fixture.Desk.ExtendAsync(Agent(), grant.Id, until: null, TimeSpan.FromHours(1), "not done yet", Stop);
        Assert.Equal([Assert.IsType<AccessOutcome.OfRequest>(more).Request.Id], fixture.Told);
    }

    [Fact]
    public async Task People_are_told_once_of_an_emergency_and_not_of_a_refused_one()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        await fixture.Desk.BreakGlassAsync(Human("nina", "staff"), "clinic", "fire", Stop);
        Assert.Empty(fixture.Told);
        var opened = await fixture.Desk.BreakGlassAsync(Human("ray", "responders"), "clinic", "fire", Stop);
        await fixture.Desk.BreakGlassAsync(Human("ray", "responders"), "clinic", "still fire", Stop);
        Assert.Equal([Assert.IsType<AccessOutcome.OfGrant>(opened).Grant.Id], fixture.Told);
    }
}
