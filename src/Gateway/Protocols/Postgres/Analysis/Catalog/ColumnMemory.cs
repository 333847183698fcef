using System.Collections.Concurrent;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;

/// <summary>
/// The columns of tables with tagged columns as they were first seen: those that come later have to be classified, and a tag stays with its
/// column whatever it is called by then. Thread-safe.
/// </summary>
internal sealed class ColumnMemory
{
    /// <summary>Most columns remembered. Past it those of further tables count as seen for the first time at every look.</summary>
    private const int MaxColumns = 1_000_000;

    private readonly ConcurrentDictionary<(uint Relation, int Attribute), KnownColumn> _columns = new();
    private readonly ConcurrentDictionary<uint, byte> _relations = new();
    private readonly ConcurrentQueue<KnownColumn> _unsaved = new();

    /// <summary>Whether something was learned that <see cref="TakeUnsaved"/> has not returned.</summary>
    public bool HasUnsaved => !_unsaved.IsEmpty;

    public bool IsKnown(uint relation) => _relations.ContainsKey(relation);

    public KnownColumn? Find(uint relation, int attribute) => _columns.TryGetValue((relation, attribute), out var known) ? known : null;

    /// <summary>Whether some column of a relation was once the declared one, also if it is dropped by now.</summary>
    public bool HasOrigin(uint relation, int width, string origin)
    {
        for (var attribute = 1; attribute <= width; attribute++)
        {
            if (_columns.TryGetValue((relation, attribute), out var known) && known.Origin == origin)
            {
                return true;
            }
        }

        return false;
    }

    public void Remember(in KnownColumn column)
    {
        if (_columns.Count >= MaxColumns || (_columns.TryGetValue((column.Relation, column.Attribute), out var known) && known == column))
        {
            return;
        }

        _columns[(column.Relation, column.Attribute)] = column;
        _relations[column.Relation] = 0;
        _unsaved.Enqueue(column);
    }

    /// <summary>Takes in what was remembered before a restart.</summary>
    public void Load(IEnumerable<KnownColumn> columns)
    {
        foreach (var column in columns)
        {
            _columns.TryAdd((column.Relation, column.Attribute), column);
            _relations[column.Relation] = 0;
        }
    }

    public List<KnownColumn> TakeUnsaved()
    {
        var taken = new List<KnownColumn>();
        while (_unsaved.TryDequeue(out var column))
        {
            taken.Add(column);
        }

        return taken;
    }

    /// <summary>Puts back what could not be saved.</summary>
    public void PutBack(IEnumerable<KnownColumn> columns)
    {
        foreach (var column in columns)
        {
            _unsaved.Enqueue(column);
        }
    }
}
