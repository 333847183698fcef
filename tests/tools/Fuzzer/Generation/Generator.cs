using Sallyport.Tools.Fuzzer.Database;
using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>Composes statements: expression x predicate x container x protocol variant. One instance makes one case.</summary>
internal sealed partial class Generator(Callables callables, IReadOnlyList<Relation> relations, Prng random)
{
    private const int MaxPieces = 70;
    private const int PhiPercent = 70;

    private readonly List<Parameter> _parameters = [];
    private int _fuel = MaxPieces;
    private int _names;

    /// <summary>Within conditions: there booleans of tagged columns are left out, since a bare one is an equality with a constant.</summary>
    private int _conditions;

    private bool _allowsParameters;

    /// <summary>Off where the server prints a statement's constants in forms of its own.</summary>
    private bool _allowsValues = true;

    /// <summary>Whether the case changes tables: then it is rolled back.</summary>
    private bool _writes;

    private string NewName(string prefix) => $"{prefix}{++_names}";

    private static Node Expression(string type, string template, params Node[] children) => Simple(type, Node.Of($"expr:{type}", template, children));

    private static Node Simple(string type, Node node) => SqlTypes.IsKnown(type) ? node.WithSimplest(SqlTypes.Null(type)) : node;

    private static Node Condition(string template, params Node[] children) => Node.Of("pred", template, children).WithSimplest("true");

    private Node Constant(string type) => !SqlTypes.IsKnown(type) ? Node.Text($"expr:{type}", SqlTypes.Null(type)) : Expression(type, "%", Node.Text($"constant:{type}", SqlTypes.Constant(type, random)));

    private Node ColumnNode(ScopeColumn column) => Simple(column.Type, Node.Text($"expr:{column.Type}", column.Sql));

    /// <summary>A column of the scope or of an outer one, tagged ones preferred; null when none fits.</summary>
    private ScopeColumn? PickColumn(Scope scope, Func<ScopeColumn, bool>? fits = null)
    {
        var from = scope.Outer is not null && scope.Outer.Columns.Count > 0 && random.Chance(12) ? scope.Outer : scope;
        var columns = from.Columns.Where(c => (fits is null || fits(c)) && (_conditions == 0 || c is not { Type: "boolean", IsTainted: true })).ToList();
        if (columns.Count == 0)
        {
            return null;
        }

        var tainted = columns.Where(c => c.IsTainted).ToList();
        return tainted.Count > 0 && random.Chance(PhiPercent) ? random.Pick(tainted) : random.Pick(columns);
    }

    private Node InCondition(Func<Node> make)
    {
        _conditions++;
        try
        {
            return make();
        }
        finally
        {
            _conditions--;
        }
    }

    /// <summary>A value of a tagged column, written into the statement or bound to it.</summary>
    private Node PhiValue(PhiColumn column)
    {
        if (!_allowsValues)
        {
            return Constant(column.Type);
        }

        var k = random.Below(column.Classes);
        if (!_allowsParameters || random.Chance(50))
        {
            return Node.PhiValue(column, k, $"::{column.Type}");
        }

        _parameters.Add(new Parameter(column, k, null));
        return Node.Text($"value:{column.Key}", $"${_parameters.Count}::{column.Type}");
    }
}

/// <summary>A bound value: of a tagged column, or a text that is the same for both databases.</summary>
internal sealed record Parameter(PhiColumn? Column, int K, string? Fixed)
{
    public string? Text(bool second) => Column is null ? Fixed : Column.ValueOf(K, second);
}
