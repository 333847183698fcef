using System.Collections.Concurrent;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>One command of a run as a reviewer of a later one sees it. Holds no literal.</summary>
/// <param name="Command">What it was.</param>
/// <param name="Verdict">allow, ask or deny; standing, where an approval of more than one command let it through.</param>
/// <param name="Rule">What decided.</param>
/// <param name="At">When it was judged.</param>
public sealed record EarlierCommand(Command Command, string Verdict, string Rule, DateTimeOffset At)
{
    /// <summary>The index in the ledger of the record of a refusal; null for anything else.</summary>
    public long? Record { get; init; }
}

/// <summary>The last commands of one run (or of one session that belongs to none), in memory only. Thread-safe.</summary>
public sealed class RunHistory
{
    /// <summary>Most commands remembered.</summary>
    public const int MaxCommands = 20;

    /// <summary>Most refusals remembered, apart from the commands: many that were allowed in between do not push one out.</summary>
    public const int MaxRefusals = 20;

    private readonly Lock _lock = new();
    private readonly EarlierCommand?[] _ring = new EarlierCommand?[MaxCommands];
    private readonly EarlierCommand?[] _refusals = new EarlierCommand?[MaxRefusals];
    private long _added;
    private long _refused;

    /// <summary>When something was added last, in ticks.</summary>
    internal long LastAt { get; private set; }

    /// <summary>Remembers a command. What only controls the session or transaction is left out.</summary>
    public void Add(Command command, string verdict, string rule, DateTimeOffset at)
    {
        if (command.Class == CommandClass.Session)
        {
            return;
        }
        lock (_lock)
        {
            _ring[_added++ % MaxCommands] = new EarlierCommand(command, verdict, rule, at);
            LastAt = at.UtcTicks;
        }
    }

    /// <summary>Remembers a command that the gateway refused.</summary>
    /// <param name="command">What it was.</param>
    /// <param name="rule">What refused it.</param>
    /// <param name="at">When.</param>
    /// <param name="record">The index of the refusal's record in the ledger.</param>
    public void Refused(Command command, string rule, DateTimeOffset at, long record)
    {
        Add(command, "deny", rule, at);
        lock (_lock)
        {
            _refusals[_refused++ % MaxRefusals] = new EarlierCommand(command, "deny", rule, at) { Record = record };
        }
    }

    /// <summary>Those before an instant, newest first.</summary>
    public IReadOnlyList<EarlierCommand> Before(DateTimeOffset instant) => Before(_ring, instant);

    /// <summary>Refusals before an instant, newest first.</summary>
    public IReadOnlyList<EarlierCommand> RefusedBefore(DateTimeOffset instant) => Before(_refusals, instant);

    private List<EarlierCommand> Before(EarlierCommand?[] ring, DateTimeOffset instant)
    {
        lock (_lock)
        {
            return [.. ring.OfType<EarlierCommand>().Where(earlier => earlier.At < instant).OrderByDescending(earlier => earlier.At)];
        }
    }
}

/// <summary>The histories of the runs that were active last. Thread-safe.</summary>
public sealed class RunHistories
{
    /// <summary>Most runs remembered; beyond, the ones that were quiet longest are forgotten.</summary>
    public const int MaxRuns = 2_048;

    private readonly ConcurrentDictionary<string, RunHistory> _ofRuns = new(StringComparer.Ordinal);
    private readonly Lock _forgetting = new();

    /// <summary>The history that a session's commands go to: its run's, or its own.</summary>
    public RunHistory Of(Principal principal, string sessionId)
    {
        var history = _ofRuns.GetOrAdd(Key(principal.Id, principal.RunId, sessionId), static _ => new RunHistory());
        Forget();
        return history;
    }

    /// <summary>What came before a request in its run.</summary>
    public IReadOnlyList<EarlierCommand> Before(Approval approval) => Of(approval)?.Before(approval.RequestedAt) ?? [];

    /// <summary>What was refused before a request in its run.</summary>
    public IReadOnlyList<EarlierCommand> RefusedBefore(Approval approval) => Of(approval)?.RefusedBefore(approval.RequestedAt) ?? [];

    private RunHistory? Of(Approval approval) => _ofRuns.GetValueOrDefault(Key(approval.Requester.Id, approval.Requester.RunId, approval.SessionId));

    private static string Key(string principalId, string runId, string sessionId) => $"{principalId}\0{(runId.Length > 0 ? "r" + runId : "s" + sessionId)}";

    private void Forget()
    {
        if (_ofRuns.Count <= MaxRuns)
        {
            return;
        }
        lock (_forgetting)
        {
            // An eighth at once, so that the search is rare.
            var quiet = _ofRuns.OrderBy(run => run.Value.LastAt).Take(_ofRuns.Count - MaxRuns + (MaxRuns / 8)).ToList();
            quiet.ForEach(run => _ofRuns.TryRemove(run));
        }
    }
}
