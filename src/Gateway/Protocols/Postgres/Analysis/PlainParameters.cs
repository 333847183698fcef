using System.Collections.Immutable;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>
/// Finds the parameters that stand once in the whole statement, as a side of an operator or an element of a list there, under nothing that changes them.
/// Only such a parameter may be given another value than the client's: nothing else of the statement can show or test it.
/// </summary>
internal static class PlainParameters
{
    private const int ParamExtern = 0;

    /// <summary>Numbers of the parameters, ascending.</summary>
    public static ImmutableArray<int> In(NodeTree tree)
    {
        var uses = new SortedDictionary<int, int>();
        var plain = new HashSet<int>();
        for (var node = 0; node < tree.Count; node++)
        {
            switch (tree.Kind(node))
            {
                case NodeKind.Param when tree.Integer(node, Field.Paramkind) == ParamExtern:
                    var number = tree.Integer(node, Field.Paramid);
                    uses[number] = uses.GetValueOrDefault(number) + 1;
                    break;
                case NodeKind.OpExpr or NodeKind.ScalarArrayOpExpr:
                    AddSides(tree, node, plain);
                    break;
            }
        }

        return [.. uses.Where(use => use.Value == 1 && plain.Contains(use.Key)).Select(static use => use.Key)];
    }

    private static void AddSides(NodeTree tree, int operation, HashSet<int> plain)
    {
        foreach (var side in tree.Items(operation, Field.Args))
        {
            var bare = Bare(tree, side);
            if (tree.Kind(bare) == NodeKind.ArrayExpr)
            {
                foreach (var element in tree.Items(bare, Field.Elements))
                {
                    Add(tree, Bare(tree, element), plain);
                }
            }
            else
            {
                Add(tree, bare, plain);
            }
        }
    }

    private static void Add(NodeTree tree, int node, HashSet<int> plain)
    {
        if (tree.Kind(node) == NodeKind.Param && tree.Integer(node, Field.Paramkind) == ParamExtern)
        {
            plain.Add(tree.Integer(node, Field.Paramid));
        }
    }

    /// <summary>A node without relabelling, also of an array's elements: it leaves every byte of a value as it is.</summary>
    private static int Bare(NodeTree tree, int node)
    {
        while (tree.Kind(node) == NodeKind.RelabelType || (tree.Kind(node) == NodeKind.ArrayCoerceExpr && IsRelabelled(tree, tree.Value(node, Field.Elemexpr))))
        {
            node = tree.Value(node, Field.Arg);
        }

        return node;
    }

    private static bool IsRelabelled(NodeTree tree, int element)
    {
        while (tree.Kind(element) == NodeKind.RelabelType)
        {
            element = tree.Value(element, Field.Arg);
        }

        // The place holder for the element itself.
        return tree.Kind(element) == NodeKind.CaseTestExpr;
    }
}
