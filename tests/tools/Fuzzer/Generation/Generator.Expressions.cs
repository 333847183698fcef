using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

internal sealed partial class Generator
{
    private static readonly string[] WindowFunctions = ["row_number()", "rank()", "dense_rank()", "ntile(3)", "cume_dist()", "count(*)"];

    /// <summary>An expression of one type.</summary>
    private Node Expr(Scope scope, string type, int depth)
    {
        if (depth <= 0 || --_fuel < 0)
        {
            return Leaf(scope, type);
        }

        switch (random.Weighted(30, 30, 6, 6, 5, 4, 3, scope.AllowsWindows ? 6 : 0))
        {
            case 1:
                return Call(scope, type, depth);
            case 2:
                return Expression(type, "CASE WHEN % THEN % ELSE % END", InCondition(() => Pred(scope.Plain, depth - 1)), Expr(scope, type, depth - 1), Expr(scope, type, depth - 1));
            case 3:
                return Expression(type, random.Pick(["coalesce(%, %)", "nullif(%, %)", "greatest(%, %)", "least(%, %)"]), Expr(scope, type, depth - 1), Expr(scope, type, depth - 1));
            case 4:
                return Expression(type, "(%)", OneRow(scope, type, depth - 1));
            case 5 when SqlTypes.IsKnown(type + "[]"):
                return Expression(type, "(%)[%]", Expr(scope, type + "[]", depth - 1), Expr(scope, "integer", 0));
            case 6:
                return Field(scope, type, depth);
            case 7:
                return Window(scope, type, depth);
            default:
                return Leaf(scope, type);
        }
    }

    private Node Leaf(Scope scope, string type)
    {
        var column = random.Chance(75) ? PickColumn(scope, c => c.Type == type) : null;
        return column is not null ? ColumnNode(column) : Constant(type);
    }

    /// <summary>An expression of any type that begins at a column and has calls put around it.</summary>
    private (Node Node, string Type) AnyExpr(Scope scope, int depth)
    {
        var column = PickColumn(scope);
        var type = column?.Type ?? random.Pick(SqlTypes.Common);
        var node = column is not null ? ColumnNode(column) : Constant(type);
        for (; depth > 0 && _fuel > 0; depth--)
        {
            var usable = callables.Taking(type);
            if (usable.Count == 0)
            {
                break;
            }

            var callable = random.Pick(usable);
            if ((callable.Kind == CallableKind.Aggregate && !scope.AllowsAggregates) || (callable.Kind == CallableKind.SetReturning && _conditions > 0))
            {
                continue;
            }

            var place = callable.Arguments.Select((a, i) => (a, i)).Where(a => a.a == type).Select(a => a.i).ToList();
            var at = random.Pick(place);
            var inner = callable.Kind == CallableKind.Aggregate ? scope.Plain : scope;
            node = Called(callable, scope, [.. callable.Arguments.Select((a, i) => i == at ? node : Expr(inner, a, random.Below(2)))]);
            type = callable.Result;
            _fuel--;
        }

        return (node, type);
    }

    private Node Call(Scope scope, string type, int depth)
    {
        var usable = callables.Giving(type);
        for (var attempt = 0; attempt < 5 && usable.Count > 0; attempt++)
        {
            var callable = random.Pick(usable);
            if ((callable.Kind == CallableKind.Aggregate && !scope.AllowsAggregates) || (callable.Kind == CallableKind.SetReturning && (_conditions > 0 || !random.Chance(10))))
            {
                continue;
            }

            var inner = callable.Kind == CallableKind.Aggregate ? scope.Plain : scope;
            return Called(callable, scope, [.. callable.Arguments.Select(a => Expr(inner, a, depth - 1))]);
        }

        return Leaf(scope, type);
    }

    private Node Called(Callable callable, Scope scope, Node[] arguments)
    {
        if (callable.Kind != CallableKind.Aggregate)
        {
            return Expression(callable.Result, callable.Template, arguments);
        }

        var template = arguments.Length == 1 && random.Chance(25) ? callable.Template.Replace("(%", "(DISTINCT %", StringComparison.Ordinal) : callable.Template;
        if (random.Chance(20))
        {
            var ordered = AnyExpr(scope.Plain, 0).Node;
            template = template[..^1] + " ORDER BY %)";
            arguments = [.. arguments, ordered];
        }

        if (random.Chance(25))
        {
            template += " FILTER (WHERE %)";
            arguments = [.. arguments, InCondition(() => Pred(scope.Plain, 1))];
        }

        return Expression(callable.Result, template, arguments);
    }

    /// <summary>A query of one row and one column.</summary>
    private Node OneRow(Scope scope, string type, int depth)
    {
        var query = SelectOf(scope, [type], depth, limit: random.Chance(60) ? "1" : null);
        return query.Node;
    }

    private Node Field(Scope scope, string type, int depth)
    {
        var field = type switch { "text" => random.Pick(["street", "zip"]), "integer" => "no", _ => null };
        return field is null ? Leaf(scope, type) : Expression(type, $"(%).{field}", Expr(scope, "fuzz.addr", depth - 1));
    }

    private Node Window(Scope scope, string type, int depth)
    {
        var inner = scope.Plain;
        var (partition, order) = (AnyExpr(inner, random.Below(2)).Node, AnyExpr(inner, random.Below(2)).Node);
        var over = random.Pick(["(PARTITION BY % ORDER BY %)", "(ORDER BY %, % DESC)", "(PARTITION BY %, % ROWS UNBOUNDED PRECEDING)", "(ORDER BY %, % ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)"]);
        return type == "bigint"
            ? Expression(type, $"{random.Pick(WindowFunctions[..4])} OVER {over}", partition, order)
            : Expression(type, random.Pick(["lag(%)", "lead(%)", "first_value(%)", "last_value(%)", "nth_value(%, 2)", "max(%)"]) + $" OVER {over}", Expr(inner, type, depth - 1), partition, order);
    }
}
