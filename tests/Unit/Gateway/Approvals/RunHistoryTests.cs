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
    public async Task Many_commands_that_were_allowed_do_not_push_a_refusal_out_of_memory()
    {
        await using var fixture = await CreateAsync();
        var history = fixture.Desk.Histories.Of(Agent(), "s_1");
        history.Refused(Question().Command with { Template = "UPDATE t SET a = $n" }, "no-unbounded", fixture.Time.GetUtcNow(), record: 41);
        for (var number = 0; number < RunHistory.MaxCommands; number++)
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(1));
            history.Add(Question().Command with { Class = CommandClass.Read }, "allow", "reads", fixture.Time.GetUtcNow());
        }
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var found = await RewordedFromAsync(fixture, Question());
        Assert.Equal(("", 41L, "no-unbounded", false), (found?.ApprovalId, found?.Record, found?.Rule, found?.SameTemplate));
    }

    [Fact]
    public async Task A_command_is_a_reworded_form_of_one_that_a_human_denied_when_it_does_all_of_it_again()
    {
        await using var fixture = await CreateAsync();
        var denied = await fixture.RequestAsync();
        await fixture.DecideAsync(denied, ApprovalAnswer.Deny);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var same = Question("UPDATE t SET a = 2 WHERE id = 7");
        var found = await RewordedFromAsync(fixture, same);
        Assert.Equal((denied.Id, null, true), (found?.ApprovalId, found?.Record, found?.SameTemplate));
        var command = same.Command with { Template = "WITH x AS (SELECT $n) UPDATE t SET a = $n FROM u", Relations = [.. same.Command.Relations, new("public", "u", RelationAccess.Read)] };
        Assert.Equal((denied.Id, false), await NameAsync(Question("WITH") with { Command = command }));
        Assert.Null(await RewordedFromAsync(fixture, Question("DELETE") with { Command = command with { Effects = Effects.Delete } }));
        Assert.Null(await RewordedFromAsync(fixture, Question("elsewhere", requester: Agent("run-2") with { Id = "p_2" })));

        async Task<(string?, bool?)> NameAsync(ApprovalQuestion question) => await RewordedFromAsync(fixture, question) is { } rewording ? (rewording.ApprovalId, rewording.SameTemplate) : (null, null);
    }

    [Theory]
    [InlineData("read t; read t", true)]
    [InlineData("read t; read t, read u", true)]
    [InlineData("read t, read u; read t", false)]
    [InlineData("write t, read u; write t", true)]
    [InlineData("write t; read t", false)]
    [InlineData("write t, write u; write t", false)]
    [InlineData("; read t", false)]
    public void What_a_refused_command_wrote_or_else_read_has_to_be_there_again(string refusedThenLater, bool covers)
    {
        var (refused, later) = (Shape(refusedThenLater.Split(';')[0]), Shape(refusedThenLater.Split(';')[1]));
        Assert.Equal(covers, Rewording.Covers(later, refused));

        static CommandShape Shape(string text) => new(CommandClass.Write, Effects.None,
            [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static use => new RelationUse("s", use.Trim().Split(' ')[1], use.Contains("write", StringComparison.Ordinal) ? RelationAccess.Write : RelationAccess.Read))], []);
    }

    private static async Task<Rewording?> RewordedFromAsync(ApprovalFixture fixture, ApprovalQuestion question)
    {
        var approval = (await fixture.Desk.FindAsync((await fixture.RequestAsync(question)).Id, Stop))!;
        return fixture.Desk.RewordedFrom(approval, await fixture.Desk.DeniedBeforeAsync(approval, Stop));
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
