using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Budgets.Usage;

public sealed class UsageBudgetsTests
{
    private static readonly Principal Etl = PolicyMaker.Agent("agents") with { RunId = "run-1" };

    private readonly ManualTime _time = new();
    private readonly MemoryUsageStore _store = new();

    [Fact]
    public async Task Statements_are_counted_over_all_sessions_of_a_run_and_stopped_at_the_limit()
    {
        var budgets = await LoadAsync();
        var policy = PolicyOf(Budget(new UsageLimits(3, null, null, null, null, null)));
        var (first, second) = (Session(budgets, policy), Session(budgets, policy));
        Assert.Null(await first.BeginAsync(isFree: false));
        Assert.Null(await second.BeginAsync(isFree: false));
        Assert.Null(await first.BeginAsync(isFree: false));

        var stop = await second.BeginAsync(isFree: false);
        Assert.Equal((UsageMeasure.Statements, 3, 3, true), (stop!.Measure, (int)stop.Used, (int)stop.Limit, stop.IsFirst));
        Assert.Equal("3 of 3 statements of this run are used up", stop.Reason);
        Assert.False(first.Reached()!.IsFirst);
        Assert.Null(Session(budgets, policy, Etl with { RunId = "run-2" }).Reached());
        Assert.Null(Session(budgets, policy, Etl with { Issuer = "another" }).Reached());
    }

    [Fact]
    public async Task Without_a_run_the_principal_counts()
    {
        var budgets = await LoadAsync();
        var policy = PolicyOf(Budget(new UsageLimits(1, null, null, null, null, null)));
        Assert.Null(await Session(budgets, policy, Etl with { RunId = "" }).BeginAsync(isFree: false));
        Assert.NotNull(Session(budgets, policy, Etl with { RunId = "" }).Reached());
        Assert.Null(Session(budgets, policy, Etl with { RunId = "", Id = "p_other" }).Reached());
    }

    [Fact]
    public async Task A_session_has_its_own_budget_that_ends_with_it_and_is_kept_nowhere()
    {
        var budgets = await LoadAsync();
        var policy = PolicyOf(Budget(new UsageLimits(1, null, null, null, null, null)) with { Per = UsageScope.Session });
        var session = Session(budgets, policy, id: "ses_1");
        Assert.Null(await session.BeginAsync(isFree: false));
        Assert.NotNull(session.Reached());
        Assert.Null(Session(budgets, policy, id: "ses_2").Reached());
        session.End();
        Assert.Equal(0, _store.Writes);
        Assert.Single(budgets.Report(policy.Budgets, static _ => true));
    }

    [Fact]
    public async Task Cells_are_handed_out_to_the_last_one_and_not_one_more()
    {
        var budgets = await LoadAsync();
        var session = Session(budgets, PolicyOf(Budget(new UsageLimits(null, null, 1000, null, null, null))));
        var lease = session.Meter(isFree: false)!;
        Assert.Equal((true, false), (lease.LimitsResults(1), lease.LimitsResults(0)));
        Assert.Equal(333, await CountAsync(lease, bytes: 50, cells: 3));
        lease.Settle();

        // One cell is left, and a row of one still goes out.
        var next = session.Meter(isFree: false)!;
        Assert.Equal(1, await CountAsync(next, bytes: 50, cells: 1));
        Assert.Equal("1000 of 1000 PHI cells of this run are used up", session.Reached()!.Reason);
    }

    [Fact]
    public async Task What_a_result_does_not_use_is_given_back()
    {
        var budgets = await LoadAsync();
        var policy = PolicyOf(Budget(new UsageLimits(null, 100_000, 100_000, 100_000_000, null, null)));
        var session = Session(budgets, policy);
        for (var i = 0; i < 10; i++)
        {
            var lease = session.Meter(isFree: false)!;
            Assert.Null(await lease.RefillAsync(10, 2));
            Assert.True(lease.Take(10, 2));
            lease.Settle();
            lease.Settle();
        }

        var used = Assert.Single(budgets.Report(policy.Budgets, static _ => true)).Used;
        Assert.Equal(new UsageTotals(Rows: 10, PhiCells: 20, Bytes: 100), used with { Time = 0 });
    }

    [Fact]
    public async Task Two_sessions_share_what_is_left_down_to_the_last_row()
    {
        var budgets = await LoadAsync();
        var policy = PolicyOf(Budget(new UsageLimits(null, 500, null, null, null, null)));
        var (one, two) = (Session(budgets, policy).Meter(isFree: false)!, Session(budgets, policy).Meter(isFree: false)!);
        var rows = 0;
        var isGoingOn = true;
        while (isGoingOn)
        {
            isGoingOn = await TakeAsync(one) | await TakeAsync(two);
            rows += isGoingOn ? 1 : 0;
        }

        one.Settle();
        two.Settle();
        Assert.Equal(500, Assert.Single(budgets.Report(policy.Budgets, static _ => true)).Used.Rows);
        Assert.InRange(rows, 250, 500);
    }

    [Fact]
    public async Task After_a_crash_the_count_is_too_high_by_a_step_at_most_and_never_too_low_and_few_writes_were_needed()
    {
        var policy = PolicyOf(Budget(new UsageLimits(100, 100_000, 64_000, 10_000_000, null, null)));
        var random = new SeededBytes(7);
        var (statements, rows, cells) = (0, 0L, 0L);
        for (var crash = 0; crash < 5; crash++)
        {
            var budgets = await LoadAsync();
            var session = Session(budgets, policy);
            var before = Assert.Single(budgets.Report(policy.Budgets, static _ => true).DefaultIfEmpty(null!))?.Used ?? default;
            Assert.True(before.Statements >= statements && before.Rows >= rows && before.PhiCells >= cells);
            Assert.True(before.Statements <= statements + (crash * 4) && before.PhiCells <= cells + (crash * 2 * 2000 * 3), $"{before} after {statements}, {rows}, {cells}");
            for (var i = 0; i < 10 && await session.BeginAsync(isFree: false) is null; i++)
            {
                statements++;
                var lease = session.Meter(isFree: false)!;
                for (var row = 0; row < 100 + random.Next(128); row++)
                {
                    if (!lease.Take(20, 3))
                    {
                        Assert.Null(await lease.RefillAsync(20, 3));
                        Assert.True(lease.Take(20, 3));
                    }

                    rows++;
                    cells += 3;
                }

                lease.Settle();
            }
        }

        Assert.True(_store.Writes <= 5 * 40, $"{_store.Writes} writes for {statements} statements and {rows} rows");
    }

    [Fact]
    public async Task An_orderly_end_keeps_exactly_what_was_used()
    {
        var policy = PolicyOf(Budget(new UsageLimits(1000, null, null, null, null, null)));
        await using (var budgets = await LoadAsync())
        {
            await Session(budgets, policy).BeginAsync(isFree: false);
            await Session(budgets, policy).BeginAsync(isFree: false);
        }

        var again = await LoadAsync();
        Assert.Equal(2, Assert.Single(again.Report(policy.Budgets, static _ => true)).Used.Statements);
    }

    [Fact]
    public async Task A_window_begins_with_the_first_use_and_then_anew()
    {
        var budgets = await LoadAsync();
        var policy = PolicyOf(Budget(new UsageLimits(1, null, null, null, null, null)) with { Per = UsageScope.Principal, Window = TimeSpan.FromHours(1) });
        var session = Session(budgets, policy);
        Assert.Null(await session.BeginAsync(isFree: false));
        _time.Advance(TimeSpan.FromMinutes(30));
        var stop = session.Reached()!;
        Assert.Equal("1 of 1 statements of this principal are used up within 60 minutes", stop.Reason);
        Assert.StartsWith("go on in 30 minutes", stop.Remedy);
        _time.Advance(TimeSpan.FromMinutes(30));
        Assert.Null(session.Reached());
        Assert.Null(await session.BeginAsync(isFree: false));
        Assert.True((await session.BeginAsync(isFree: false))!.IsFirst);
    }

    [Fact]
    public async Task Refusals_count_until_a_statement_is_let_through()
    {
        var budgets = await LoadAsync();
        var session = Session(budgets, PolicyOf(Budget(new UsageLimits(null, null, null, null, 2, null))));
        await session.DeniedAsync();
        Assert.Null(await session.BeginAsync(isFree: false));
        await session.DeniedAsync();
        Assert.Null(session.Reached());
        await session.DeniedAsync();
        Assert.Equal(UsageMeasure.Denials, session.Reached()!.Measure);
    }

    [Fact]
    public async Task Time_counts_while_a_statement_runs()
    {
        var budgets = await LoadAsync();
        var session = Session(budgets, PolicyOf(Budget(new UsageLimits(null, null, null, null, null, 10_000))));
        var lease = session.Meter(isFree: false)!;
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Null(lease.Tick());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(UsageMeasure.Time, lease.Tick()!.Measure);
        lease.Settle();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Null(lease.Tick());
        Assert.Equal(10_000, session.Reached()!.Used);

        var after = await LoadAsync();
        Assert.True(Assert.Single(after.Report([Budget(new UsageLimits(null, null, null, null, null, 10_000))], static _ => true)).Used.Time >= 10_000);
    }

    [Fact]
    public async Task What_a_human_let_through_is_counted_and_not_stopped_where_the_budget_asks()
    {
        var asking = Budget(new UsageLimits(1, 1, null, null, null, null)) with { AtLimit = UsageAction.Ask };
        var budgets = await LoadAsync();
        var session = Session(budgets, PolicyOf(asking));
        Assert.Null(await session.BeginAsync(isFree: false));
        Assert.NotNull(await session.BeginAsync(isFree: false));
        Assert.Null(await session.BeginAsync(isFree: true));
        Assert.Equal(20, await CountAsync(session.Meter(isFree: true)!, 1, 0, most: 20));

        var strict = Session(await LoadAsync(), PolicyOf(asking with { Name = "strict", AtLimit = UsageAction.Deny }));
        Assert.Null(await strict.BeginAsync(isFree: true));
        Assert.NotNull(await strict.BeginAsync(isFree: true));
    }

    [Fact]
    public async Task The_strictest_budget_that_is_used_up_speaks()
    {
        var limits = new UsageLimits(1, null, null, null, null, null);
        var session = Session(await LoadAsync(), PolicyOf(
            Budget(limits) with { Name = "a", AtLimit = UsageAction.Ask }, Budget(limits) with { Name = "b", AtLimit = UsageAction.Kill }, Budget(limits) with { Name = "c" }));
        Assert.Null(await session.BeginAsync(isFree: false));
        Assert.Equal("budget:b", session.Reached()!.Budget.Rule);
    }

    [Fact]
    public async Task A_changed_policy_holds_at_once()
    {
        var budgets = await LoadAsync();
        var policy = PolicyOf(Budget(new UsageLimits(2, null, null, null, null, null)));
        var session = budgets.ForSession(Etl, PolicyMaker.Target, "ses_1", () => policy);
        Assert.Null(await session.BeginAsync(isFree: false));
        policy = PolicyOf(Budget(new UsageLimits(1, null, null, null, null, null)));
        Assert.NotNull(session.Reached());
        policy = PolicyOf();
        Assert.False(session.Any);
        Assert.Null(session.Meter(isFree: false));
    }

    [Fact]
    public async Task Budgets_concern_whom_they_name()
    {
        var limits = new UsageLimits(1, null, null, null, null, null);
        var budgets = await LoadAsync();
        Assert.False(Session(budgets, PolicyOf(Budget(limits) with { Groups = ["others"] })).Any);
        Assert.False(Session(budgets, PolicyOf(Budget(limits) with { Targets = ["others"] })).Any);
        Assert.False(Session(budgets, PolicyOf(Budget(limits) with { Kinds = [PrincipalKind.Human] })).Any);
        Assert.False(Session(budgets, PolicyOf(Budget(limits) with { Principals = [new PrincipalMatch { Name = "others" }] })).Any);
        Assert.True(Session(budgets, PolicyOf(Budget(limits) with
        {
            Groups = ["agents"],
            Targets = [PolicyMaker.Target],
            Kinds = [PrincipalKind.Agent],
            Principals = [new PrincipalMatch { Name = "agent-etl" }],
        })).Any);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_not_given_out()
    {
        var session = Session(await LoadAsync(), PolicyOf(Budget(new UsageLimits(100, 100, null, null, null, null))));
        _store.IsBroken = true;
        await Assert.ThrowsAsync<UsageStoreException>(() => session.BeginAsync(isFree: false).AsTask());
        await Assert.ThrowsAsync<UsageStoreException>(() => session.Meter(isFree: false)!.RefillAsync(1, 0).AsTask());
        _store.IsBroken = false;
        Assert.Null(await session.BeginAsync(isFree: false));
    }

    private static UsageBudget Budget(UsageLimits limits) => new() { Name = "loop", Per = UsageScope.Run, Limits = limits };

    private static PolicySnapshot PolicyOf(params UsageBudget[] budgets) => new("h", [new TargetPolicy(PolicyMaker.Target, PhiMap.Empty, [])], [], []) { Budgets = [.. budgets] };

    private static SessionUsage Session(UsageBudgets budgets, PolicySnapshot policy, Principal? principal = null, string id = "ses_1") =>
        budgets.ForSession(principal ?? Etl, PolicyMaker.Target, id, () => policy);

    private static async Task<int> CountAsync(UsageLease lease, int bytes, int cells, int most = int.MaxValue)
    {
        for (var rows = 0; rows < most; rows++)
        {
            if (!lease.Take(bytes, cells) && (await lease.RefillAsync(bytes, cells) is not null || !lease.Take(bytes, cells)))
            {
                return rows;
            }
        }

        return most;
    }

    private static async Task<bool> TakeAsync(UsageLease lease) => lease.Take(1, 0) || (await lease.RefillAsync(1, 0) is null && lease.Take(1, 0));

    private Task<UsageBudgets> LoadAsync() => UsageBudgets.LoadAsync(_store, _time);
}
