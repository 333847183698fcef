using System.Text;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Policy;
using static Sallyport.Unit.Gateway.Approvals.ApprovalFixture;

namespace Sallyport.Unit.Gateway.Approvals;

public sealed class ApprovalDeskTests
{
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(30);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_asked_about_masked_is_not_the_same_command_when_it_reads_in_clear()
    {
        await using var fixture = await CreateAsync();
        var masked = await fixture.RequestAsync();
        var question = Question();
        var clear = await fixture.RequestAsync(question with { Command = question.Command with { Unmasked = [new UnmaskedColumn("public.t.a", "gr_1")] } });
        Assert.NotEqual(masked.Id, clear.Id);
        Assert.Equal(masked.Id, (await fixture.RequestAsync()).Id);
    }

    [Fact]
    public async Task A_request_names_its_approval_and_says_where_to_decide()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        Assert.Matches("^apr_[0-9A-HJKMNP-TV-Z]{10}$", ticket.Id);
        Assert.Equal($"https://gateway.test:8443/approvals/{ticket.Id}", ticket.Url.ToString());
        Assert.Equal(ApprovalState.Pending, ticket.State);
        Assert.Equal(fixture.Time.GetUtcNow() + TimeSpan.FromMinutes(15), ticket.ExpiresAt);
        Assert.Equal(32, ticket.Commitment.Length);
        Assert.Equal([$"requested {ticket.Id}"], fixture.Journal.Lines);
    }

    [Fact]
    public async Task The_same_command_attaches_to_the_open_request()
    {
        await using var fixture = await CreateAsync();
        var first = await fixture.RequestAsync(Question(parameters: "7"));
        var again = await fixture.RequestAsync(Question(parameters: "7"));
        Assert.False(first.Attached);
        Assert.True(again.Attached);
        Assert.Equal(first.Id, again.Id);
        Assert.Equal(first.Commitment, again.Commitment);
        Assert.Single(fixture.Journal.Lines);
    }

    [Fact]
    public async Task Another_text_parameter_run_or_requester_is_another_request()
    {
        await using var fixture = await CreateAsync();
        var ids = new HashSet<string>
        {
            (await fixture.RequestAsync(Question("UPDATE t SET a = 1", "7"))).Id,
            (await fixture.RequestAsync(Question("UPDATE t SET a = 1", "8"))).Id,
            (await fixture.RequestAsync(Question("UPDATE t SET a = 17", ""))).Id,
        };
        await fixture.DecideAsync(await fixture.RequestAsync(Question("UPDATE t SET a = 17", "")), ApprovalAnswer.Deny);
        ids.Add((await fixture.RequestAsync(Question("UPDATE t SET a = 1", "7", Agent("run-2")))).Id);
        ids.Add((await fixture.RequestAsync(Question("UPDATE t SET a = 1", "7", Agent() with { Id = "p_other" }))).Id);
        Assert.Equal(5, ids.Count);
    }

    [Fact]
    public async Task Approving_releases_the_waiting_command_which_then_runs_once()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        var waiting = fixture.Desk.WaitAsync(ticket, Hold, Stop);
        Assert.False(waiting.IsCompleted);
        Assert.IsType<DecisionOutcome.Recorded>(await fixture.DecideAsync(ticket, ApprovalAnswer.Approve));
        Assert.Equal(new ApprovalDecision.Approved("sam"), await waiting);
        Assert.True(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
        Assert.False(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
    }

    [Fact]
    public async Task Fifty_concurrent_redeems_use_the_approval_exactly_once()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        await fixture.DecideAsync(ticket, ApprovalAnswer.Approve);
        var attempts = Enumerable.Range(0, 50).Select(number => Task.Run(async () => await fixture.Desk.RedeemAsync(ticket, $"s_{number}", Stop), Stop));
        var results = await Task.WhenAll(attempts);
        Assert.Single(results, redeemed => redeemed);
        Assert.Equal(ApprovalState.Used, (await fixture.Desk.FindAsync(ticket.Id, Stop))!.State);
    }

    [Fact]
    public async Task A_denial_releases_the_waiting_command_with_its_reason()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        var waiting = fixture.Desk.WaitAsync(ticket, Hold, Stop);
        await fixture.DecideAsync(ticket, ApprovalAnswer.Deny, reason: "wrong table");
        Assert.Equal(new ApprovalDecision.Denied("sam", "wrong table"), await waiting);
        Assert.False(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
    }

    [Fact]
    public async Task When_nobody_decides_in_time_the_request_stays_open_and_a_repeat_finds_its_approval()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        var waiting = fixture.Desk.WaitAsync(ticket, Hold, Stop);
        await fixture.WaitUntilHeldAsync();
        fixture.Time.Advance(Hold);
        Assert.IsType<ApprovalDecision.StillPending>(await waiting);
        await fixture.DecideAsync(ticket, ApprovalAnswer.Approve);
        var again = await fixture.RequestAsync();
        Assert.Equal(ApprovalState.Approved, again.State);
        Assert.True(await fixture.Desk.RedeemAsync(again, "s_2", Stop));
    }

    [Fact]
    public async Task After_its_use_the_same_command_asks_anew()
    {
        await using var fixture = await CreateAsync();
        var first = await fixture.RequestAsync();
        await fixture.DecideAsync(first, ApprovalAnswer.Approve);
        await fixture.Desk.RedeemAsync(first, "s_1", Stop);
        var second = await fixture.RequestAsync();
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(ApprovalState.Pending, second.State);
    }

    [Fact]
    public async Task A_request_ends_at_its_time_even_while_it_is_held()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(5));
        var waiting = fixture.Desk.WaitAsync(ticket, Hold, Stop);
        await fixture.WaitUntilHeldAsync();
        fixture.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.IsType<ApprovalDecision.Expired>(await waiting);
        Assert.IsType<DecisionOutcome.Closed>(await fixture.DecideAsync(ticket, ApprovalAnswer.Approve));
        Assert.Contains($"expired {ticket.Id}", fixture.Journal.Lines);
    }

    [Fact]
    public async Task An_approval_nobody_used_in_time_cannot_be_used()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        await fixture.DecideAsync(ticket, ApprovalAnswer.Approve);
        fixture.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.False(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
        Assert.Equal(1, await fixture.Desk.ExpireOverdueAsync(Stop));
        Assert.Equal(ApprovalState.Expired, (await fixture.Desk.FindAsync(ticket.Id, Stop))!.State);
        Assert.NotEqual(ticket.Id, (await fixture.RequestAsync()).Id);
    }

    [Fact]
    public async Task A_late_approval_leaves_time_to_use_it()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        fixture.Time.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        await fixture.DecideAsync(ticket, ApprovalAnswer.Approve);
        fixture.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
    }

    [Fact]
    public async Task An_agent_never_decides_though_it_is_in_the_group()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        var other = Agent() with { Id = "p_other", Subject = "agent-2", OnBehalfOf = "" };
        var outcome = await fixture.DecideAsync(ticket, ApprovalAnswer.Approve, other);
        Assert.IsType<DecisionOutcome.Refused>(outcome);
        Assert.Contains($"refused Approve {ticket.Id} by p_other", fixture.Journal.Lines);
        Assert.Equal(ApprovalState.Pending, (await fixture.Desk.FindAsync(ticket.Id, Stop))!.State);
    }

    [Theory]
    [InlineData(ApprovalAnswer.Approve)]
    [InlineData(ApprovalAnswer.Deny)]
    public async Task The_human_an_agent_acts_for_does_not_decide(ApprovalAnswer answer)
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        Assert.IsType<DecisionOutcome.Refused>(await fixture.DecideAsync(ticket, answer, Human("dana", "security-officers")));
        Assert.Contains($"refused {answer} {ticket.Id} by p_dana", fixture.Journal.Lines);
    }

    [Fact]
    public async Task A_human_does_not_decide_on_an_own_request()
    {
        await using var fixture = await CreateAsync();
        var sam = Human("sam", "security-officers");
        var ticket = await fixture.RequestAsync(Question(requester: sam));
        Assert.IsType<DecisionOutcome.Refused>(await fixture.DecideAsync(ticket, ApprovalAnswer.Approve, sam));
    }

    [Fact]
    public async Task A_human_outside_the_approver_groups_does_not_decide()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        Assert.IsType<DecisionOutcome.Refused>(await fixture.DecideAsync(ticket, ApprovalAnswer.Approve, Human("eve", "staff")));
    }

    [Fact]
    public async Task A_decision_is_final()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        await fixture.DecideAsync(ticket, ApprovalAnswer.Deny, reason: "no");
        var closed = Assert.IsType<DecisionOutcome.Closed>(await fixture.DecideAsync(ticket, ApprovalAnswer.Approve));
        Assert.Equal(ApprovalState.Denied, closed.Approval.State);
    }

    [Fact]
    public async Task Without_a_ledger_nothing_is_approved_and_nobody_is_released()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        var waiting = fixture.Desk.WaitAsync(ticket, Hold, Stop);
        await fixture.WaitUntilHeldAsync();
        fixture.Journal.Fails = true;
        await Assert.ThrowsAsync<IOException>(() => fixture.DecideAsync(ticket, ApprovalAnswer.Approve));
        Assert.False(waiting.IsCompleted);
        Assert.False(await fixture.Desk.RedeemAsync(ticket, "s_1", Stop));
        await Assert.ThrowsAsync<IOException>(() => fixture.RequestAsync(Question("DELETE FROM u WHERE id = 1")));
        fixture.Journal.Fails = false;
        Assert.IsType<DecisionOutcome.Recorded>(await fixture.DecideAsync(ticket, ApprovalAnswer.Approve));
        Assert.IsType<ApprovalDecision.Approved>(await waiting);
    }

    [Fact]
    public async Task Pending_and_approved_requests_survive_a_restart_but_the_text_does_not()
    {
        await using var fixture = await CreateAsync();
        var pending = await fixture.RequestAsync(Question("UPDATE t SET a = 1"));
        var approved = await fixture.RequestAsync(Question("UPDATE t SET a = 2"));
        await fixture.DecideAsync(approved, ApprovalAnswer.Approve);
        Assert.Equal("UPDATE t SET a = 1", fixture.Desk.StatementOf(pending.Id)!.Text);

        await fixture.RestartAsync();
        Assert.Null(fixture.Desk.StatementOf(pending.Id));
        Assert.Equal(ApprovalState.Pending, (await fixture.Desk.FindAsync(pending.Id, Stop))!.State);
        Assert.Equal(ApprovalState.Approved, (await fixture.Desk.FindAsync(approved.Id, Stop))!.State);

        // Repeating the command attaches, shows the text again, and only then can the approval be used.
        Assert.Equal(pending.Id, (await fixture.RequestAsync(Question("UPDATE t SET a = 1"))).Id);
        Assert.Equal("UPDATE t SET a = 1", fixture.Desk.StatementOf(pending.Id)!.Text);
        var again = await fixture.RequestAsync(Question("UPDATE t SET a = 2"));
        Assert.Equal(approved.Id, again.Id);
        Assert.True(await fixture.Desk.RedeemAsync(again, "s_9", Stop));
    }

    [Fact]
    public async Task A_caller_that_goes_away_stops_waiting_and_leaves_the_request_open()
    {
        await using var fixture = await CreateAsync();
        var ticket = await fixture.RequestAsync();
        using var gone = new CancellationTokenSource();
        var waiting = fixture.Desk.WaitAsync(ticket, Hold, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(ApprovalState.Pending, (await fixture.Desk.FindAsync(ticket.Id, Stop))!.State);
    }

    [Fact]
    public async Task Pending_requests_are_limited_for_one_requester_and_for_all()
    {
        await using var fixture = await CreateAsync();
        for (var number = 0; number < 3; number++)
        {
            await fixture.RequestAsync(Question($"UPDATE t SET a = {number}"));
        }
        await Assert.ThrowsAsync<ApprovalLimitException>(() => fixture.RequestAsync(Question("UPDATE t SET a = 4")));
        Assert.True((await fixture.RequestAsync(Question("UPDATE t SET a = 0"))).Attached);
        await fixture.RequestAsync(Question(requester: Agent() with { Id = "p_2" }));
        await fixture.RequestAsync(Question(requester: Agent() with { Id = "p_3" }));
        await Assert.ThrowsAsync<ApprovalLimitException>(() => fixture.RequestAsync(Question(requester: Agent() with { Id = "p_4" })));
    }

    [Fact]
    public async Task The_statement_is_shown_while_it_waits_and_never_stored()
    {
        await using var fixture = await CreateAsync();
        const string Statement = "UPDATE t SET name = 'SEEDED-PHI-4711'";
        var ticket = await fixture.RequestAsync(Question(Statement, "SEEDED-PARAMETER-4712"));
        Assert.Equal(Statement, fixture.Desk.StatementOf(ticket.Id)!.Text);
        Assert.Equal(["SEEDED-PARAMETER-4712"], fixture.Desk.StatementOf(ticket.Id)!.Parameters);
        await fixture.DecideAsync(ticket, ApprovalAnswer.Deny, reason: "no");
        Assert.Null(fixture.Desk.StatementOf(ticket.Id));
        Assert.DoesNotContain("SEEDED", fixture.StoredText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Long_statements_are_marked_as_cut_and_old_ones_give_way()
    {
        var statements = new ShownStatements(maxStatementBytes: 10, maxTotalBytes: 40);
        var cut = statements.Read(Question(new string('x', 11)));
        Assert.True(cut.Cut);
        Assert.Equal(10, cut.Text.Length);
        foreach (var id in (string[])["a", "b", "c"])
        {
            statements.Keep(id, cut);
        }
        Assert.Null(statements.Find("a"));
        Assert.NotNull(statements.Find("b"));
        Assert.NotNull(statements.Find("c"));
    }

    [Fact]
    public void The_identity_keeps_fields_apart()
    {
        using var identity = new CommandIdentity(Encoding.ASCII.GetBytes("0123456789abcdef0123456789abcdef"));
        Assert.NotEqual(identity.Digest(Question("ab", "c")), identity.Digest(Question("a", "bc")));
        Assert.Equal(identity.Digest(Question("ab", "c")), identity.Digest(Question("ab", "c")));
    }
}
