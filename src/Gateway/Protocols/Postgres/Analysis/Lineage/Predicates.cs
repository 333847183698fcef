using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// Conditions decide which rows come back, so they show what they test. A protected column may be tested only as a whole value: equality with
/// literals and parameters or with a column of the same tag, IN, IS NULL.
/// </summary>
internal sealed class Predicates(LineageRun run)
{
    private const int AnySubLink = 2;
    private const int AllSubLink = 1;

    /// <summary>Collations below this OID came with the server; others may compare loosely.</summary>
    private const uint FirstOwnCollation = TargetCatalog.FirstNormalOid;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Judges the join tree of a query: every ON and WHERE in it.</summary>
    public void JudgeJoinTree(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.RangeTblRef:
                return;
            case NodeKind.FromExpr:
                foreach (var item in _tree.Items(node, Field.Fromlist))
                {
                    JudgeJoinTree(scope, item);
                }

                JudgeOptional(scope, _tree.Value(node, Field.Quals));
                return;
            case NodeKind.JoinExpr:
                JudgeJoinTree(scope, _tree.Value(node, Field.Larg));
                JudgeJoinTree(scope, _tree.Value(node, Field.Rarg));
                JudgeOptional(scope, _tree.Value(node, Field.Quals));
                return;
            default:
                throw new TreeFormatException($"a {_tree.Kind(node)} node is not expected in a join tree");
        }
    }

    public void JudgeOptional(QueryScope scope, int node)
    {
        if (!_tree.IsNull(node))
        {
            Judge(scope, node);
        }
    }

    public void Judge(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.None when _tree[node].Type == ElementType.List:
                foreach (var item in _tree.Items(node))
                {
                    Judge(scope, item);
                }

                return;
            case NodeKind.BoolExpr:
                foreach (var argument in _tree.Items(node, Field.Args))
                {
                    Judge(scope, argument);
                }

                return;
            case NodeKind.OpExpr or NodeKind.DistinctExpr or NodeKind.ScalarArrayOpExpr:
                JudgeComparison(scope, node);
                return;
            case NodeKind.SubLink when _tree.Integer(node, Field.SubLinkType) is AnySubLink or AllSubLink:
                JudgeSubLink(scope, node);
                return;
            default:
                RefuseTainted(run.Expressions.Evaluate(scope, node));
                return;
        }
    }

    private void JudgeComparison(QueryScope scope, int node)
    {
        run.Functions.CheckOperator(node);
        var arguments = _tree.Items(node, Field.Args);
        if (arguments.Count() != 2)
        {
            RefuseTainted(run.Expressions.EvaluateChildren(scope, node));
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
            return;
        }

        if (comparesWhole && !rightTaint.IsTainted && IsWholeValue(scope, left, leftTaint))
        {
            JudgeValues(node, leftTaint.Source!, right, isList);
        }
        else if (comparesWhole && !isList && !leftTaint.IsTainted && IsWholeValue(scope, right, rightTaint))
        {
            JudgeValues(node, rightTaint.Source!, left, isList: false);
        }
        else
        {
            RefuseTainted(leftTaint.Compute(rightTaint), isAgainstColumn: comparesWhole && (leftTaint.IsIdentity || rightTaint.IsIdentity));
        }
    }

    /// <summary>Judges what a whole column is compared with: few single values.</summary>
    private void JudgeValues(int comparison, TaggedSource column, int other, bool isList)
    {
        var values = isList ? run.ComparedValues.CountList(other) : run.ComparedValues.IsSingle(other) ? 1 : (long?)null;
        if (values is null && !(isList && run.ComparedValues.IsArrayParameter(other)))
        {
            RefuseTainted(Taint.Identity(column), isAgainstColumn: true);
        }
        else if (values is null)
        {
            run.Refuse(
                "many-values",
                $"The protected column {column.FullName} is compared with an array parameter, which may hold any number of values.",
                $"Compare with single values, at most {ComparedValues.MaxValuesPerComparison}: IN ($1, $2).");
        }
        else if (run.CountComparedValues(column, comparison, values.Value) > ComparedValues.MaxValuesPerComparison)
        {
            run.Refuse(
                "many-values",
                $"The statement compares the protected column {column.FullName} with more than {ComparedValues.MaxValuesPerComparison} values.",
                $"Compare with single values, at most {ComparedValues.MaxValuesPerComparison} in one statement.");
        }
    }

    private void JudgeSubLink(QueryScope scope, int node)
    {
        var outer = scope.SubLinkColumns;
        scope.SubLinkColumns = run.Queries.Analyze(_tree.Value(node, Field.Subselect), scope);
        foreach (var column in scope.SubLinkColumns)
        {
            run.Queries.RefuseComputed(column, "computed-predicate", "a sub-select that is compared with");
        }

        Judge(scope, _tree.Value(node, Field.Testexpr));
        scope.SubLinkColumns = outer;
    }

    /// <summary>A stored value as it is, or its lower() or upper() form: equality then only ignores case.</summary>
    private bool IsWholeValue(QueryScope scope, int node, Taint taint)
    {
        if (taint.IsIdentity)
        {
            return true;
        }

        return _tree.Kind(node) switch
        {
            NodeKind.RelabelType or NodeKind.CollateExpr => IsWholeValue(scope, _tree.Value(node, Field.Arg), taint),
            NodeKind.FuncExpr when run.Functions.BuiltInName(node) is "lower" or "upper" && _tree.Items(node, Field.Args).Count() == 1 =>
                run.Expressions.Evaluate(scope, _tree.Items(node, Field.Args).At(0)).IsIdentity,
            _ => false,
        };
    }

    private bool ComparesWhole(int node) =>
        run.Operator(_tree.Oid(node, Field.Opno)) is { ComparesWhole: true } && _tree.Oid(node, Field.Inputcollid) < FirstOwnCollation;

    private static bool IsSameTag(Taint left, Taint right) =>
        left.IsIdentity && right.IsIdentity && left.Source!.Tag == right.Source!.Tag;

    private void RefuseTainted(Taint taint, bool isAgainstColumn = false)
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
            $"A condition computes with the protected column {column}, which would show its value bit by bit.",
            $"Compare the whole column: = or IN with at most {ComparedValues.MaxValuesPerComparison} literals or parameters, a join to a column of the same tag, or IS NULL.");
    }
}
