namespace Sallyport.Tools.Fuzzer.Trees;

/// <summary>Smaller trees that might still show what a tree shows.</summary>
internal static class Shrinker
{
    /// <summary>Every tree that is one step smaller, the boldest steps first.</summary>
    public static IEnumerable<Node> Candidates(Node root)
    {
        var nodes = root.Descendants.Prepend(root).OrderByDescending(n => n.Size).ToList();
        foreach (var node in nodes)
        {
            foreach (var smaller in Replacements(node))
            {
                yield return root.Replace(node, smaller);
            }
        }
    }

    private static IEnumerable<Node> Replacements(Node node)
    {
        if (node.Simplest is { } simplest && (node.Children.Length > 0 || node.Texts[0] != simplest))
        {
            yield return Node.Text(node.Category, simplest).WithSimplest(simplest);
        }

        // From the inside: the innermost piece that shows it says most.
        foreach (var inner in node.Descendants.Where(d => d.Category == node.Category).OrderBy(d => d.Size))
        {
            yield return inner;
        }

        if (node.MinItems >= 0 && node.Children.Length > node.MinItems)
        {
            for (var i = node.Children.Length - 1; i >= 0; i--)
            {
                yield return node.Without(i);
            }
        }
    }
}
