using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// What a whole protected column may be compared with: few single values that the statement itself carries. Many values, or values the server
/// builds from others, would turn equality into a search over ranges and prefixes.
/// </summary>
internal sealed class ComparedValues(LineageRun run)
{
    /// <summary>Most values one list may hold, and most values one protected column may be compared with in one statement.</summary>
    public const int MaxValuesPerComparison = 20;

    // CoercionForm of PostgreSQL's primnodes.h: a cast the statement wrote, a cast the server added.
    private const int ExplicitCast = 1;
    private const int ImplicitCast = 2;

    private const int ParamExtern = 0;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Whether a node is one literal or parameter, as it is or under a cast, <c>lower</c> or <c>upper</c>.</summary>
    public bool IsSingle(int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.Const or NodeKind.CaseTestExpr:
                return true;
            case NodeKind.Param:
                return _tree.Integer(node, Field.Paramkind) == ParamExtern;
            case NodeKind.RelabelType or NodeKind.CollateExpr or NodeKind.CoerceViaIO or NodeKind.CoerceToDomain:
                return IsSingle(_tree.Value(node, Field.Arg));
            case NodeKind.FuncExpr:
                return IsCast(node);
            default:
                return false;
        }
    }

    /// <summary>How many values a list or array holds; null if it is not made of literals and single parameters.</summary>
    public long? CountList(int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.Const:
                return ConstantValue.Elements(_tree, node);
            case NodeKind.RelabelType:
                return CountList(_tree.Value(node, Field.Arg));
            case NodeKind.ArrayCoerceExpr when IsSingle(_tree.Value(node, Field.Elemexpr)):
                return CountList(_tree.Value(node, Field.Arg));
            case NodeKind.ArrayExpr when !_tree.Flag(node, Field.Multidims):
                var values = 0;
                foreach (var element in _tree.Items(node, Field.Elements))
                {
                    if (!IsSingle(element))
                    {
                        return null;
                    }

                    values++;
                }

                return values;
            default:
                return null;
        }
    }

    /// <summary>Whether an array is a parameter: how many values it holds is not known before it runs.</summary>
    public bool IsArrayParameter(int node) => _tree.Kind(node) switch
    {
        NodeKind.Param => _tree.Integer(node, Field.Paramkind) == ParamExtern,
        NodeKind.RelabelType or NodeKind.ArrayCoerceExpr or NodeKind.CoerceViaIO => IsArrayParameter(_tree.Value(node, Field.Arg)),
        _ => false,
    };

    /// <summary>A built-in cast, or <c>lower</c> or <c>upper</c>, of a single value; further arguments are lengths.</summary>
    private bool IsCast(int node)
    {
        var name = run.Functions.BuiltInName(node);
        var isCast = _tree.Integer(node, Field.Funcformat) is ExplicitCast or ImplicitCast;
        if (name is null || !isCast && name is not ("lower" or "upper") || !run.Functions.IsSteady(node))
        {
            return false;
        }

        var isFirst = true;
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            if (isFirst ? !IsSingle(argument) : _tree.Kind(argument) != NodeKind.Const)
            {
                return false;
            }

            isFirst = false;
        }

        return !isFirst;
    }
}
