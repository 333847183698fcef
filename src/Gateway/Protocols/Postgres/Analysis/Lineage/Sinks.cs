using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Where values may be stored: a protected value only in a column of the same tag, so that it is masked there too.</summary>
internal sealed class Sinks(LineageRun run)
{
    private readonly NodeTree _tree = run.Tree;

    public void Judge(QueryScope scope, IReadOnlyList<TargetColumn> targets)
    {
        if (Target(scope) is not { } relation)
        {
            return;
        }

        foreach (var target in targets)
        {
            if (!target.IsJunk)
            {
                JudgeColumn(relation, target);
            }
        }
    }

    /// <summary>
    /// ON CONFLICT tells which of the inserted values are stored already, so where it may look at a protected column, what is inserted there
    /// counts like the values of a comparison.
    /// </summary>
    public void JudgeConflict(QueryScope scope, int conflict, IReadOnlyList<TargetColumn> targets)
    {
        if (Target(scope) is not { HasTags: true } relation || !MayLookAtTagged(scope, conflict))
        {
            return;
        }

        foreach (var target in targets)
        {
            if (!target.IsJunk && !target.Taint.IsTainted && relation.TagOf(target.Number) is { } column && _tree.Kind(target.Node) != NodeKind.SetToDefault)
            {
                JudgeInserted(scope, column, target.Node);
            }
        }
    }

    /// <summary>Whether the index that decides on a conflict may hold a protected column; it is unknown where none or a constraint is named.</summary>
    private bool MayLookAtTagged(QueryScope scope, int conflict)
    {
        var columns = _tree.Value(conflict, Field.ArbiterElems);
        return _tree.IsNull(columns) || _tree.Oid(conflict, Field.Constraint) != 0 || run.Expressions.EvaluateChildren(scope, columns).IsTainted;
    }

    private void JudgeInserted(QueryScope scope, TaggedSource column, int node)
    {
        var values = new List<ComparedValue>();
        if (column.Predicates >= PredicateLevel.Strict && run.ComparedValues.AddInserted(scope, node, values)
            && run.CountComparedValues(column, node, values.Count) <= ComparedValues.MaxValuesPerComparison)
        {
            run.Inferences.RecordValues(node, column, InferenceKind.Equality, isTransformed: false, [.. values]);
            return;
        }

        run.Refuse(
            "conflict-values",
            $"ON CONFLICT would tell which of the values inserted into the protected column {column.FullName} are stored already.",
            $"Insert at most {ComparedValues.MaxValuesPerComparison} literals or parameters at once, or name a conflict target that is not protected.");
    }

    private static bool IsSameTag(TaggedSource source, TaggedSource column) =>
        source.FullName == column.FullName || (source.Tag == column.Tag && column.Tag is not (ReservedTags.Derived or ReservedTags.Unclassified));

    private RelationFacts? Target(QueryScope scope)
    {
        var entry = scope.Entries[_tree.Integer(scope.Query, Field.ResultRelation) - 1];
        if (run.RelationEntries.Facts(entry) is not { } facts)
        {
            return null;
        }

        if (facts.IsSystem)
        {
            run.Refuse("system-write", $"{facts.FullName} is a system relation.", "Use the SQL commands that change the system catalogue.");
        }
        else if (facts.Kind == 'v')
        {
            run.Refuse("view-trigger", $"Writing to the view {facts.FullName} runs a trigger that cannot be judged.", "Write to the tables the view is made of.");
        }

        return facts;
    }

    private void JudgeColumn(RelationFacts relation, TargetColumn target)
    {
        var column = relation.TagOf(target.Number);
        if (column is not null)
        {
            run.RecordPhi(column);
        }

        if (!target.Taint.IsTainted || (column is not null && IsAllowed(column, target)))
        {
            return;
        }

        run.Refuse(
            "write-elsewhere",
            $"A value from the protected column {target.Taint.Source!.FullName} would be stored in {relation.FullName}, where it would not be masked as such.",
            "Write constants or parameters, or copy the whole column to a column of the same tag.");
    }

    private bool IsAllowed(TaggedSource column, TargetColumn target)
    {
        var source = target.Taint.Source!;
        if (target.Taint.IsIdentity)
        {
            return IsSameTag(source, column);
        }

        // Rewriting a column in place is safe only where its mask shows nothing of the value, and the rewriting cannot fail.
        return !target.Taint.IsMixed && source.FullName == column.FullName && column.MaskIsConstant && run.Expressions.IsTextTransform(target.Node);
    }
}
