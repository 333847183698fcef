using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Taints of what a query reads from: relations, sub-queries, joins, functions, VALUES, WITH queries.</summary>
internal sealed class RangeTable(LineageRun run)
{
    // RTEKind of PostgreSQL's parsenodes.h.
    private const int Relation = 0;
    private const int Subquery = 1;
    private const int Join = 2;
    private const int Function = 3;
    private const int TableFunction = 4;
    private const int Values = 5;
    private const int CommonTableEntry = 6;
    private const int Result = 8;
    private const int Group = 9;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Works through every entry of a level: records relations, judges what is inside.</summary>
    public void AnalyzeAll(QueryScope scope)
    {
        for (var i = 0; i < scope.Entries.Length; i++)
        {
            Analyze(scope, i);
            foreach (var qual in _tree.Items(scope.Entries[i], Field.SecurityQuals))
            {
                // Row security policies and the conditions of barrier views are judged like the statement's own.
                run.Predicates.Judge(scope, qual);
            }
        }
    }

    /// <summary>The taint of one column of one entry; attribute 0 is the whole row, negative ones are system columns.</summary>
    public Taint Column(QueryScope scope, int varno, int attribute)
    {
        if (varno < 1 || varno > scope.Entries.Length)
        {
            throw new TreeFormatException("a column refers to a range table entry that does not exist");
        }

        var position = varno - 1;
        var entry = scope.Entries[position];
        if (Kind(entry) == Relation)
        {
            return run.RelationEntries.Column(entry, attribute);
        }

        if (Kind(entry) is Join or Group && attribute > 0)
        {
            return Alias(scope, entry, attribute);
        }

        Analyze(scope, position);
        var columns = scope.Columns[position] ?? [];
        if (attribute == 0)
        {
            columns = Kind(entry) is Join or Group ? AllAliases(scope, entry) : columns;
            var row = Taint.Clean;
            foreach (var column in columns)
            {
                row = row.Compute(column);
            }

            return row;
        }

        // A recursive reference has no columns yet in the first round.
        return attribute > 0 && attribute <= columns.Length ? columns[attribute - 1] : Taint.Clean.With(TaintTraits.Unknown);
    }

    /// <summary>
    /// What counting whole rows shows: nothing, since rows are never NULL; but what a function in FROM returns may be, and counting different
    /// rows compares what is computed in them.
    /// </summary>
    public Taint CountedRow(QueryScope scope, int node, bool isDistinct)
    {
        var level = scope.Outer(_tree.Integer(node, Field.Varlevelsup));
        var varno = _tree.Integer(node, Field.Varno);
        var row = Column(level, varno, 0);
        var kind = Kind(level.Entries[varno - 1]);
        if (kind is Function or TableFunction)
        {
            return row;
        }

        if (!isDistinct || kind == Relation)
        {
            return row.AsClean();
        }

        var columns = kind is Join or Group ? AllAliases(level, level.Entries[varno - 1]) : level.Columns[varno - 1] ?? [];
        return Array.Find(columns, column => column.IsDerived);
    }

    /// <summary>The expression a column of a join or of GROUP BY stands for; other nodes stand for themselves.</summary>
    public int Unalias(QueryScope scope, int node)
    {
        while (_tree.Kind(node) == NodeKind.Var && _tree.Integer(node, Field.Varlevelsup) == 0 && _tree.Integer(node, Field.Varno) is var varno
            && varno >= 1 && varno <= scope.Entries.Length && Kind(scope.Entries[varno - 1]) is Join or Group && _tree.Integer(node, Field.Varattno) > 0)
        {
            run.CountStep();
            var entry = scope.Entries[varno - 1];
            node = _tree.Items(entry, Kind(entry) == Join ? Field.Joinaliasvars : Field.Groupexprs).At(_tree.Integer(node, Field.Varattno) - 1);
        }

        return node;
    }

    /// <summary>All columns of a sub-query entry, as a set operation combines them.</summary>
    public Taint[] AllColumns(QueryScope scope, int varno)
    {
        Column(scope, varno, 0);
        return scope.Columns[varno - 1] ?? [];
    }

    /// <summary>Whether a Var is a whole row of something that has rows only: what a function in FROM returns may be NULL as a whole.</summary>
    public bool IsStoredRow(QueryScope scope, int node)
    {
        if (_tree.Kind(node) != NodeKind.Var || _tree.Integer(node, Field.Varattno) != 0)
        {
            return false;
        }

        var level = scope.Outer(_tree.Integer(node, Field.Varlevelsup));
        var position = _tree.Integer(node, Field.Varno) - 1;
        return position >= 0 && position < level.Entries.Length && Kind(level.Entries[position]) is Relation or Subquery or Values or CommonTableEntry;
    }

    /// <summary>Whether a Var is a whole row of a system relation, which helper functions of information_schema take as an argument.</summary>
    public bool IsSystemRow(QueryScope scope, int node)
    {
        if (_tree.Kind(node) != NodeKind.Var || _tree.Integer(node, Field.Varattno) != 0)
        {
            return false;
        }

        var level = scope.Outer(_tree.Integer(node, Field.Varlevelsup));
        var position = _tree.Integer(node, Field.Varno) - 1;
        return position >= 0 && position < level.Entries.Length && Kind(level.Entries[position]) == Relation
            && _tree.Oid(level.Entries[position], Field.Relid) < TargetCatalog.FirstNormalOid;
    }

    private int Kind(int entry) => _tree.Integer(entry, Field.Rtekind);

    private void Analyze(QueryScope scope, int position)
    {
        if (scope.States[position] == EntryState.InProgress)
        {
            throw new TreeFormatException("a range table entry refers to itself");
        }

        if (scope.States[position] == EntryState.Done)
        {
            return;
        }

        scope.States[position] = EntryState.InProgress;
        var entry = scope.Entries[position];
        scope.Columns[position] = Kind(entry) switch
        {
            Relation => run.RelationEntries.Analyze(scope, entry, position),
            Subquery => AnalyzeSubquery(scope, entry),
            Join or Group => [],
            Function => AnalyzeFunctions(scope, entry),
            TableFunction => run.TableFunctions.Columns(scope, _tree.Value(entry, Field.Tablefunc)),
            Values => AnalyzeValues(scope, entry),
            CommonTableEntry => AnalyzeCommonTable(scope, entry),
            Result => [],
            var kind => throw new TreeFormatException($"range table entry kind {kind} is not known"),
        };
        scope.States[position] = EntryState.Done;
    }

    private Taint[] AnalyzeSubquery(QueryScope scope, int entry)
    {
        // From major 16 an expanded view keeps its own relation for the permission check; before, it appears as a separate entry.
        if (_tree.Has(entry, Field.Relid) && _tree.Oid(entry, Field.Relid) is var oid and not 0 && run.Relation(oid) is { } view)
        {
            run.RelationEntries.RecordUse(scope, entry, view, isTarget: false);
        }

        return run.Queries.Analyze(_tree.Value(entry, Field.Subquery), scope);
    }

    /// <summary>A column of a join or of GROUP BY stands for an expression over other entries; only those referred to count as used.</summary>
    private Taint Alias(QueryScope scope, int entry, int attribute)
    {
        var item = _tree.Items(entry, Kind(entry) == Join ? Field.Joinaliasvars : Field.Groupexprs).At(attribute - 1);

        // A dropped column of a joined view leaves a null pointer.
        return _tree.IsNull(item) ? Taint.Clean : run.Expressions.Evaluate(scope, item);
    }

    private Taint[] AllAliases(QueryScope scope, int entry)
    {
        var columns = new Taint[_tree.Items(entry, Kind(entry) == Join ? Field.Joinaliasvars : Field.Groupexprs).Count()];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = Alias(scope, entry, i + 1);
        }

        return columns;
    }

    private Taint[] AnalyzeFunctions(QueryScope scope, int entry)
    {
        var columns = new List<Taint>();
        var all = Taint.Clean;
        foreach (var function in _tree.Items(entry, Field.Functions))
        {
            var call = _tree.Value(function, Field.Funcexpr);
            run.Functions.CallInFrom = call;
            var taint = run.Expressions.Evaluate(scope, call);
            all = all.Compute(taint);
            taint = run.Functions.IsEvaluatedOnce(call) ? taint.Without(TaintTraits.CanFail) : taint;
            var tagged = run.Functions.TaggedResultColumn(call);
            var count = _tree.Integer(function, Field.Funccolcount);
            for (var i = 1; i <= count; i++)
            {
                columns.Add(tagged is not null && tagged.Value.Column == i ? Taint.Identity(tagged.Value.Source) : taint);
            }
        }

        if (_tree.Flag(entry, Field.Funcordinality))
        {
            columns.Add(Taint.Clean);
        }

        // Functions side by side are padded with NULL to the longest, and rows are numbered: then each column tells about the others.
        return all.IsTainted ? [.. columns.Select(column => column.Compute(all))] : [.. columns];
    }

    private Taint[] AnalyzeValues(QueryScope scope, int entry)
    {
        Taint[]? columns = null;
        foreach (var row in _tree.Items(entry, Field.ValuesLists))
        {
            var isFirst = columns is null;
            columns ??= new Taint[_tree.Items(row).Count()];
            var i = 0;
            foreach (var value in _tree.Items(row))
            {
                var taint = run.Expressions.Evaluate(scope, value);
                columns[i] = isFirst ? taint : columns[i].Merge(taint);
                i++;
            }
        }

        return columns ?? [];
    }

    private Taint[] AnalyzeCommonTable(QueryScope scope, int entry)
    {
        var name = _tree.Atom(_tree.Value(entry, Field.Ctename));
        var level = scope.Outer(_tree.Integer(entry, Field.Ctelevelsup));
        foreach (var table in level.CommonTables)
        {
            if (name.SequenceEqual(table.Name))
            {
                return run.Queries.AnalyzeCommonTable(level, table);
            }
        }

        throw new TreeFormatException("a WITH query is referred to that does not exist");
    }
}
