using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Recording;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Takes a session's statements and results to the budgets that concern it, and does at a limit what the budget says: deny, ask, or end the session.</summary>
/// <param name="usage">The session's view of the budgets.</param>
/// <param name="recorder">Where a used-up budget is recorded.</param>
/// <param name="metrics">Where stops are counted.</param>
/// <param name="cancel">Cancels what runs at the target; completes when the target has been told.</param>
/// <param name="end">Ends the session.</param>
internal sealed class UsageWatch(SessionUsage usage, SessionRecorder recorder, GatewayMetrics metrics, Func<ValueTask> cancel, Action<SessionEnd> end)
{
    private const string Unavailable = "budget-unavailable";

    private static readonly SessionEnd CannotCount = new(
        Unavailable, "58030", "NOT EXECUTED - the gateway cannot keep the counters of its budgets, so nothing that they limit runs; tell the operator");

    /// <summary>Records that a statement or result was stopped: the rule, and what became of it (refused, cut, disconnected). Durable on return.</summary>
    public Func<ServerStatement, string, string, ValueTask> RecordAsync { get; set; } = static (_, _, _) => ValueTask.CompletedTask;

    /// <summary>Told when a statement that runs is stopped.</summary>
    public Action<UsageStop> Stopped { get; set; } = static _ => { };

    /// <summary>Whether any budget concerns the session now.</summary>
    public bool Any => usage.Any;

    /// <summary>Judges a statement, and counts it where nobody has to be asked about it.</summary>
    /// <param name="statement">What is to run.</param>
    /// <param name="policy">What policy says of it.</param>
    /// <returns>Null when no budget is against it; else a denial, or a question.</returns>
    public ValueTask<Verdict?> JudgeAsync(ServerStatement statement, Verdict policy) =>
        !Concerns(statement) || policy is Verdict.Deny ? new ValueTask<Verdict?>((Verdict?)null) : JudgeOneAsync(statement, policy);

    /// <summary>Counts a statement that a human let through.</summary>
    /// <returns>Null when it may run; else a denial of a budget that nobody can be asked about.</returns>
    /// <param name="statement">What is to run.</param>
    /// <param name="isFree">Budgets that ask do not stop it.</param>
    public async ValueTask<Verdict.Deny?> ApprovedAsync(ServerStatement statement, bool isFree)
    {
        if (!Concerns(statement))
        {
            return null;
        }

        try
        {
            return await usage.BeginAsync(isFree) is { } stop ? Deny(stop) : null;
        }
        catch (UsageStoreException)
        {
            return CannotJudge();
        }
    }

    /// <summary>Counts a refusal; one of a budget's own does not count.</summary>
    public async ValueTask DeniedAsync(string rule, string reason)
    {
        if (!usage.Any || reason is not ("policy" or "analysis" or "approval-denied") || rule.StartsWith(UsageBudget.RulePrefix, StringComparison.Ordinal))
        {
            return;
        }

        try
        {
            await usage.DeniedAsync();
        }
        catch (UsageStoreException)
        {
            end(CannotCount);
        }
    }

    /// <summary>Ends the session when the denial comes from a budget that kills.</summary>
    public void EndIfKilled(Verdict.Deny deny)
    {
        if (usage.Reached() is { Budget.AtLimit: UsageAction.Kill } stop && deny.Rule == stop.Budget.Rule)
        {
            end(EndOf(stop));
        }
    }

    /// <summary>The meter of one execution; null when nothing of it is limited.</summary>
    public UsageLease? Meter(ServerStatement statement, bool isApproved) => Concerns(statement) ? usage.Meter(isApproved) : null;

    /// <summary>Stops a statement that runs: records it, cancels it at the target, and ends the session where the budget says so.</summary>
    public async ValueTask StopAsync(Execution execution, UsageStop stop)
    {
        execution.Stop = stop;
        Report(stop);
        var kills = stop.Budget.AtLimit == UsageAction.Kill;
        await RecordAsync(execution.Statement, stop.Budget.Rule, kills ? "disconnected" : "cut");
        Stopped(stop);
        await cancel();
        if (kills)
        {
            end(EndOf(stop));
        }
    }

    /// <summary>Counts the time of what runs now, and stops it when there is none left.</summary>
    public async ValueTask TickAsync(Execution execution)
    {
        if (execution is { Stop: null, Ended: false, Lease: { } lease } && lease.Tick() is { } stop)
        {
            await StopAsync(execution, stop);
        }
    }

    /// <summary>Forgets what was counted for this session alone.</summary>
    public void End() => usage.End();

    /// <summary>The error that stands in place of the rest of a result.</summary>
    public static byte[] ErrorOf(UsageStop stop, bool hasRows) => ErrorFields.Error(
        Refusals.TooLarge,
        $"STOPPED - refused by {stop.Budget.Rule}: {stop.Reason} - {stop.Remedy}",
        hint: hasRows ? "The rows before this error are a part of the result." : "");

    /// <summary>Session and transaction control is never limited: a ROLLBACK must go through.</summary>
    private bool Concerns(ServerStatement statement) => statement.Command.Class != CommandClass.Session && usage.Any;

    private async ValueTask<Verdict?> JudgeOneAsync(ServerStatement statement, Verdict policy)
    {
        UsageStop? stop;
        try
        {
            stop = usage.Reached() ?? (policy is Verdict.Allow ? await usage.BeginAsync(isFree: false) : null);
        }
        catch (UsageStoreException)
        {
            return CannotJudge();
        }

        if (stop is null)
        {
            return null;
        }

        if (stop.Budget.AtLimit == UsageAction.Ask && !statement.GoesOn)
        {
            // Where policy asks a human anyway, one question is enough.
            Report(stop);
            return policy is Verdict.Allow ? new Verdict.Ask(stop.Budget.Rule, stop.Budget.Approvers, stop.Budget.Hold, stop.Budget.Expires) : null;
        }

        return Deny(stop);
    }

    private Verdict.Deny Deny(UsageStop stop)
    {
        Report(stop);
        return new Verdict.Deny(stop.Budget.Rule, stop.Reason, stop.Remedy);
    }

    private static Verdict.Deny CannotJudge() =>
        new(Unavailable, "the gateway cannot keep the counters of its budgets, so nothing that they limit runs", "Tell the operator.");

    private void Report(UsageStop stop)
    {
        var measure = PolicyNames.Kebab(stop.Measure.ToString());
        metrics.BudgetStopped(stop.Budget.Name, measure);
        if (stop.IsFirst)
        {
            recorder.BudgetReached(new BudgetFacts(
                stop.Budget.Name, PolicyNames.Kebab(stop.Budget.Per.ToString()), measure, stop.Used, stop.Limit, PolicyNames.Kebab(stop.Budget.AtLimit.ToString())));
        }
    }

    private static SessionEnd EndOf(UsageStop stop) => new("budget", "57P01", $"the session is ended by {stop.Budget.Rule}: {stop.Reason} - {stop.Remedy}");
}
