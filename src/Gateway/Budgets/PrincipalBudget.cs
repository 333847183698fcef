namespace Sallyport.Gateway.Budgets;

/// <summary>What one principal has used up at one target within the last hour, over all its sessions. Everything is done under <see cref="Gate"/>.</summary>
internal sealed class PrincipalBudget(ValueKey key, TimeProvider time)
{
    /// <summary>Most columns with a budget of their own; what comes later shares one.</summary>
    public const int MaxColumns = 4096;

    private readonly Dictionary<string, ColumnBudget> _columns = new(StringComparer.Ordinal);
    private readonly Dictionary<(AlarmKind, string), long> _alarms = [];
    private readonly ColumnBudget _others = new(key, time);

    public Lock Gate { get; } = new();

    public EventWindow Errors { get; } = new(time);

    /// <summary>Those of <see cref="Errors"/> that came from what is not known to fail: somebody has found a way.</summary>
    public EventWindow SurprisingErrors { get; } = new(time);

    public EventWindow WriteErrors { get; } = new(time);

    /// <summary>Different statements that can fail over tagged values, whether they did or not.</summary>
    public TriedValues Trials { get; } = new(time);

    /// <summary>Goes up whenever the principal changed something at the target: the same statement may ask something else then.</summary>
    public int Epoch { get; set; }

    /// <summary>Timestamp of the last use, for making room.</summary>
    public long LastUsed { get; set; } = time.GetTimestamp();

    public ColumnBudget Column(string name)
    {
        if (_columns.TryGetValue(name, out var column))
        {
            return column;
        }

        if (_columns.Count >= MaxColumns)
        {
            return _others;
        }

        column = new ColumnBudget(key, time);
        _columns.Add(name, column);
        return column;
    }

    /// <summary>Whether an alarm is due: each is raised once an hour.</summary>
    public bool IsDue(AlarmKind kind, string column)
    {
        if (_alarms.TryGetValue((kind, column), out var raised) && time.GetElapsedTime(raised) < EventWindow.Length)
        {
            return false;
        }

        if (_alarms.Count >= MaxColumns)
        {
            _alarms.Clear();
        }

        _alarms[(kind, column)] = time.GetTimestamp();
        return true;
    }
}
