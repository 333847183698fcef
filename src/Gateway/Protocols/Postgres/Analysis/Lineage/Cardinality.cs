using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Row counts and row order are outputs too: what GROUP BY, DISTINCT, ORDER BY, LIMIT, windows and set operations may depend on.</summary>
internal sealed class Cardinality(LineageRun run)
{
    // SetOperation of PostgreSQL's parsenodes.h.
    private const int Union = 1;

    private readonly NodeTree _tree = run.Tree;

    public void Judge(QueryScope scope, IReadOnlyList<TargetColumn> targets)
    {
        var query = scope.Query;
        RefuseComputedKeys(query, Field.GroupClause, targets, "GROUP BY");
        RefuseComputedKeys(query, Field.DistinctClause, targets, "DISTINCT");
        RefuseComputedKeys(query, Field.SortClause, targets, "ORDER BY");
        JudgeWindows(scope, targets);
        foreach (var field in (ReadOnlySpan<Field>)[Field.LimitOffset, Field.LimitCount])
        {
            var limit = _tree.Value(query, field);
            if (!_tree.IsNull(limit) && run.Expressions.Evaluate(scope, limit) is { IsTainted: true } taint)
            {
                run.Refuse("limit", $"LIMIT and OFFSET must not depend on the protected column {taint.Source!.FullName}.", "Use a constant.");
            }
        }
    }

    /// <summary>The columns of a set operation: only UNION ALL of columns of one tag may carry protected values.</summary>
    public Taint[] SetOperation(QueryScope scope, int node)
    {
        if (_tree.Kind(node) == NodeKind.RangeTblRef)
        {
            return run.RangeTables.AllColumns(scope, _tree.Integer(node, Field.Rtindex));
        }

        if (_tree.Kind(node) != NodeKind.SetOperationStmt)
        {
            throw new TreeFormatException($"a {_tree.Kind(node)} node is not expected in a set operation");
        }

        var left = SetOperation(scope, _tree.Value(node, Field.Larg));
        var right = SetOperation(scope, _tree.Value(node, Field.Rarg));
        var isUnionAll = _tree.Integer(node, Field.Op) == Union && _tree.Flag(node, Field.All);
        var columns = new Taint[Math.Max(left.Length, right.Length)];
        for (var i = 0; i < columns.Length; i++)
        {
            var (a, b) = (i < left.Length ? left[i] : Taint.Clean, i < right.Length ? right[i] : Taint.Clean);
            columns[i] = a.Merge(b);
            if (columns[i].IsTainted && !(isUnionAll && columns[i].IsIdentity))
            {
                run.Refuse(
                    "set-operation",
                    $"The protected column {columns[i].Source!.FullName} takes part in a set operation.",
                    "Run the queries one by one; UNION ALL works where every part selects columns of the same tag.");
            }
        }

        return columns;
    }

    private void RefuseComputedKeys(int query, Field clause, IReadOnlyList<TargetColumn> targets, string word)
    {
        foreach (var key in _tree.Items(query, clause))
        {
            run.Functions.CheckSortOperators(key);
            if (Target(key, targets).Taint is { Level: TaintLevel.Derived } taint)
            {
                run.Refuse(
                    "computed-key",
                    $"{word} uses something computed from the protected column {taint.Source!.FullName}.",
                    $"Use the column itself in {word}, or a column that is not protected.");
            }
        }
    }

    private void JudgeWindows(QueryScope scope, IReadOnlyList<TargetColumn> targets)
    {
        foreach (var window in _tree.Items(scope.Query, Field.WindowClause))
        {
            var taint = Taint.Clean;
            foreach (var field in (ReadOnlySpan<Field>)[Field.PartitionClause, Field.OrderClause])
            {
                foreach (var key in _tree.Items(window, field))
                {
                    run.Functions.CheckSortOperators(key);
                    taint = taint.Compute(Target(key, targets).Taint);
                }
            }

            foreach (var field in (ReadOnlySpan<Field>)[Field.StartOffset, Field.EndOffset])
            {
                var offset = _tree.Value(window, field);
                taint = _tree.IsNull(offset) ? taint : taint.Compute(run.Expressions.Evaluate(scope, offset));
            }

            if (taint.IsTainted)
            {
                run.Refuse(
                    "window",
                    $"A window is partitioned, ordered or framed by the protected column {taint.Source!.FullName}.",
                    "Partition and order windows by columns that are not protected.");
            }
        }
    }

    private TargetColumn Target(int key, IReadOnlyList<TargetColumn> targets)
    {
        var reference = _tree.Integer(key, Field.TleSortGroupRef);
        foreach (var target in targets)
        {
            if (target.SortGroup == reference)
            {
                return target;
            }
        }

        throw new TreeFormatException("a sort or group key refers to a column that does not exist");
    }
}

/// <summary>One entry of a target list.</summary>
/// <param name="Node">The expression.</param>
/// <param name="Number">Position in the result, or attribute number of the target column.</param>
/// <param name="SortGroup">Reference by which sort and group keys find it; 0 for none.</param>
/// <param name="IsJunk">Not part of the result.</param>
internal readonly record struct TargetColumn(int Node, int Number, int SortGroup, bool IsJunk, Taint Taint);
