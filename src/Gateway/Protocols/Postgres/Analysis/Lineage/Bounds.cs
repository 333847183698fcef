using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Whether an UPDATE or DELETE has a condition that reads its target; <c>WHERE true</c> and conditions on other tables bound nothing.</summary>
internal static class Bounds
{
    public static bool ReadTarget(NodeTree tree, int query)
    {
        var target = tree.Integer(query, Field.ResultRelation);
        return InJoinTree(tree, tree.Value(query, Field.Jointree), target);
    }

    private static bool InJoinTree(NodeTree tree, int node, int target)
    {
        switch (tree.Kind(node))
        {
            case NodeKind.FromExpr:
                foreach (var item in tree.Items(node, Field.Fromlist))
                {
                    if (InJoinTree(tree, item, target))
                    {
                        return true;
                    }
                }

                return Reads(tree, tree.Value(node, Field.Quals), target, level: 0);
            case NodeKind.JoinExpr:
                return InJoinTree(tree, tree.Value(node, Field.Larg), target) || InJoinTree(tree, tree.Value(node, Field.Rarg), target)
                    || Reads(tree, tree.Value(node, Field.Quals), target, level: 0);
            default:
                return false;
        }
    }

    private static bool Reads(NodeTree tree, int node, int target, int level)
    {
        switch (tree.Kind(node))
        {
            case NodeKind.Var:
                return tree.Integer(node, Field.Varlevelsup) == level && tree.Integer(node, Field.Varno) == target;
            case NodeKind.CurrentOfExpr:
                return level == 0;
            case NodeKind.Query:
                level++;
                break;
        }

        var end = tree[node].Next;
        for (var child = node + 1; child < end; child = tree[child].Next)
        {
            if (tree[child].Type is ElementType.Node or ElementType.List && Reads(tree, child, target, level))
            {
                return true;
            }
        }

        return false;
    }
}
