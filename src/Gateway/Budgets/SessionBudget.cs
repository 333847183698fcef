using System.Buffers.Binary;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets;

/// <summary>
/// One session's view of its principal's budgets: asked before each execution, told how it ended. A limit that is reached stops what would go
/// past it and nothing else. Used by one session; what it shares with others is locked.
/// </summary>
public sealed class SessionBudget
{
    /// <summary>Keeps hashes of statements apart from those of values.</summary>
    private const int TrialForm = -100;

    private readonly PrincipalBudget _shared;
    private readonly Func<InferencePolicy> _policy;
    private readonly ValueKey _key;
    private readonly TimeProvider _time;
    private readonly EventWindow _errors;
    private readonly List<BudgetAlarm> _alarms = [];
    private bool _hasFailed;

    internal SessionBudget(PrincipalBudget shared, Func<InferencePolicy> policy, ValueKey key, TimeProvider time)
    {
        _shared = shared;
        _policy = policy;
        _key = key;
        _time = time;
        _errors = new EventWindow(time);
    }

    /// <summary>The limits in force.</summary>
    public InferencePolicy Policy => _policy();

    /// <summary>Judges one execution, and uses up what it needs when it may go on.</summary>
    /// <returns>Null when it may go on; else a question to a human, or a denial where nobody may be asked.</returns>
    public Verdict? Judge(Attempt attempt)
    {
        var policy = _policy();
        lock (_shared.Gate)
        {
            _shared.LastUsed = _time.GetTimestamp();
            var trial = attempt.Trial is null ? [] : HashesOf(attempt.Trial);
            var stop = JudgeErrors(attempt.Risk, policy) ?? JudgeTrial(trial, policy) ?? JudgeValues(attempt.Comparisons, policy);
            if (stop is null)
            {
                _shared.Trials.Add(trial);
            }

            return stop;
        }
    }

    /// <summary>Takes in that the session may change what statements mean or find.</summary>
    public void Changing()
    {
        lock (_shared.Gate)
        {
            _shared.Epoch++;
        }
    }

    /// <summary>Takes in that an execution failed at run time, and whether the client may see the exact SQLSTATE: only the first time in a while.</summary>
    public bool Failed(FailureRisk risk)
    {
        var policy = _policy();
        lock (_shared.Gate)
        {
            _shared.LastUsed = _time.GetTimestamp();
            var isFirst = !_hasFailed && _shared.Errors.Count == 0;
            _hasFailed = true;
            switch (risk)
            {
                case FailureRisk.Computes:
                    _errors.Add();
                    _shared.Errors.Add();
                    break;
                case FailureRisk.Derives:
                    _shared.SurprisingErrors.Add();
                    goto case FailureRisk.Computes;
                case FailureRisk.Writes:
                    _shared.WriteErrors.Add();
                    break;
            }

            if (ErrorsLeft(risk, policy) <= 0)
            {
                Raise(AlarmKind.ErrorsUsedUp, "", risk == FailureRisk.Writes ? _shared.WriteErrors.Count : _shared.Errors.Count);
            }

            return isFirst;
        }
    }

    /// <summary>Takes in whether an execution that compared tagged columns for equality found any row.</summary>
    public void Answered(IEnumerable<string> columns, bool found)
    {
        lock (_shared.Gate)
        {
            foreach (var column in columns)
            {
                if (_shared.Column(column).Answered(found) is > 0 and var misses)
                {
                    Raise(AlarmKind.FailedEqualities, column, misses);
                }
            }
        }
    }

    /// <summary>The alarms since the last call; each kind and column at most once an hour.</summary>
    public IReadOnlyList<BudgetAlarm> TakeAlarms()
    {
        if (_alarms.Count == 0)
        {
            return [];
        }

        BudgetAlarm[] taken = [.. _alarms];
        _alarms.Clear();
        return taken;
    }

    private Verdict? JudgeErrors(FailureRisk risk, InferencePolicy policy)
    {
        if (risk == FailureRisk.None || ErrorsLeft(risk, policy) > 0)
        {
            return null;
        }

        var wait = risk == FailureRisk.Writes
            ? _shared.WriteErrors.UntilBelow(policy.WriteErrorsPerHour)
            : Longest(_errors.UntilBelow(policy.Errors), _shared.Errors.UntilBelow(policy.ErrorsPerHour));
        var reason = risk == FailureRisk.Writes
            ? "too many writes to tables with tagged columns have failed within the hour, and each failure tells whether a value exists"
            : "too many statements that compute with tagged columns have failed within the hour, and each failure can tell one bit of a value";
        var instead = risk == FailureRisk.Writes
            ? "Look at what the failed writes have in common"
            : "Select the tagged columns as they are, without computing with them";
        return Stop(policy, InferencePolicy.ErrorBudget, reason, $"{instead}, or go on {Until(wait)}.");
    }

    private Verdict? JudgeTrial(UInt128[] trial, InferencePolicy policy)
    {
        if (_shared.Trials.CountNew(trial) == 0 || _shared.Trials.Count < policy.AttemptsPerHour)
        {
            return null;
        }

        Raise(AlarmKind.AttemptsUsedUp, "", _shared.Trials.Count);
        return Stop(
            policy,
            InferencePolicy.AttemptsBudget,
            $"{_shared.Trials.Count} different statements that can fail over tagged values ran within the hour, and each tells by failing or not failing",
            $"Select the tagged columns as they are, without casts or computing; repeating a statement is free, and another one is {Until(_shared.Trials.UntilNextFree)}.");
    }

    /// <summary>What tells one trial from others; a plain cast is the same one whatever its constants are.</summary>
    private UInt128[] HashesOf(Trial trial)
    {
        if (trial.Kind == TrialKind.None)
        {
            return [];
        }

        var (form, epoch) = (TrialForm - (int)trial.Kind, trial.Kind == TrialKind.Cast ? 0 : _shared.Epoch);
        if (trial.Kind == TrialKind.Varying)
        {
            epoch = ++_shared.Epoch;
        }

        var parameters = trial.Kind == TrialKind.Cast ? default : trial.Parameters.Span;
        Span<byte> head = stackalloc byte[16 + sizeof(int)];
        BinaryPrimitives.WriteUInt128LittleEndian(head, _key.Of(form, trial.Text.Span));
        BinaryPrimitives.WriteInt32LittleEndian(head[16..], epoch);
        return [_key.Of(form, [.. head, .. parameters])];
    }

    private int ErrorsLeft(FailureRisk risk, InferencePolicy policy) => risk switch
    {
        FailureRisk.Derives when _shared.SurprisingErrors.Count == 0 => int.MaxValue,
        FailureRisk.Computes or FailureRisk.Derives => Math.Min(policy.Errors - _errors.Count, policy.ErrorsPerHour - _shared.Errors.Count),
        FailureRisk.Writes => policy.WriteErrorsPerHour - _shared.WriteErrors.Count,
        _ => int.MaxValue,
    };

    private Verdict? JudgeValues(IReadOnlyList<Comparison> comparisons, InferencePolicy policy)
    {
        if (comparisons.Count == 0)
        {
            return null;
        }

        foreach (var column in comparisons.GroupBy(c => c.Column, StringComparer.Ordinal))
        {
            if (column.Any(c => c.Values is null) || column.Sum(c => c.Values!.Count) > policy.ListLength)
            {
                return Stop(
                    policy,
                    InferencePolicy.LongList,
                    $"the tagged column {column.Key} is compared with more than {policy.ListLength} values in one statement, or with a list that cannot be counted",
                    $"Compare it with at most {policy.ListLength} values at once.");
            }
        }

        var hashes = comparisons.ToLookup(c => c.Column, c => c.Values!.Select(v => _key.Of(v.Form, v.Bytes.Span)), StringComparer.Ordinal)
            .Select(column => (Column: column.Key, Values: column.SelectMany(v => v).ToHashSet())).ToList();
        foreach (var (column, values) in hashes)
        {
            if (JudgeConstants(column, _shared.Column(column).Tried, values, policy) is { } stop)
            {
                return stop;
            }
        }

        foreach (var (column, values) in hashes)
        {
            _shared.Column(column).Tried.Add(values);
        }

        foreach (var search in comparisons.Where(c => c.IsSearch))
        {
            if (_shared.Column(search.Column).Walk(search.Values!) is > 0 and var tries)
            {
                Raise(AlarmKind.PrefixWalk, search.Column, tries);
            }
        }

        return null;
    }

    private Verdict? JudgeConstants(string column, TriedValues tried, HashSet<UInt128> values, InferencePolicy policy)
    {
        var fresh = tried.CountNew(values);
        if (fresh == 0 || tried.Count + fresh <= policy.ConstantsPerHour)
        {
            return null;
        }

        Raise(AlarmKind.ConstantsUsedUp, column, tried.Count);
        return Stop(
            policy,
            InferencePolicy.ConstantsBudget,
            $"the tagged column {column} has been compared with {tried.Count} different values within the hour, and {policy.ConstantsPerHour} are allowed",
            $"Join to the column, or use values that were used before; the next new one is free {Until(tried.UntilNextFree)}.");
    }

    private void Raise(AlarmKind kind, string column, int count)
    {
        if (_shared.IsDue(kind, column))
        {
            _alarms.Add(new BudgetAlarm(kind, column, count));
        }
    }

    private static Verdict Stop(InferencePolicy policy, string rule, string reason, string remedy) => policy.Approvers.IsEmpty
        ? new Verdict.Deny(rule, reason, remedy)
        : new Verdict.Ask(rule, policy.Approvers, policy.Hold, policy.Expires);

    private static TimeSpan Longest(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static string Until(TimeSpan wait) => wait.TotalMinutes < 1 ? "in a minute" : $"in {Math.Ceiling(wait.TotalMinutes):0} minutes";
}
