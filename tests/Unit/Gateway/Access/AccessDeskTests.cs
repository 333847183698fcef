using Sallyport.Gateway.Access;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using static Sallyport.Unit.Gateway.Access.AccessFixture;

namespace Sallyport.Unit.Gateway.Access;

public sealed class AccessDeskTests
{
    private static readonly Principal Sam = Human("sam", "security-officers");
    private static readonly Principal Olga = Human("olga", "owners");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_different_people_make_a_request_a_grant_with_an_absolute_end()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync();
        Assert.Equal((AccessRequestState.Pending, "reads"), (request.State, request.Rule));
        Assert.NotNull(fixture.Policy.MayConnect(Agent(), "clinic"));

        fixture.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Null(Assert.IsType<AccessOutcome.OfRequest>(await fixture.ApproveAsync(request.Id, Sam)).Grant);
        Assert.NotNull(fixture.Policy.MayConnect(Agent(), "clinic"));
        var grant = Assert.IsType<AccessOutcome.OfRequest>(await fixture.ApproveAsync(request.Id, Olga)).Grant!;

        Assert.Equal(fixture.Time.GetUtcNow() + TimeSpan.FromHours(2), grant.Grant.Until);
        Assert.Equal(["p_sam", "p_olga"], grant.Grant.Deciders);
        Assert.Null(fixture.Policy.MayConnect(Agent(), "clinic"));
        Assert.Equal(["request reads", "decision Approve by sam Pending", "decision Approve by olga Granted", "start"], fixture.Journal.Lines);

        fixture.Time.Advance(TimeSpan.FromHours(2));
        Assert.NotNull(fixture.Policy.MayConnect(Agent(), "clinic"));
        Assert.Equal(1, await fixture.Desk.SweepAsync(Stop));
        Assert.Equal("expired", Assert.Single(fixture.Ended).EndCode);
        Assert.Equal("end expired", fixture.Journal.Lines.Last());
    }

    [Fact]
    public async Task Nobody_who_has_a_part_in_it_decides()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync();
        foreach (var wrong in new[] { Agent(), Agent(onBehalfOf: "zoe") with { Id = "p_2" }, Human("dana", "security-officers"), Human("nina", "staff") })
        {
            Assert.Equal(AccessRefusal.NotAnApprover, Assert.IsType<AccessOutcome.Refused>(await fixture.ApproveAsync(request.Id, wrong)).Code);
        }
        Assert.Equal(4, fixture.Journal.Lines.Count(line => line.StartsWith("refused", StringComparison.Ordinal)));

        await fixture.ApproveAsync(request.Id, Sam);
        Assert.Equal(AccessRefusal.AlreadyDecided, Assert.IsType<AccessOutcome.Refused>(await fixture.ApproveAsync(request.Id, Sam with { Groups = ["owners"] })).Code);
        Assert.Equal(AccessRequestState.Pending, (await fixture.Desk.FindRequestAsync(request.Id, Stop))!.State);
    }

    [Fact]
    public async Task One_denial_closes_it_and_needs_a_reason()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync();
        await fixture.ApproveAsync(request.Id, Sam);
        Assert.Equal(AccessRefusal.Invalid, Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.DecideAsync(request.Id, Sam, ApprovalAnswer.Deny, " ", Stop)).Code);
        Assert.Equal(AccessRequestState.Denied, Assert.IsType<AccessOutcome.OfRequest>(await fixture.Desk.DecideAsync(request.Id, Sam, ApprovalAnswer.Deny, "too broad", Stop)).Request.State);
        Assert.IsType<AccessOutcome.Closed>(await fixture.ApproveAsync(request.Id, Olga));
        Assert.Empty(fixture.Policy.Current.DynamicGrants);
    }

    [Fact]
    public async Task An_undecided_request_expires_and_wakes_who_waits()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync();
        var waiting = fixture.Desk.WaitAsync(request.Id, TimeSpan.FromMinutes(9), Stop);
        fixture.Time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(0, await fixture.Desk.SweepAsync(Stop));
        fixture.Time.Advance(TimeSpan.FromMinutes(25));
        Assert.IsType<AccessOutcome.Closed>(await fixture.ApproveAsync(request.Id, Sam));
        Assert.Equal(1, await fixture.Desk.SweepAsync(Stop));
        Assert.Contains((await waiting)!.State, new[] { AccessRequestState.Pending, AccessRequestState.Expired });
        Assert.Equal("decision none by nobody Expired", fixture.Journal.Lines.Last());
    }

    [Fact]
    public async Task A_rule_may_give_it_at_once_and_is_named_as_the_decider()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var outcome = Assert.IsType<AccessOutcome.OfRequest>(await fixture.Desk.RequestAsync(Agent("quick-agents"), Ask(0.1), false, "a look", Stop));
        Assert.Equal(["rule:quick"], outcome.Grant!.Grant.Deciders);
        Assert.Equal(AccessRequestState.Granted, outcome.Request.State);
        Assert.Null(fixture.Policy.MayConnect(Agent("quick-agents"), "clinic"));
    }

    [Theory]
    [InlineData(9, "quarterly report", AccessRefusal.NoRule)]
    [InlineData(0, "quarterly report", AccessRefusal.Invalid)]
    [InlineData(2, "  ", AccessRefusal.Invalid)]
    public async Task What_no_rule_takes_is_refused(double hours, string reason, string code)
    {
        await using var fixture = await AccessFixture.CreateAsync();
        Assert.Equal(code, Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.RequestAsync(Agent(), Ask(hours), false, reason, Stop)).Code);
        Assert.Empty(fixture.Journal.Lines);
    }

    [Fact]
    public async Task Only_tagged_columns_can_be_named_and_only_those_of_the_rule_shown()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var ask = Ask();
        var never = ask with { Scope = ask.Scope with { Never = ["clinic.patients.zip"] } };
        Assert.Contains("is not a tagged column", Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.RequestAsync(Agent(), never, false, "x", Stop)).Message);
        await fixture.RequestAsync(ask with { Scope = ask.Scope with { Never = ["clinic.patients.mrn"] } });
        var shown = ask with { Scope = ask.Scope with { Tables = [new RelationName("clinic", "patients")], Unmasked = ["clinic.patients.mrn"] } };
        await fixture.RequestAsync(shown);
        Assert.Equal(
            "clinic.patients.mrn cannot be shown and left out.",
            Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.RequestAsync(Agent(), shown with { Scope = shown.Scope with { Never = ["clinic.patients.mrn"] } }, false, "x", Stop)).Message);
        Assert.Equal(
            "A column of clinic.patients is to be shown, and the table is not asked for.",
            Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.RequestAsync(
                Agent(), shown with { Scope = shown.Scope with { Schemas = [], Tables = [new RelationName("clinic", "claims")] } }, false, "x", Stop)).Message);
    }

    [Fact]
    public async Task The_same_request_again_is_the_open_one_and_too_many_are_refused()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var first = await fixture.RequestAsync();
        Assert.Equal(first.Id, (await fixture.RequestAsync()).Id);
        for (var minutes = 1; minutes < 20; minutes++)
        {
            await fixture.RequestAsync(Ask(minutes / 60.0));
        }
        Assert.Equal(AccessRefusal.TooMany, Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.RequestAsync(Agent(), Ask(5), false, "x", Stop)).Code);
    }

    [Fact]
    public async Task A_rule_that_changed_meanwhile_no_longer_decides()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync();
        await fixture.ApproveAsync(request.Id, Sam);
        fixture.Change(fixture.Rules with { Rules = [Reads with { Quorum = 3 }] });
        Assert.Equal(AccessRefusal.RuleChanged, Assert.IsType<AccessOutcome.Refused>(await fixture.ApproveAsync(request.Id, Olga)).Code);
        fixture.Change(fixture.Rules with { Rules = [Reads with { MaxLength = TimeSpan.FromHours(1) }] });
        Assert.Equal(AccessRefusal.RuleChanged, Assert.IsType<AccessOutcome.Refused>(await fixture.ApproveAsync(request.Id, Olga)).Code);
        fixture.Change(fixture.Rules with { Rules = [Reads] });
        Assert.NotNull(Assert.IsType<AccessOutcome.OfRequest>(await fixture.ApproveAsync(request.Id, Olga)).Grant);
    }

    [Fact]
    public async Task A_grant_of_one_run_is_no_other_runs()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync(thisRunOnly: true);
        await fixture.ApproveAsync(request.Id, Sam);
        await fixture.ApproveAsync(request.Id, Olga);
        Assert.Null(fixture.Policy.MayConnect(Agent(), "clinic"));
        Assert.NotNull(fixture.Policy.MayConnect(Agent() with { RunId = "run-2" }, "clinic"));
        Assert.Equal(1, await fixture.Desk.EndWhereAsync(grant => grant.Grant.RunId == "run-1", "run-ended", "", Stop));
        Assert.NotNull(fixture.Policy.MayConnect(Agent(), "clinic"));
    }

    [Fact]
    public async Task It_survives_a_restart_and_ends_at_the_same_instant()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var grant = await fixture.GrantAsync();
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.RestartAsync();
        Assert.Equal("resume", fixture.Journal.Lines.Last());
        Assert.Equal(grant.Grant.Until, Assert.Single(fixture.Policy.Current.DynamicGrants).Until);
        Assert.Null(fixture.Policy.MayConnect(Agent(), "clinic"));
        fixture.Time.Advance(TimeSpan.FromHours(1));
        await fixture.RestartAsync();
        Assert.Empty(fixture.Policy.Current.DynamicGrants);
        Assert.Equal("end expired", fixture.Journal.Lines.Last());
    }

    [Fact]
    public async Task A_revoked_grant_never_comes_back_even_where_its_end_could_not_be_recorded()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var grant = await fixture.GrantAsync();
        fixture.Journal.IsBroken = true;
        await Assert.ThrowsAsync<IOException>(async () => await fixture.Desk.RevokeAsync(grant.Id, Sam, false, "leaked", Stop));
        Assert.NotNull(fixture.Policy.MayConnect(Agent(), "clinic"));
        fixture.Journal.IsBroken = false;
        await fixture.RestartAsync();
        Assert.Empty(fixture.Policy.Current.DynamicGrants);
        Assert.Equal("end revoked", fixture.Journal.Lines.Last());
    }

    [Fact]
    public async Task A_decision_that_could_not_be_recorded_gives_nothing()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var request = await fixture.RequestAsync();
        await fixture.ApproveAsync(request.Id, Sam);
        fixture.Journal.IsBroken = true;
        await Assert.ThrowsAsync<IOException>(async () => await fixture.ApproveAsync(request.Id, Olga));
        fixture.Journal.IsBroken = false;
        await fixture.RestartAsync();
        Assert.Empty(fixture.Policy.Current.DynamicGrants);
        Assert.NotNull(Assert.IsType<AccessOutcome.OfRequest>(await fixture.ApproveAsync(request.Id, Olga)).Grant);
    }

    [Fact]
    public async Task Approvers_operators_and_the_human_it_is_for_revoke_it_and_nobody_else()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        foreach (var (by, isOperator, may) in new[] { (Sam, false, true), (Human("otto", "operators"), true, true), (Human("dana"), false, true), (Human("nina", "staff"), false, false), (Agent(), true, false) })
        {
            var grant = await fixture.GrantAsync();
            var outcome = await fixture.Desk.RevokeAsync(grant.Id, by, isOperator, "enough", Stop);
            Assert.Equal(may, outcome is AccessOutcome.OfGrant);
            Assert.Equal(may, fixture.Policy.MayConnect(Agent(), "clinic") is not null);
        }
        Assert.Contains("revoke by dana", fixture.Journal.Lines);
        Assert.Equal(3, fixture.Ended.Count);
    }

    [Fact]
    public async Task More_time_is_decided_by_the_same_people_and_moves_the_end()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var grant = await fixture.GrantAsync();
        Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.ExtendAsync(Agent() with { Id = "p_2" }, grant.Id, null, TimeSpan.FromHours(1), "more", Stop));
        Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.ExtendAsync(Agent(), grant.Id, null, TimeSpan.FromHours(7), "more", Stop));
        var request = Assert.IsType<AccessOutcome.OfRequest>(await fixture.Desk.ExtendAsync(Agent(), grant.Id, null, TimeSpan.FromHours(1), "more", Stop)).Request;
        fixture.Time.Advance(TimeSpan.FromMinutes(20));
        await fixture.ApproveAsync(request.Id, Sam);
        await fixture.ApproveAsync(request.Id, Olga);
        var extended = Assert.Single(fixture.Policy.Current.DynamicGrants);
        Assert.Equal((grant.Id, grant.Grant.Until + TimeSpan.FromHours(1)), (extended.Name, extended.Until));
        Assert.Equal("extend", fixture.Journal.Lines.Last());
        await fixture.RestartAsync();
        Assert.Equal(extended.Until, Assert.Single(fixture.Policy.Current.DynamicGrants).Until);
    }

    [Fact]
    public async Task An_emergency_is_open_at_once_and_stays_work_until_somebody_else_looked()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        var rita = Human("rita", "responders", "security-officers");
        Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.BreakGlassAsync(Human("nina", "staff"), "clinic", "x", Stop));
        Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.BreakGlassAsync(Agent("responders"), "clinic", "x", Stop));
        Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.BreakGlassAsync(rita, "clinic", "", Stop));
        var grant = Assert.IsType<AccessOutcome.OfGrant>(await fixture.Desk.BreakGlassAsync(rita, "clinic", "ward is down", Stop)).Grant;
        Assert.Equal(grant.Id, Assert.IsType<AccessOutcome.OfGrant>(await fixture.Desk.BreakGlassAsync(rita, "clinic", "ward is down", Stop)).Grant.Id);
        Assert.Null(fixture.Policy.MayConnect(rita, "clinic"));
        Assert.Equal(["emergency night", "start"], fixture.Journal.Lines);
        Assert.Equal((1, 0), fixture.Desk.OpenReviews);

        Assert.IsType<AccessOutcome.Closed>(await fixture.Desk.ReviewAsync(grant.Id, Sam, "fine", Stop));
        fixture.Time.Advance(TimeSpan.FromHours(24));
        await fixture.Desk.SweepAsync(Stop);
        Assert.NotNull(fixture.Policy.MayConnect(rita, "clinic"));
        Assert.Equal((1, 1), fixture.Desk.OpenReviews);

        Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.ReviewAsync(grant.Id, rita, "fine", Stop));
        Assert.IsType<AccessOutcome.Refused>(await fixture.Desk.ReviewAsync(grant.Id, Agent(), "fine", Stop));
        Assert.Equal("sam", Assert.IsType<AccessOutcome.OfGrant>(await fixture.Desk.ReviewAsync(grant.Id, Sam, "fine", Stop)).Grant.Review!.By);
        Assert.Equal((0, 0), fixture.Desk.OpenReviews);
        Assert.IsType<AccessOutcome.Closed>(await fixture.Desk.ReviewAsync(grant.Id, Sam, "fine", Stop));
    }

    [Fact]
    public async Task What_people_type_is_in_the_record_as_a_commitment_that_differs_each_time()
    {
        await using var fixture = await AccessFixture.CreateAsync();
        await fixture.RequestAsync();
        await fixture.RequestAsync(Ask(3));
        Assert.Equal(2, fixture.Journal.Commitments.Count);
        Assert.All(fixture.Journal.Commitments, commitment => Assert.Equal(32, commitment.Length));
        Assert.NotEqual(fixture.Journal.Commitments[0], fixture.Journal.Commitments[1]);
    }
}
