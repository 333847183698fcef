using System.Text;
using Sallyport.Tools.Fuzzer.Database;

namespace Sallyport.Tools.Fuzzer.Trees;

/// <summary>
/// A piece of SQL: fixed texts with further pieces between them. The category says what may stand in its place, so that a tree can be
/// made smaller without knowing SQL.
/// </summary>
internal sealed class Node
{
    private Node(string category, string[] texts, Node[] children)
    {
        Assert.Equal(texts.Length, children.Length + 1);
        Category = category;
        Texts = texts;
        Children = children;
    }

    /// <summary>Nodes of one category may replace each other: <c>expr:text</c>, <c>pred</c>, <c>query:text,integer</c>.</summary>
    public string Category { get; }

    public string[] Texts { get; }

    public Node[] Children { get; }

    /// <summary>The simplest text of the category, or null when there is none.</summary>
    public string? Simplest { get; init; }

    /// <summary>For lists: how many items must stay; -1 for everything else.</summary>
    public int MinItems { get; init; } = -1;

    /// <summary>For lists: what stands before the first item; nothing when the list is empty.</summary>
    public string Opening { get; init; } = "";

    public string Closing { get; init; } = "";

    /// <summary>A value that differs between the databases; both are written with the same length.</summary>
    public (PhiColumn Column, int K)? Value { get; init; }

    public int Size => 1 + Children.Sum(c => c.Size);

    public bool HasValues => Value is not null || Array.Exists(Children, c => c.HasValues);

    public IEnumerable<Node> Descendants => Children.SelectMany(c => c.Descendants.Prepend(c));

    public static Node Text(string category, string text) => new(category, [text], []);

    /// <summary>Text with children at the places of <c>%</c>.</summary>
    public static Node Of(string category, string template, params Node[] children) => new(category, template.Split('%'), children);

    /// <summary>As <see cref="Of"/>, for texts that hold <c>%</c> themselves.</summary>
    public static Node Around(string category, string[] texts, params Node[] children) => new(category, texts, children);

    public static Node ListOf(string separator, IReadOnlyList<Node> items, int minItems = 1, string opening = "", string closing = "") =>
        new("list", items.Count == 0 ? [""] : ["", .. Enumerable.Repeat(separator, items.Count - 1), ""], [.. items])
        {
            MinItems = minItems,
            Opening = opening,
            Closing = closing,
        };

    public static Node PhiValue(PhiColumn column, int k, string cast) =>
        new($"value:{column.Key}", ["", cast], [new Node("literal", [""], []) { Value = (column, k) }]);

    public Node WithSimplest(string simplest) => Same(Category, Texts, Children, simplest);

    /// <summary>This tree with one descendant replaced.</summary>
    public Node Replace(Node old, Node with) =>
        ReferenceEquals(this, old) ? with : Children.Length == 0 ? this : Same(Category, Texts, [.. Children.Select(c => c.Replace(old, with))], Simplest);

    /// <summary>This list without one item.</summary>
    public Node Without(int item) => Same(Category, Children.Length == 1 ? [""] : ["", .. Texts[1..^2], ""], [.. Children.Where((_, i) => i != item)], Simplest);

    /// <summary>The SQL for one of the databases.</summary>
    public string Sql(bool second)
    {
        var sql = new StringBuilder();
        Write(sql, second ? Flavor.Second : Flavor.First);
        return sql.ToString();
    }

    /// <summary>The SQL with <c>{{column:k}}</c> for values.</summary>
    public string Notation()
    {
        var sql = new StringBuilder();
        Write(sql, Flavor.Notation);
        return sql.ToString();
    }

    private enum Flavor
    {
        First,
        Second,
        Notation,
    }

    private Node Same(string category, string[] texts, Node[] children, string? simplest) => new(category, texts, children)
    {
        Simplest = simplest,
        MinItems = MinItems,
        Opening = Opening,
        Closing = Closing,
        Value = Value,
    };

    private void Write(StringBuilder sql, Flavor flavor)
    {
        if (Value is var (column, k))
        {
            sql.Append(flavor == Flavor.Notation ? $"{{{{{column.Key}:{k}}}}}" : PhiLiteral.Padded(column, k, flavor == Flavor.Second));
            return;
        }

        if (MinItems >= 0 && Children.Length == 0)
        {
            return;
        }

        sql.Append(Opening);
        for (var i = 0; i < Children.Length; i++)
        {
            sql.Append(Texts[i]);
            Children[i].Write(sql, flavor);
        }

        sql.Append(Texts[^1]).Append(Closing);
    }
}
