using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// What a whole protected column may be compared with: few single values that the statement itself carries. Many values, or values the server
/// builds from others, would turn equality into a search over ranges and prefixes.
/// </summary>
internal sealed class ComparedValues(LineageRun run)
{
    /// <summary>
    /// Most literals and single parameters one protected column may be compared with in one statement. An array parameter counts as one here;
    /// its elements are counted when they are bound.
    /// </summary>
    public const int MaxValuesPerComparison = 20;

    // CoercionForm of PostgreSQL's primnodes.h: a cast the statement wrote, a cast the server added.
    private const int ExplicitCast = 1;
    private const int ImplicitCast = 2;

    private const int ParamExtern = 0;

    // RTEKind of PostgreSQL's parsenodes.h.
    private const int Subquery = 1;
    private const int Values = 5;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Whether a node is one literal or parameter, as it is or under a cast, <c>lower</c> or <c>upper</c>; if so it is added.</summary>
    public bool Add(int node, List<ComparedValue> values)
    {
        var inner = Innermost(node);
        if (inner < 0)
        {
            return false;
        }

        values.Add(Value(inner, isArray: false));
        return true;
    }

    /// <summary>Whether a node is a single value on which <c>lower</c>, <c>upper</c> or a trim works.</summary>
    public bool IsTransformed(int node) => _tree.Kind(node) switch
    {
        NodeKind.RelabelType or NodeKind.CollateExpr or NodeKind.CoerceViaIO or NodeKind.CoerceToDomain => IsTransformed(_tree.Value(node, Field.Arg)),
        NodeKind.FuncExpr => true,
        _ => false,
    };

    /// <summary>Adds the values of a list or array.</summary>
    /// <returns>How many there are, 1 for an array parameter; null if it is not made of literals and single parameters.</returns>
    public long? AddList(int node, List<ComparedValue> values)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.Const:
                values.Add(Value(node, isArray: true));
                return ConstantValue.Elements(_tree, node);
            case NodeKind.Param when _tree.Integer(node, Field.Paramkind) == ParamExtern:
                values.Add(Value(node, isArray: true));
                return 1;
            case NodeKind.RelabelType:
                return AddList(_tree.Value(node, Field.Arg), values);
            case NodeKind.ArrayCoerceExpr when Innermost(_tree.Value(node, Field.Elemexpr)) >= 0:
                return AddList(_tree.Value(node, Field.Arg), values);
            case NodeKind.ArrayExpr when !_tree.Flag(node, Field.Multidims):
                var before = values.Count;
                foreach (var element in _tree.Items(node, Field.Elements))
                {
                    if (!Add(element, values))
                    {
                        return null;
                    }
                }

                return values.Count - before;
            default:
                return null;
        }
    }

    /// <summary>Adds the values of one column of a sub-query that is nothing but literals: VALUES, or SELECT of literals, also nested.</summary>
    public bool AddColumn(int query, int column, List<ComparedValue> values)
    {
        run.CountStep();
        var expression = _tree.Value(_tree.Items(query, Field.TargetList).At(column), Field.Expr);
        return _tree.IsNull(_tree.Value(query, Field.SetOperations)) && AddFrom(query, expression, values);
    }

    /// <summary>Adds the values an INSERT puts into a column: a literal, a parameter, or those of a VALUES list.</summary>
    public bool AddInserted(QueryScope scope, int node, List<ComparedValue> values) => AddFrom(scope.Query, node, values);

    private bool AddFrom(int query, int expression, List<ComparedValue> values)
    {
        if (_tree.Kind(expression) is NodeKind.RelabelType or NodeKind.CollateExpr)
        {
            return AddFrom(query, _tree.Value(expression, Field.Arg), values);
        }

        if (_tree.Kind(expression) != NodeKind.Var)
        {
            return Add(expression, values);
        }

        if (_tree.Integer(expression, Field.Varlevelsup) != 0 || _tree.Integer(expression, Field.Varattno) is not (> 0 and var attribute))
        {
            return false;
        }

        var entry = _tree.Items(query, Field.Rtable).At(_tree.Integer(expression, Field.Varno) - 1);
        return _tree.Integer(entry, Field.Rtekind) switch
        {
            Subquery => AddColumn(_tree.Value(entry, Field.Subquery), attribute - 1, values),
            Values => AddRows(entry, attribute - 1, values),
            _ => false,
        };
    }

    private bool AddRows(int entry, int column, List<ComparedValue> values)
    {
        foreach (var row in _tree.Items(entry, Field.ValuesLists))
        {
            if (!Add(_tree.Items(row).At(column), values))
            {
                return false;
            }
        }

        return true;
    }

    private ComparedValue Value(int node, bool isArray) => _tree.Kind(node) switch
    {
        NodeKind.Param => new ComparedValue(_tree.Integer(node, Field.Paramid), default, isArray),
        NodeKind.Const => new ComparedValue(0, ConstantValue.Bytes(_tree, node), isArray),
        _ => default,
    };

    /// <summary>The literal or parameter under casts, <c>lower</c> and <c>upper</c>; -1 if there is none.</summary>
    private int Innermost(int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.Const or NodeKind.CaseTestExpr:
                return node;
            case NodeKind.Param:
                return _tree.Integer(node, Field.Paramkind) == ParamExtern ? node : -1;
            case NodeKind.RelabelType or NodeKind.CollateExpr or NodeKind.CoerceViaIO or NodeKind.CoerceToDomain:
                return Innermost(_tree.Value(node, Field.Arg));
            case NodeKind.FuncExpr:
                return IsCast(node) ? Innermost(_tree.Items(node, Field.Args).At(0)) : -1;
            default:
                return -1;
        }
    }

    /// <summary>A built-in cast, or <c>lower</c>, <c>upper</c> or a trim; further arguments are lengths.</summary>
    private bool IsCast(int node)
    {
        var isCast = _tree.Integer(node, Field.Funcformat) is ExplicitCast or ImplicitCast;
        if (run.Functions.BuiltInName(node) is null || !isCast && run.Functions.TextFormName(node) is not ("lower" or "upper" or "btrim") || !run.Functions.IsSteady(node))
        {
            return false;
        }

        var isFirst = true;
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            if (!isFirst && _tree.Kind(argument) != NodeKind.Const)
            {
                return false;
            }

            isFirst = false;
        }

        return !isFirst;
    }
}
