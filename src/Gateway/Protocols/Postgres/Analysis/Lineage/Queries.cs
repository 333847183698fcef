using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Goes through one query level in order: what it reads, its conditions, its columns, what it writes.</summary>
internal sealed class Queries(LineageRun run)
{
    // CmdType of PostgreSQL's nodes.h. MERGE came with 15 and moved UTILITY from 5 to 6.
    private const int Select = 1;
    private const int Update = 2;
    private const int Insert = 3;
    private const int Delete = 4;
    private const int Merge = 5;

    private const int OnConflictUpdate = 2;

    private readonly NodeTree _tree = run.Tree;

    /// <returns>The taints of the columns the query returns, in order.</returns>
    public Taint[] Analyze(int query, QueryScope? parent)
    {
        if (_tree.Kind(query) != NodeKind.Query)
        {
            throw new TreeFormatException("a query was expected");
        }

        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TreeFormatException("queries are nested too deeply");
        }

        var command = _tree.Integer(query, Field.CommandType);
        var scope = new QueryScope(_tree, query, parent);
        RecordCommand(scope, command);
        AnalyzeCommonTables(scope);
        AssignSubLinks(scope, _tree.Value(query, Field.TargetList));
        run.RangeTables.AnalyzeAll(scope);
        run.Predicates.JudgeJoinTree(scope, _tree.Value(query, Field.Jointree));
        run.Predicates.JudgeOptional(scope, _tree.Value(query, Field.HavingQual));
        run.Functions.InInsertValues = command == Insert;
        var targets = Targets(scope, Field.TargetList);
        run.Functions.InInsertValues = false;
        run.AggregateOrder.Judge(scope);
        JudgeOptions(scope);
        return command == Select ? SelectResult(scope, targets) : WriteResult(scope, command, targets);
    }

    /// <summary>
    /// The columns of a WITH query. A recursive one is analysed again until what it takes from itself is what it returns: each round can only
    /// raise levels, so it ends.
    /// </summary>
    public Taint[] AnalyzeCommonTable(QueryScope scope, CommonTable table)
    {
        if (table.State == EntryState.Untouched)
        {
            table.State = EntryState.InProgress;
            for (var isStable = false; !isStable;)
            {
                isStable = table.Settle(Analyze(table.Query, scope));
            }

            table.State = EntryState.Done;
        }

        return table.Columns;
    }

    private void RecordCommand(QueryScope scope, int command)
    {
        if (run.IsDefinition)
        {
            return;
        }

        var isMergeKnown = _tree.Has(scope.Query, Field.MergeActionList);
        switch (command)
        {
            case Select:
                run.Raise(CommandClass.Read, _tree.Flag(scope.Query, Field.HasForUpdate) ? Effects.Lock : Effects.None);
                break;
            case Update or Delete:
                run.Raise(CommandClass.Write, command == Update ? Effects.Update : Effects.Delete);
                run.Unbounded |= !Bounds.OfWrite(run, scope);
                break;
            case Insert:
                run.Raise(CommandClass.Write, Effects.Insert);
                break;
            case Merge when isMergeKnown:
                run.Raise(CommandClass.Write, Effects.Merge);
                run.Unbounded |= !Bounds.OfMerge(run, scope);
                break;
            default:
                throw new TreeFormatException($"command type {command} is not expected inside a statement");
        }
    }

    private void AnalyzeCommonTables(QueryScope scope)
    {
        foreach (var node in _tree.Items(scope.Query, Field.CteList))
        {
            scope.CommonTables.Add(new CommonTable(
                _tree.Atom(_tree.Value(node, Field.Ctename)).ToArray(), _tree.Value(node, Field.Ctequery), _tree.Flag(node, Field.Cterecursive)));
        }

        foreach (var table in scope.CommonTables)
        {
            AnalyzeCommonTable(scope, table);
        }
    }

    /// <summary>The sub-selects of <c>SET (a, b) = (SELECT ...)</c> stand at the end of the list; the columns before refer to them.</summary>
    private void AssignSubLinks(QueryScope scope, int list)
    {
        const int MultiAssignment = 5;
        foreach (var entry in _tree.Items(list))
        {
            var expression = _tree.Value(entry, Field.Expr);
            if (_tree.Kind(expression) == NodeKind.SubLink && _tree.Integer(expression, Field.SubLinkType) == MultiAssignment)
            {
                run.Expressions.Evaluate(scope, expression);
            }
        }
    }

    private List<TargetColumn> Targets(QueryScope scope, Field field) => Targets(scope, _tree.Value(scope.Query, field));

    private List<TargetColumn> Targets(QueryScope scope, int list)
    {
        var targets = new List<TargetColumn>();
        foreach (var entry in _tree.Items(list))
        {
            var expression = _tree.Value(entry, Field.Expr);
            var isJunk = _tree.Flag(entry, Field.Resjunk);
            var taint = run.Expressions.Evaluate(scope, expression);
            targets.Add(new TargetColumn(expression, _tree.Integer(entry, Field.Resno), _tree.Integer(entry, Field.Ressortgroupref), isJunk, taint));
        }

        return targets;
    }

    private void JudgeOptions(QueryScope scope)
    {
        foreach (var option in _tree.Items(scope.Query, Field.WithCheckOptions))
        {
            run.Predicates.JudgeOptional(scope, _tree.Value(option, Field.Qual));
        }
    }

    private Taint[] SelectResult(QueryScope scope, List<TargetColumn> targets)
    {
        var setOperations = _tree.Value(scope.Query, Field.SetOperations);
        if (!_tree.IsNull(setOperations))
        {
            // The target list of a set operation names the columns of its first part only.
            var columns = run.SetOperations.Columns(scope, setOperations);
            for (var i = 0; i < targets.Count; i++)
            {
                if (!targets[i].IsJunk && targets[i].Number >= 1 && targets[i].Number <= columns.Length)
                {
                    targets[i] = targets[i] with { Taint = columns[targets[i].Number - 1] };
                }
            }
        }

        run.Cardinality.Judge(scope, targets);
        return Result(targets);
    }

    private Taint[] WriteResult(QueryScope scope, int command, List<TargetColumn> targets)
    {
        if (command is Insert or Update)
        {
            run.Sinks.Judge(scope, targets);
        }
        else
        {
            run.Sinks.Judge(scope, []);
        }

        JudgeConflict(scope, targets);
        JudgeMerge(scope, command);
        return Result(Targets(scope, Field.ReturningList));
    }

    private void JudgeConflict(QueryScope scope, List<TargetColumn> targets)
    {
        var conflict = _tree.Value(scope.Query, Field.OnConflict);
        if (_tree.IsNull(conflict))
        {
            return;
        }

        run.Sinks.JudgeConflict(scope, conflict, targets);
        if (_tree.Integer(conflict, Field.Action) != OnConflictUpdate)
        {
            return;
        }

        run.Raise(CommandClass.Write, Effects.Update);
        var list = _tree.Value(conflict, Field.OnConflictSet);
        AssignSubLinks(scope, list);
        run.Sinks.Judge(scope, Targets(scope, list));
        run.Predicates.JudgeOptional(scope, _tree.Value(conflict, Field.OnConflictWhere));
    }

    private void JudgeMerge(QueryScope scope, int command)
    {
        if (command != Merge)
        {
            return;
        }

        if (_tree.Has(scope.Query, Field.MergeJoinCondition))
        {
            run.Predicates.JudgeOptional(scope, _tree.Value(scope.Query, Field.MergeJoinCondition));
        }

        foreach (var action in _tree.Items(scope.Query, Field.MergeActionList))
        {
            run.Raise(CommandClass.Write, _tree.Integer(action, Field.CommandType) switch
            {
                Insert => Effects.Insert,
                Update => Effects.Update,
                Delete => Effects.Delete,
                _ => Effects.None,
            });
            run.Predicates.JudgeOptional(scope, _tree.Value(action, Field.Qual));
            var list = _tree.Value(action, Field.TargetList);
            AssignSubLinks(scope, list);
            run.Sinks.Judge(scope, Targets(scope, list));
        }
    }

    private static Taint[] Result(List<TargetColumn> targets)
    {
        var outputs = new List<Taint>(targets.Count);
        foreach (var target in targets)
        {
            if (!target.IsJunk)
            {
                outputs.Add(target.Taint);
            }
        }

        return [.. outputs];
    }
}
