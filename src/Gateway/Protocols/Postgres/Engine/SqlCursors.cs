namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The cursors a session declared by SQL, each for as long as the server has it: to CLOSE or the end of the transaction, WITH HOLD past COMMIT;
/// one declared after a savepoint goes with ROLLBACK TO it, one closed after it does not come back.
/// </summary>
internal sealed class SqlCursors
{
    /// <summary>Most cursors one session may have.</summary>
    public const int Limit = 1000;

    /// <summary>Most savepoints that may be open at one time.</summary>
    public const int MaxSavepoints = 10_000;

    // Depth of a cursor whose transaction has committed: nothing but CLOSE ends it.
    private const int Kept = -1;

    private readonly Dictionary<string, (NamedQuery Query, int Depth)> _cursors = new(StringComparer.Ordinal);
    private readonly List<string> _savepoints = [];

    public bool IsFull => _cursors.Count >= Limit;

    public bool HasRoomForSavepoint => _savepoints.Count < MaxSavepoints;

    public NamedQuery? Find(string name) => _cursors.TryGetValue(name, out var cursor) ? cursor.Query : null;

    public void Declared(NamedQuery query)
    {
        if (!IsFull)
        {
            _cursors[query.Name] = (query, _savepoints.Count);
        }
    }

    public void Closed(string name) => _cursors.Remove(name);

    public void AllClosed() => _cursors.Clear();

    public void Saved(string savepoint) => _savepoints.Add(savepoint);

    /// <summary>RELEASE: the cursors declared since belong to the level below.</summary>
    public void Released(string savepoint)
    {
        var level = _savepoints.LastIndexOf(savepoint);
        if (level < 0)
        {
            return;
        }

        _savepoints.RemoveRange(level, _savepoints.Count - level);
        foreach (var (name, cursor) in _cursors)
        {
            if (cursor.Depth > level)
            {
                _cursors[name] = cursor with { Depth = level };
            }
        }
    }

    /// <summary>ROLLBACK TO: the savepoint stays, what was declared after it goes.</summary>
    public void RolledBackTo(string savepoint)
    {
        var level = _savepoints.LastIndexOf(savepoint);
        if (level >= 0)
        {
            _savepoints.RemoveRange(level + 1, _savepoints.Count - level - 1);
            Drop(cursor => cursor.Depth > level);
        }
    }

    public void Committed()
    {
        _savepoints.Clear();
        Drop(static cursor => !cursor.Query.IsHeld);
        foreach (var (name, cursor) in _cursors)
        {
            if (cursor.Depth != Kept)
            {
                _cursors[name] = cursor with { Depth = Kept };
            }
        }
    }

    public void RolledBack()
    {
        _savepoints.Clear();
        Drop(static cursor => cursor.Depth != Kept);
    }

    private void Drop(Func<(NamedQuery Query, int Depth), bool> goes)
    {
        foreach (var (name, cursor) in _cursors)
        {
            if (goes(cursor))
            {
                _cursors.Remove(name);
            }
        }
    }
}
