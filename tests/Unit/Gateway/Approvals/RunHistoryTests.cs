using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using static Sallyport.Unit.Gateway.Approvals.ApprovalFixture;

namespace Sallyport.Unit.Gateway.Approvals;

public sealed class RunHistoryTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reviewer_sees_the_last_commands_of_the_run_before_the_one_that_waits()
    {
        await using var fixture = await CreateAsync();
        var histories = fixture.Desk.Histories;
        var read = Question().Command with { Class = CommandClass.Read, Effects = Effects.None };
        for (var number = 0; number < RunHistory.MaxCommands + 5; number++)
        {
            histories.Of(Agent(), $"s_{number}").Add(read, "allow", $"rule-{number}", fixture.Time.GetUtcNow());
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
        }
        histories.Of(Agent(), "s_1").Add(read with { Class = CommandClass.Session }, "allow", "session", fixture.Time.GetUtcNow());
        histories.Of(Agent("run-2"), "s_1").Add(read, "allow", "elsewhere", fixture.Time.GetUtcNow());
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var ticket = await fixture.RequestAsync();
        histories.Of(Agent(), "s_1").Add(read, "allow", "later", fixture.Time.GetUtcNow());
        var before = histories.Before((await fixture.Desk.FindAsync(ticket.Id, Stop))!);
        Assert.Equal(RunHistory.MaxCommands - 1, before.Count);
        Assert.Equal($"rule-{RunHistory.MaxCommands + 4}", before[0].Rule);
        Assert.DoesNotContain(before, earlier => earlier.Rule is "session" or "elsewhere" or "later");
    }

    [Fact]
    public void Sessions_without_a_run_have_their_own_history_and_the_quiet_ones_are_forgotten()
    {
        var histories = new RunHistories();
        var at = new DateTimeOffset(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
        var first = histories.Of(Agent(""), "s_0");
        Assert.NotSame(first, histories.Of(Agent(""), "s_1"));
        for (var number = 1; number <= RunHistories.MaxRuns; number++)
        {
            histories.Of(Agent(""), $"s_{number}").Add(Question().Command, "allow", "r", at.AddSeconds(number));
        }
        Assert.NotSame(first, histories.Of(Agent(""), "s_0"));
        Assert.Same(histories.Of(Agent(""), $"s_{RunHistories.MaxRuns}"), histories.Of(Agent(""), $"s_{RunHistories.MaxRuns}"));
    }

    [Fact]
    public async Task Denied_requests_of_the_run_that_touch_the_same_are_named()
    {
        await using var fixture = await CreateAsync();
        var denied = await fixture.RequestAsync();
        await fixture.DecideAsync(denied, ApprovalAnswer.Deny);
        var question = Question("DELETE FROM t");
        var same = await fixture.RequestAsync(question);
        var other = await fixture.RequestAsync(question with { Command = question.Command with { Relations = [new RelationUse("public", "u", RelationAccess.Write)] } });
        var otherRun = await fixture.RequestAsync(Question("DELETE FROM t", requester: Agent("run-2") with { Id = "p_2" }));
        Assert.Equal([denied.Id], await NamesAsync(same));
        Assert.Empty(await NamesAsync(other));
        Assert.Empty(await NamesAsync(otherRun));

        async Task<IEnumerable<string>> NamesAsync(ApprovalTicket ticket) =>
            (await fixture.Desk.DeniedBeforeAsync((await fixture.Desk.FindAsync(ticket.Id, Stop))!, Stop)).Select(approval => approval.Id);
    }
}
