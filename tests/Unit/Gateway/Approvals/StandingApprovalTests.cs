using System.Text;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using static Sallyport.Unit.Gateway.Approvals.ApprovalFixture;

namespace Sallyport.Unit.Gateway.Approvals;

public sealed class StandingApprovalTests
{
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Given = TimeSpan.FromMinutes(10);
    private static readonly Verdict.Ask Rule = new("writes", ["security-officers"], TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(15)) { Widen = new(Most, Most) };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>A command whose rule lets its plan and its class be approved for a quarter of an hour.</summary>
    internal static ApprovalQuestion Wide(string plan = "p", Principal? requester = null) =>
        Question(requester: requester) with { Verdict = Rule, Plan = Encoding.UTF8.GetBytes(plan) };

    [Fact]
    public async Task A_plan_stands_for_other_constants_until_its_end()
    {
        await using var fixture = await CreateAsync();
        var id = await ApproveAsync(fixture, ApprovalScope.Plan);
        Assert.Equal(id, Use(fixture)?.Id);
        Assert.Equal(id, Use(fixture)?.Id);
        Assert.Equal(2, fixture.Desk.UsesOf(id));
        Assert.Null(Use(fixture, plan: "other"));
        fixture.Time.Advance(Given - TimeSpan.FromTicks(1));
        Assert.NotNull(Use(fixture));
        fixture.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(Use(fixture));
        await fixture.Desk.ExpireOverdueAsync(Stop);
        Assert.Contains($"expired {id} after 3 by nobody", fixture.Journal.Lines);
        Assert.Equal(StandingEnd.Expired, (await fixture.Desk.FindAsync(id, Stop))!.EndReason);
    }

    [Fact]
    public async Task A_plan_is_the_same_meaning_of_the_same_requester_and_run_at_the_same_target()
    {
        await using var fixture = await CreateAsync();
        await ApproveAsync(fixture, ApprovalScope.Plan);
        var command = Question().Command;
        Assert.NotNull(Use(fixture, command));
        Assert.Null(Use(fixture, command with { Target = "other" }));
        Assert.Null(Use(fixture, command with { Effects = Effects.Delete }));
        Assert.Null(Use(fixture, command with { Unbounded = true }));
        Assert.Null(Use(fixture, command with { Relations = [new RelationUse("other", "t", RelationAccess.Write)] }));
        Assert.Null(Use(fixture, command with { Functions = ["public.f"] }));
        Assert.Null(Use(fixture, command with { Unmasked = [new UnmaskedColumn("public.t.a", "gr_1")] }));
        Assert.Null(Use(fixture, command with { PhiColumns = ["public.t.b"] }));
        Assert.Null(Use(fixture, requester: Agent("run-2")));
        Assert.Null(Use(fixture, requester: Agent() with { Id = "p_other" }));
    }

    [Fact]
    public async Task A_class_stands_for_what_goes_in_nothing_beyond_the_command_that_was_seen()
    {
        await using var fixture = await CreateAsync();
        await ApproveAsync(fixture, ApprovalScope.Run);
        var command = Question().Command;
        var t = command.Relations[0];
        Assert.NotNull(Use(fixture, command with { Template = "UPDATE t SET b = $n", PhiColumns = [] }, plan: ""));
        Assert.NotNull(Use(fixture, command with { Relations = [t with { Indirect = true }] }));
        Assert.Null(Use(fixture, command with { Class = CommandClass.Read }));
        Assert.Null(Use(fixture, command with { Effects = Effects.Update | Effects.Delete }));
        Assert.Null(Use(fixture, command with { Unbounded = true }));
        Assert.Null(Use(fixture, command with { Relations = [t, new RelationUse("public", "u", RelationAccess.Read)] }));
        Assert.Null(Use(fixture, command with { Relations = [t with { Access = RelationAccess.Read }] }));
        Assert.Null(Use(fixture, command with { Relations = [] }));
        Assert.Null(Use(fixture, command with { PhiColumns = ["public.t.a", "public.t.b"] }));
        Assert.Null(Use(fixture, command with { Functions = ["public.f"] }));
        Assert.Null(Use(fixture, command with { Unmasked = [new UnmaskedColumn("public.t.a", "gr_1")] }));
        Assert.Null(Use(fixture, requester: Agent("run-2")));
    }

    [Fact]
    public async Task It_answers_its_own_rule_as_that_rule_is_now_and_no_other()
    {
        await using var fixture = await CreateAsync();
        await ApproveAsync(fixture, ApprovalScope.Plan);
        Assert.Null(Use(fixture, question: new Verdict.Ask("other", Rule.Approvers, Rule.Hold, Rule.Expires) { Widen = Rule.Widen }));
        Assert.Null(Use(fixture, question: Rule with { Approvers = ["owners"] }));
        Assert.Null(Use(fixture, question: Rule with { Widen = default }));
        Assert.Null(Use(fixture, question: Rule with { Widen = new(Given - TimeSpan.FromSeconds(1), Most) }));
        Assert.NotNull(Use(fixture));
    }

    [Theory]
    [InlineData(ApprovalScope.Plan, 10)]
    [InlineData(ApprovalScope.Run, 10)]
    public async Task Without_the_rules_consent_only_one_command_can_be_approved(ApprovalScope scope, int minutes)
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync(Question() with { Plan = "p"u8.ToArray() });
        var outcome = await DecideAsync(fixture, ticket, scope, TimeSpan.FromMinutes(minutes));
        Assert.Equal(DecisionOutcome.Refused.ScopeNotAllowed, Assert.IsType<DecisionOutcome.Refused>(outcome).Code);
        Assert.Equal(ApprovalState.Pending, (await fixture.Desk.FindAsync(ticket.Id, Stop))!.State);
    }

    [Fact]
    public async Task Too_long_no_time_no_run_no_relation_or_no_plan_is_refused()
    {
        await using var fixture = await CreateAsync();
        var plain = await fixture.RequestAsync(Wide());
        Assert.IsType<DecisionOutcome.Refused>(await DecideAsync(fixture, plain, ApprovalScope.Plan, Most + TimeSpan.FromSeconds(1)));
        Assert.IsType<DecisionOutcome.Refused>(await DecideAsync(fixture, plain, ApprovalScope.Plan, TimeSpan.Zero));
        var noRun = await fixture.RequestAsync(Wide(requester: Agent("")));
        Assert.IsType<DecisionOutcome.Refused>(await DecideAsync(fixture, noRun, ApprovalScope.Run, Given));
        var noPlan = await fixture.RequestAsync(Wide(plan: "", requester: Agent("run-3")));
        Assert.IsType<DecisionOutcome.Refused>(await DecideAsync(fixture, noPlan, ApprovalScope.Plan, Given));
        var unnamed = Wide(requester: Agent() with { Id = "p_2" });
        unnamed = unnamed with { Command = unnamed.Command with { Relations = [new RelationUse("", "new", RelationAccess.Write)] } };
        Assert.IsType<DecisionOutcome.Refused>(await DecideAsync(fixture, await fixture.RequestAsync(unnamed), ApprovalScope.Run, Given));
    }

    [Fact]
    public async Task Once_approves_the_command_that_waits_and_no_other()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync(Wide());
        await fixture.DecideAsync(ticket, ApprovalAnswer.Approve);
        Assert.Null(Use(fixture));
        Assert.True(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
    }

    [Fact]
    public async Task It_stands_over_a_restart_and_no_longer_than_before()
    {
        await using var fixture = await CreateAsync();
        var id = await ApproveAsync(fixture, ApprovalScope.Plan);
        await fixture.RestartAsync();
        Assert.Equal(id, Use(fixture)?.Id);
        fixture.Time.Advance(Given);
        await fixture.RestartAsync();
        Assert.Null(Use(fixture));
        await fixture.Desk.ExpireOverdueAsync(Stop);
        Assert.Contains($"expired {id} after 0 by nobody", fixture.Journal.Lines);
    }

    [Fact]
    public async Task Revoking_ends_it_for_good_and_its_unused_command_too()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync(Wide());
        await DecideAsync(fixture, ticket, ApprovalScope.Plan, Given);
        Assert.IsType<DecisionOutcome.Refused>(await fixture.Desk.RevokeAsync(ticket.Id, Human("dana", "security-officers"), isOperator: false, Stop));
        Assert.IsType<DecisionOutcome.Refused>(await fixture.Desk.RevokeAsync(ticket.Id, Agent() with { Id = "p_x" }, isOperator: true, Stop));
        Assert.IsType<DecisionOutcome.Recorded>(await fixture.Desk.RevokeAsync(ticket.Id, Human("olga"), isOperator: true, Stop));
        Assert.Null(Use(fixture));
        Assert.False(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
        Assert.IsType<DecisionOutcome.Closed>(await fixture.Desk.RevokeAsync(ticket.Id, Human("sam", "security-officers"), isOperator: false, Stop));
        Assert.Contains($"revoked {ticket.Id} after 0 by p_olga", fixture.Journal.Lines);
        await fixture.RestartAsync();
        Assert.Null(Use(fixture));
    }

    [Fact]
    public async Task The_end_of_its_run_ends_it()
    {
        await using var fixture = await CreateAsync();
        var id = await ApproveAsync(fixture, ApprovalScope.Run);
        await fixture.Desk.EndRunAsync("run-2", Human("olga"));
        Assert.NotNull(Use(fixture));
        await fixture.Desk.EndRunAsync("run-1", Human("olga"));
        Assert.Null(Use(fixture));
        Assert.Contains($"run-ended {id} after 1 by p_olga", fixture.Journal.Lines);
    }

    [Fact]
    public async Task A_policy_that_forbids_the_command_ends_it_for_good()
    {
        await using var fixture = await CreateAsync();
        var id = await ApproveAsync(fixture, ApprovalScope.Plan);
        fixture.Desk.Forbidden(Agent(), Question().Command, "other"u8);
        Assert.NotNull(Use(fixture));
        fixture.Desk.Forbidden(Agent(), Question().Command, "p"u8);
        Assert.Null(Use(fixture));
        await fixture.Desk.ExpireOverdueAsync(Stop);
        Assert.Contains($"policy-denied {id} after 1 by nobody", fixture.Journal.Lines);
    }

    [Theory]
    [InlineData("writes", "security-officers", 15, true)]
    [InlineData("writes-2", "security-officers", 15, false)]
    [InlineData("writes", "owners", 15, false)]
    [InlineData("writes", "security-officers", 5, false)]
    public async Task A_policy_without_the_very_rule_ends_it(string name, string approvers, int minutes, bool stands)
    {
        await using var fixture = await CreateAsync();
        await ApproveAsync(fixture, ApprovalScope.Plan);
        var rule = new Rule
        {
            Name = name,
            Match = new RuleMatch(),
            Decision = RuleDecision.Ask,
            Approvers = [approvers],
            Widen = new Widening(TimeSpan.FromMinutes(minutes), TimeSpan.Zero),
        };
        await fixture.Desk.PolicyChangedAsync(new PolicySnapshot("h", [], [], [rule]));
        Assert.Equal(stands, Use(fixture) is not null);
        await fixture.Desk.PolicyChangedAsync(new PolicySnapshot("h", [], [], [rule with { Decision = RuleDecision.Deny }]));
        Assert.Null(Use(fixture));
    }

    [Fact]
    public async Task Nothing_stands_when_the_decision_cannot_be_recorded()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync(Wide());
        fixture.Journal.Fails = true;
        await Assert.ThrowsAsync<IOException>(async () => await DecideAsync(fixture, ticket, ApprovalScope.Plan, Given));
        Assert.Null(Use(fixture));
        Assert.Equal(ApprovalState.Pending, (await fixture.Desk.FindAsync(ticket.Id, Stop))!.State);
    }

    private static Approval? Use(
        ApprovalFixture fixture, Command? command = null, string plan = "p", Principal? requester = null, Verdict.Ask? question = null) =>
        fixture.Desk.UseStanding(requester ?? Agent(), command ?? Question().Command, question ?? Rule, Encoding.UTF8.GetBytes(plan));

    private static async Task<string> ApproveAsync(ApprovalFixture fixture, ApprovalScope scope)
    {
        var ticket = await fixture.RequestAsync(Wide());
        Assert.IsType<DecisionOutcome.Recorded>(await DecideAsync(fixture, ticket, scope, Given));
        return ticket.Id;
    }

    private static async Task<DecisionOutcome> DecideAsync(ApprovalFixture fixture, ApprovalTicket ticket, ApprovalScope scope, TimeSpan time) =>
        await fixture.Desk.DecideAsync(ticket.Id, Human("sam", "security-officers"), ApprovalAnswer.Approve, "", new ApprovalReach(scope, time), Stop);
}
