using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Row counts and row order are outputs too: what GROUP BY, DISTINCT, ORDER BY, LIMIT and windows may depend on.</summary>
internal sealed class Cardinality(LineageRun run)
{
    private readonly NodeTree _tree = run.Tree;

    public void Judge(QueryScope scope, IReadOnlyList<TargetColumn> targets)
    {
        JudgeKeys(scope, Field.GroupClause, targets, InferenceKind.Grouping, "computed-key", "GROUP BY");
        JudgeKeys(scope, Field.DistinctClause, targets, InferenceKind.Grouping, "computed-key", "DISTINCT");
        JudgeKeys(scope, Field.SortClause, targets, InferenceKind.Order, "computed-key", "ORDER BY");
        JudgeWindows(scope, targets);
        foreach (var field in (ReadOnlySpan<Field>)[Field.LimitOffset, Field.LimitCount])
        {
            var limit = _tree.Value(scope.Query, field);
            if (!_tree.IsNull(limit) && run.Expressions.Evaluate(scope, limit) is { IsTainted: true } taint)
            {
                run.Refuse("limit", $"LIMIT and OFFSET must not depend on the protected column {taint.Source!.FullName}.", "Use a constant.");
            }
        }
    }

    /// <summary>What the rows of a window function's window are told apart and ordered by.</summary>
    public Taint WindowOf(QueryScope scope, int reference)
    {
        var taint = Taint.Clean;
        foreach (var window in _tree.Items(scope.Query, Field.WindowClause))
        {
            if (_tree.Integer(window, Field.Winref) != reference)
            {
                continue;
            }

            foreach (var field in (ReadOnlySpan<Field>)[Field.PartitionClause, Field.OrderClause])
            {
                foreach (var key in _tree.Items(window, field))
                {
                    taint = taint.Compute(run.Expressions.Evaluate(scope, KeyExpression(scope, key)));
                }
            }
        }

        return taint;
    }

    private void JudgeKeys(QueryScope scope, Field clause, IReadOnlyList<TargetColumn> targets, InferenceKind kind, string rule, string word) =>
        JudgeKeys(scope, _tree.Value(scope.Query, clause), targets, kind, rule, word);

    private void JudgeKeys(QueryScope scope, int list, IReadOnlyList<TargetColumn> targets, InferenceKind kind, string rule, string word)
    {
        foreach (var key in _tree.Items(list))
        {
            run.Functions.CheckSortOperators(key);
            var target = Target(key, targets);
            if (target.Taint.IsTainted && !IsAllowed(scope, target, kind))
            {
                run.Refuse(
                    rule,
                    $"{word} uses {(target.Taint.IsDerived ? "something computed from " : "")}the protected column {target.Taint.Source!.FullName}, and the rows would tell its value.",
                    $"Use the column itself in {word} where its predicate level permits it, or a column that is not protected.");
            }
        }
    }

    /// <summary>A key may be the stored value as a whole; transformed only in ways that keep it nearly whole, or as a part of a date.</summary>
    private bool IsAllowed(QueryScope scope, in TargetColumn target, InferenceKind kind)
    {
        var column = target.Taint.Source!;
        if (target.Taint.IsIdentity)
        {
            return run.Inferences.Allows(column, PredicateLevel.Strict, kind);
        }

        var node = run.RangeTables.Unalias(scope, target.Node);
        PredicateLevel? least = run.Transforms.IsCaseFold(scope, node) || run.Transforms.IsDatePart(scope, node) ? PredicateLevel.Equality
            : run.Transforms.IsWrittenForm(scope, node) ? PredicateLevel.Search
            : null;
        return least is { } level && run.Inferences.Allows(column, level, kind, isTransformed: true);
    }

    private void JudgeWindows(QueryScope scope, IReadOnlyList<TargetColumn> targets)
    {
        foreach (var window in _tree.Items(scope.Query, Field.WindowClause))
        {
            JudgeKeys(scope, _tree.Value(window, Field.PartitionClause), targets, InferenceKind.Grouping, "window", "PARTITION BY of a window");
            JudgeKeys(scope, _tree.Value(window, Field.OrderClause), targets, InferenceKind.Order, "window", "ORDER BY of a window");
            foreach (var field in (ReadOnlySpan<Field>)[Field.StartOffset, Field.EndOffset])
            {
                var offset = _tree.Value(window, field);
                if (!_tree.IsNull(offset) && run.Expressions.Evaluate(scope, offset) is { IsTainted: true } taint)
                {
                    run.Refuse("window", $"The frame of a window must not depend on the protected column {taint.Source!.FullName}.", "Use constants.");
                }
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

    private int KeyExpression(QueryScope scope, int key)
    {
        var reference = _tree.Integer(key, Field.TleSortGroupRef);
        foreach (var entry in _tree.Items(scope.Query, Field.TargetList))
        {
            if (_tree.Integer(entry, Field.Ressortgroupref) == reference)
            {
                return _tree.Value(entry, Field.Expr);
            }
        }

        throw new TreeFormatException("a window key refers to a column that does not exist");
    }
}

/// <summary>One entry of a target list.</summary>
/// <param name="Node">The expression.</param>
/// <param name="Number">Position in the result, or attribute number of the target column.</param>
/// <param name="SortGroup">Reference by which sort and group keys find it; 0 for none.</param>
/// <param name="IsJunk">Not part of the result.</param>
internal readonly record struct TargetColumn(int Node, int Number, int SortGroup, bool IsJunk, Taint Taint);
