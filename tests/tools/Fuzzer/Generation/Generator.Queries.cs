using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>A query with the columns it gives.</summary>
internal sealed record QueryNode(Node Node, IReadOnlyList<ScopeColumn> Columns);

internal sealed partial class Generator
{
    private const int MaxItems = 4;

    /// <summary>A query of any columns.</summary>
    private QueryNode Query(Scope outer, int depth)
    {
        if (depth > 0 && --_fuel > 0)
        {
            switch (random.Weighted(64, 12, 10, 6, 8))
            {
                case 1:
                    return SetOperation(outer, depth);
                case 2:
                    return With(outer, depth);
                case 3:
                    return Recursive(outer, depth);
                case 4:
                    return Values(outer, depth);
                default:
                    break;
            }
        }

        return SelectOf(outer, null, depth);
    }

    /// <summary>A SELECT, of the given column types or of any.</summary>
    private QueryNode SelectOf(Scope outer, IReadOnlyList<string>? types, int depth, string? limit = null)
    {
        var (from, columns) = Sources(outer, depth);
        var scope = new Scope(columns, outer) { Ctes = outer.Ctes };
        var where = random.Chance(55) ? [InCondition(() => Pred(scope, depth))] : Array.Empty<Node>();
        var shape = types is null ? random.Weighted(66, 18, 16) : random.Weighted(80, 0, 20);
        var (items, itemColumns, grouping) = shape switch
        {
            1 => Grouped(scope, depth),
            2 => (Items(scope with { AllowsAggregates = true }, types, depth, onlyAggregates: true), [], Node.ListOf("", [], 0)),
            _ => (Items(scope with { AllowsWindows = true }, types, depth, onlyAggregates: false), Array.Empty<ScopeColumn>(), Node.ListOf("", [], 0)),
        };
        if (itemColumns.Count == 0)
        {
            itemColumns = [.. items.Select(i => i.Column)];
        }

        var distinct = shape == 0 ? Distinct(scope) : Node.ListOf("", [], 0);
        var order = shape == 0 && distinct.Children.Length == 0 && random.Chance(35) ? Order(scope) : Node.ListOf("", [], 0);
        var tail = Tail(limit, order.Children.Length > 0);
        var signature = string.Join(',', itemColumns.Select(c => c.Type));
        var node = Node.Of(
            $"query:{signature}", "SELECT %% FROM %%%%%", distinct, Node.ListOf(", ", [.. items.Select(i => i.Node)], types?.Count ?? 1), from,
            Node.ListOf("", where, 0, " WHERE "), grouping, order, tail);
        return new QueryNode(itemColumns.All(c => SqlTypes.IsKnown(c.Type)) ? node.WithSimplest("SELECT " + string.Join(", ", itemColumns.Select(c => SqlTypes.Null(c.Type)))) : node, itemColumns);
    }

    private List<(Node Node, ScopeColumn Column)> Items(Scope scope, IReadOnlyList<string>? types, int depth, bool onlyAggregates)
    {
        var items = new List<(Node, ScopeColumn)>();
        var count = types?.Count ?? random.Between(1, MaxItems);
        var plain = onlyAggregates ? new Scope([], scope.Outer) { AllowsAggregates = true } : scope;
        for (var i = 0; i < count; i++)
        {
            var alias = NewName("c");
            var (node, column) = Item(scope, plain, types?[i], depth, onlyAggregates);
            items.Add((Node.Of("item", $"% AS {alias}", node), column with { Sql = alias }));
        }

        return items;
    }

    private (Node Node, ScopeColumn Column) Item(Scope scope, Scope plain, string? type, int depth, bool onlyAggregates)
    {
        if (onlyAggregates)
        {
            var (inner, innerType) = type is null || random.Chance(30) ? AnyExpr(scope.Plain, random.Below(2)) : (Expr(scope.Plain, type, random.Below(2)), type);
            var aggregates = callables.Taking(innerType).Where(c => c.Kind == CallableKind.Aggregate && (type is null || c.Result == type)).ToList();
            if (aggregates.Count == 0)
            {
                return type is null ? Tainted(Expression("bigint", random.Pick(["count(%)", "count(DISTINCT %)"]), inner), "bigint") : Tainted(Constant(type), type);
            }

            var callable = random.Pick(aggregates);
            var at = callable.Arguments.ToList().IndexOf(innerType);
            return Tainted(Called(callable, scope, [.. callable.Arguments.Select((a, i) => i == at ? inner : Expr(scope.Plain, a, 0))]), callable.Result);
        }

        if (type is not null)
        {
            return Tainted(Expr(plain, type, depth), type);
        }

        if (random.Chance(55) && PickColumn(scope) is { } column)
        {
            return (ColumnNode(column), column);
        }

        if (scope.AllowsWindows && random.Chance(10))
        {
            return Tainted(Window(scope, "bigint", 1), "bigint");
        }

        var (any, anyType) = AnyExpr(scope, random.Between(1, 3));
        return Tainted(any, anyType);
    }

    private static (Node, ScopeColumn) Tainted(Node node, string type) => (node, new ScopeColumn("", type, null, IsTainted: true));

    private (List<(Node Node, ScopeColumn Column)> Items, IReadOnlyList<ScopeColumn> Columns, Node Grouping) Grouped(Scope scope, int depth)
    {
        var keys = Enumerable.Range(0, random.Between(1, 2)).Select(_ => random.Chance(75) && PickColumn(scope, c => SqlTypes.IsOrdered(c.Type)) is { } column
            ? (Node: ColumnNode(column), Column: column)
            : Tainted(AnyExpr(scope, 1))).ToList();
        var items = keys.Select(key => (Node: Node.Of("item", $"% AS {key.Column.Sql}", key.Node), key.Column)).ToList();
        for (var i = 0; i < items.Count; i++)
        {
            var alias = NewName("g");
            items[i] = (Node.Of("item", $"% AS {alias}", keys[i].Node), keys[i].Column with { Sql = alias });
        }

        items.Add(Aliased(random.Chance(40) ? (Expression("bigint", "count(*)"), new ScopeColumn("", "bigint", null, IsTainted: true)) : Item(scope with { AllowsAggregates = true }, scope, null, depth, onlyAggregates: true)));
        var by = random.Pick([" GROUP BY %", " GROUP BY %", " GROUP BY ROLLUP (%)", " GROUP BY CUBE (%)", " GROUP BY GROUPING SETS ((), (%))"]);
        var having = random.Chance(20) ? InCondition(() => Pred(scope with { Columns = [.. keys.Select(k => k.Column)] }, 0)) : null;
        var list = Node.ListOf(", ", [.. keys.Select(k => k.Node)]);
        var grouping = having is null ? Node.Of("grouping", by, list) : Node.Of("grouping", by + " HAVING %", list, having);
        if (random.Chance(30))
        {
            grouping = Node.Of("grouping", "% ORDER BY " + random.Pick(["1", "2", "1 DESC, 2"]), grouping);
        }

        return (items, [.. items.Select(i => i.Column)], grouping);
    }

    private static (Node Node, ScopeColumn Column) Tainted((Node Node, string Type) any) => (any.Node, new ScopeColumn("", any.Type, null, IsTainted: true));

    private (Node Node, ScopeColumn Column) Aliased((Node Node, ScopeColumn Column) item)
    {
        var alias = NewName("c");
        return (Node.Of("item", $"% AS {alias}", item.Node), item.Column with { Sql = alias });
    }

    private Node Distinct(Scope scope) => random.Weighted(82, 12, 6) switch
    {
        1 => Node.ListOf("", [Node.Text("distinct", "DISTINCT ")], 0),
        2 when PickColumn(scope, c => SqlTypes.IsOrdered(c.Type)) is { } column => Node.ListOf("", [Node.Text("distinct", $"DISTINCT ON ({column.Sql}) ")], 0),
        _ => Node.ListOf("", [], 0),
    };

    private Node Order(Scope scope)
    {
        var key = random.Chance(70) && PickColumn(scope, c => SqlTypes.IsOrdered(c.Type)) is { } column ? ColumnNode(column) : AnyExpr(scope, 1).Node;
        return Node.ListOf(", ", [Node.Of("order", "%" + random.Pick(["", " DESC", " NULLS FIRST", " USING <"]), key)], 0, " ORDER BY ");
    }

    private Node Tail(string? limit, bool isOrdered) => Node.ListOf("", limit is not null
        ? [Node.Text("limit", $" LIMIT {limit}")]
        : random.Chance(25) ? [Node.Text("limit", random.Pick([" LIMIT 3", " LIMIT 1", " OFFSET 2", isOrdered ? " FETCH FIRST 2 ROWS WITH TIES" : " LIMIT 2", " LIMIT 5 OFFSET 1"]))] : [], 0);

    private QueryNode SetOperation(Scope outer, int depth)
    {
        // All but UNION ALL compare their rows: as in a condition, booleans of tagged columns would be compared with constants.
        var operation = random.Pick(["UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"]);
        _conditions += operation == "UNION ALL" ? 0 : 1;
        var first = SelectOf(outer, null, depth - 1);
        var second = SelectOf(outer, [.. first.Columns.Select(c => c.Type)], depth - 1);
        _conditions -= operation == "UNION ALL" ? 0 : 1;
        var node = Node.Of(first.Node.Category, $"(%) {operation} (%)", first.Node, second.Node);
        return new QueryNode(first.Node.Simplest is { } simplest ? node.WithSimplest(simplest) : node, [.. first.Columns.Select(c => c with { IsTainted = true, Phi = null })]);
    }

    private QueryNode With(Scope outer, int depth)
    {
        var name = NewName("w");
        var inner = random.Chance(12) ? Writing(depth - 1) : Query(outer, depth - 1);
        var hint = random.Pick(["", "", "MATERIALIZED ", "NOT MATERIALIZED "]);
        var body = SelectOf(outer with { Ctes = [.. outer.Ctes, new Relation(name, inner.Columns, 30)] }, null, depth - 1);
        return new QueryNode(Node.Of(body.Node.Category, $"WITH {name} AS {hint}(%) %", inner.Node, body.Node), body.Columns);
    }

    private QueryNode Recursive(Scope outer, int depth)
    {
        var (name, start) = (NewName("r"), SelectOf(outer, [random.Pick(SqlTypes.Common)], depth - 1));
        var column = start.Columns[0];
        var scope = new Scope([new ScopeColumn($"{name}.x", column.Type, null, true), new ScopeColumn($"{name}.n", "integer", null, false)], outer);
        var node = Node.Of(
            $"query:{column.Type},integer", $"WITH RECURSIVE {name}(x, n) AS (SELECT q.*, 1 FROM (%) AS q UNION {random.Pick(["ALL ", ""])}SELECT %, n + 1 FROM {name} WHERE n < 3 AND %) SELECT x, n FROM {name}",
            start.Node, Expr(scope, column.Type, 1), InCondition(() => Pred(scope, 0)));
        return new QueryNode(node, [new ScopeColumn("x", column.Type, null, true), new ScopeColumn("n", "integer", null, true)]);
    }

    private QueryNode Values(Scope outer, int depth)
    {
        string[] types = [random.Pick(SqlTypes.Common), random.Pick(SqlTypes.Common)];
        var row = () => Node.Of("row", "(%, %)", Expr(outer.Plain, types[0], depth - 1), Expr(outer.Plain, types[1], depth - 1));
        var node = Node.Of($"query:{types[0]},{types[1]}", "VALUES %", Node.ListOf(", ", [row(), row()]));
        return new QueryNode(node, [new ScopeColumn("column1", types[0], null, true), new ScopeColumn("column2", types[1], null, true)]);
    }
}
