using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>One comparison in a condition: which protected column it tests, with what, and whether the column's predicate level permits it.</summary>
internal sealed class Comparisons(LineageRun run)
{
    /// <summary>Collations below this OID came with the server; others may compare loosely.</summary>
    private const uint FirstOwnCollation = TargetCatalog.FirstNormalOid;

    private readonly NodeTree _tree = run.Tree;

    public void Judge(QueryScope scope, int node)
    {
        run.Functions.CheckOperator(node);
        var arguments = _tree.Items(node, Field.Args);
        if (arguments.Count() != 2)
        {
            Refuse(run.Expressions.Evaluate(scope, node));
            return;
        }

        var (left, right) = (arguments.At(0), arguments.At(1));
        var leftTaint = run.Expressions.Evaluate(scope, left);
        var rightTaint = run.Expressions.Evaluate(scope, right);
        if (!leftTaint.IsTainted && !rightTaint.IsTainted)
        {
            return;
        }

        var isList = _tree.Kind(node) == NodeKind.ScalarArrayOpExpr;
        var comparesWhole = ComparesWhole(node);
        if (comparesWhole && !isList && IsSameTag(leftTaint, rightTaint))
        {
            JudgeJoin(leftTaint.Source!, rightTaint.Source!);
        }
        else if (comparesWhole && !rightTaint.IsTainted && Least(scope, left, leftTaint) is { } leftLeast)
        {
            JudgeValues(scope, node, leftTaint.Source!, leftLeast, left, right);
        }
        else if (comparesWhole && !isList && !leftTaint.IsTainted && Least(scope, right, rightTaint) is { } rightLeast)
        {
            JudgeValues(scope, node, rightTaint.Source!, rightLeast, right, left);
        }
        else if (!IsSearch(scope, node))
        {
            Refuse(leftTaint.Compute(rightTaint), isAgainstColumn: comparesWhole && (leftTaint.IsIdentity || rightTaint.IsIdentity));
        }
    }

    /// <summary>Whether a call or operator searches a stored value by constants, where that is permitted: LIKE, ranges, containment, full text.</summary>
    public bool IsSearch(QueryScope scope, int node)
    {
        TaggedSource? column = null;
        var isTransformed = false;
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            var taint = run.Expressions.Evaluate(scope, argument);
            if (!taint.IsTainted && run.Expressions.IsConstant(argument))
            {
                continue;
            }

            if (column is not null || taint.Source is not { Predicates: >= PredicateLevel.Search } source || !(taint.IsIdentity || run.Transforms.IsSearchForm(scope, argument)))
            {
                return false;
            }

            (column, isTransformed) = (source, taint.IsDerived);
        }

        if (column is null || !run.Functions.IsSearch(node))
        {
            return false;
        }

        RecordSearch(node, column, isTransformed);
        return true;
    }

    public void Refuse(in Taint taint, bool isAgainstColumn = false)
    {
        if (!taint.IsTainted)
        {
            return;
        }

        var column = taint.Source!.FullName;
        if (isAgainstColumn)
        {
            run.Refuse(
                "computed-predicate",
                $"The protected column {column} is compared with something that is neither a literal, nor a parameter, nor a column of the same tag.",
                $"Compare it with literals or single parameters, at most {ComparedValues.MaxValuesPerComparison}, without computing them, or join it to a column of the same tag.");
            return;
        }

        run.Refuse(
            "computed-predicate",
            $"A condition computes with the protected column {column}{run.Reasons.Through(taint)}, which would show its value bit by bit.",
            $"Compare the whole column: = or IN with at most {ComparedValues.MaxValuesPerComparison} literals or parameters, a join to a column of the same tag, or IS NULL.");
    }

    private static bool IsSameTag(in Taint left, in Taint right) => left.IsIdentity && right.IsIdentity && left.Source!.Tag == right.Source!.Tag;

    private void JudgeJoin(TaggedSource left, TaggedSource right)
    {
        foreach (var column in (ReadOnlySpan<TaggedSource>)[left, right])
        {
            if (!run.Inferences.Allows(column, PredicateLevel.Strict, InferenceKind.Grouping))
            {
                RefuseLevel(column);
            }
        }
    }

    /// <summary>The level at which a stored value, as it is or without regard to case, may be compared; null if it is something else.</summary>
    private PredicateLevel? Least(QueryScope scope, int node, in Taint taint) =>
        taint.IsIdentity ? PredicateLevel.Strict : taint.IsDerived && (run.Transforms.IsCaseFold(scope, node) || run.Transforms.IsWrittenForm(scope, node)) ? PredicateLevel.Equality : null;

    /// <summary>Judges what a whole column is compared with: few single values.</summary>
    private void JudgeValues(QueryScope scope, int comparison, TaggedSource column, PredicateLevel least, int self, int other)
    {
        if (column.Predicates < least)
        {
            RefuseLevel(column);
            return;
        }

        var values = new List<ComparedValue>(1);
        var isList = _tree.Kind(comparison) == NodeKind.ScalarArrayOpExpr;
        var count = isList ? run.ComparedValues.AddList(other, values) : run.ComparedValues.Add(other, values) ? 1 : (long?)null;
        if (count is null)
        {
            if (!IsSearch(scope, comparison))
            {
                Refuse(Taint.Identity(column), isAgainstColumn: true);
            }
        }
        else if (run.CountComparedValues(column, comparison, count.Value) > ComparedValues.MaxValuesPerComparison)
        {
            RefuseMany(column);
        }
        else
        {
            var isTransformed = least > PredicateLevel.Strict || run.ComparedValues.IsTransformed(other) || run.ComparedValues.IsTransformed(self);
            run.Inferences.RecordValues(comparison, column, InferenceKind.Equality, isTransformed, [.. values]);
        }
    }

    private void RefuseLevel(TaggedSource column) => run.Refuse(
        "predicate-level",
        $"The predicate level of the tag {column.Tag} does not permit this condition on the protected column {column.FullName}.",
        column.Predicates == PredicateLevel.None ? "Find the rows by columns that are not protected." : "Compare the column as it is with literals or parameters.");

    private void RecordSearch(int node, TaggedSource column, bool isTransformed)
    {
        var values = new List<ComparedValue>();
        var count = 1L;
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            if (run.Expressions.IsConstant(argument) && !run.ComparedValues.Add(argument, values))
            {
                count = Math.Max(count, run.ComparedValues.AddList(argument, values) ?? 1);
            }
        }

        if (run.CountComparedValues(column, node, count) > ComparedValues.MaxValuesPerComparison)
        {
            RefuseMany(column);
            return;
        }

        run.Inferences.RecordValues(node, column, InferenceKind.Search, isTransformed, [.. values]);
    }

    private void RefuseMany(TaggedSource column) => run.Refuse(
        "many-values",
        $"The statement compares the protected column {column.FullName} with more than {ComparedValues.MaxValuesPerComparison} values.",
        $"Compare with single values, at most {ComparedValues.MaxValuesPerComparison} in one statement.");

    private bool ComparesWhole(int node) =>
        run.Operator(_tree.Oid(node, Field.Opno)) is { ComparesWhole: true } && _tree.Oid(node, Field.Inputcollid) < FirstOwnCollation;
}
