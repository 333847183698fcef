using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>One query level while it is analysed: its range table, its common table expressions, and the queries around it.</summary>
internal sealed class QueryScope
{
    public QueryScope(NodeTree tree, int query, QueryScope? parent)
    {
        Query = query;
        Parent = parent;
        var rtable = tree.Items(query, Field.Rtable);
        Entries = new int[rtable.Count()];
        var i = 0;
        foreach (var entry in rtable)
        {
            Entries[i++] = entry;
        }

        Columns = new Taint[]?[Entries.Length];
        States = new EntryState[Entries.Length];
    }

    public int Query { get; }

    public QueryScope? Parent { get; }

    /// <summary>Elements of the range table entries; a Var's varno is the position here plus one.</summary>
    public int[] Entries { get; }

    /// <summary>Taints of the columns of entries that were worked out, by position.</summary>
    public Taint[]?[] Columns { get; }

    public EntryState[] States { get; }

    public List<CommonTable> CommonTables { get; } = [];

    /// <summary>Outputs of the sub-selects of multi-column assignments, by sub-link id.</summary>
    public Dictionary<int, Taint[]> MultiAssignments { get; } = [];

    /// <summary>Outputs of the sub-select whose test expression is being judged.</summary>
    public Taint[]? SubLinkColumns { get; set; }

    /// <summary>What the server may sort the rows of this level by for an aggregate's DISTINCT or ORDER BY, where that may not be told.</summary>
    public Taint AggregateSort { get; set; }

    /// <summary>Whether the result of an aggregate of this level depends on the order of rows and is shown.</summary>
    public bool ShowsAggregateOrder { get; set; }

    public QueryScope Outer(int levels)
    {
        var scope = this;
        for (; levels > 0; levels--)
        {
            scope = scope.Parent ?? throw new TreeFormatException("a reference leaves the outermost query");
        }

        return scope;
    }
}

internal enum EntryState : byte
{
    Untouched,
    InProgress,
    Done,
}

/// <summary>One WITH query of a level.</summary>
internal sealed class CommonTable(byte[] name, int query, bool isRecursive)
{
    public byte[] Name { get; } = name;

    public int Query { get; } = query;

    public bool IsRecursive { get; } = isRecursive;

    public EntryState State { get; set; }

    public Taint[] Columns { get; private set; } = [];

    /// <summary>Takes the columns one analysis found.</summary>
    /// <returns>Whether another analysis would find the same: the query does not read itself, or nothing rose.</returns>
    public bool Settle(Taint[] found)
    {
        if (!IsRecursive)
        {
            Columns = found;
            return true;
        }

        var isStable = Columns.Length == found.Length;
        for (var i = 0; i < found.Length; i++)
        {
            var known = i < Columns.Length ? Columns[i] : Taint.Clean;
            found[i] = found[i].Level < known.Level ? known.With(found[i].Traits) : found[i].With(known.Traits);
            found[i] = found[i].Without(TaintTraits.Unknown) with { Growth = Math.Max(found[i].Growth, known.Growth) };
            isStable &= Rank(found[i]) == Rank(known);
        }

        Columns = found;
        return isStable;
    }

    private static int Rank(in Taint taint) => ((int)taint.Level << 16) | (taint.Growth << 8) | (int)taint.Traits;
}
