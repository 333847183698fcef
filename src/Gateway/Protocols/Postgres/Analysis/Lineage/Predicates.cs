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

    /// <summary>Whether a condition that could also be a masked value is permitted as a condition. Nothing is refused if it is not.</summary>
    public bool IsAllowed(QueryScope scope, int node)
    {
        var attempt = run.BeginAttempt();
        Judge(scope, node);
        return run.EndAttempt(attempt);
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
                run.Comparisons.Judge(scope, node);
                return;
            case NodeKind.SubLink when _tree.Integer(node, Field.SubLinkType) is AnySubLink or AllSubLink:
                JudgeSubLink(scope, node);
                return;
            case NodeKind.FuncExpr when run.Comparisons.IsSearch(scope, node):
                return;
            default:
                run.Comparisons.Refuse(run.Expressions.Evaluate(scope, node));
                return;
        }
    }

    private void JudgeSubLink(QueryScope scope, int node)
    {
        var outer = scope.SubLinkColumns;
        scope.SubLinkColumns = run.Queries.Analyze(_tree.Value(node, Field.Subselect), scope);
        foreach (var column in scope.SubLinkColumns)
        {
            if (column.IsDerived)
            {
                run.Comparisons.Refuse(column);
            }
        }

        Judge(scope, _tree.Value(node, Field.Testexpr));
        scope.SubLinkColumns = outer;
    }
}
