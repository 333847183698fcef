using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

internal sealed partial class Generator
{
    private static readonly string[] TableFunctions = ["fuzz.names()", "generate_series(1, 3)", "unnest(ARRAY['a', 'b'])", "fuzz.peek(2)"];

    /// <summary>What stands after FROM.</summary>
    private (Node Node, IReadOnlyList<ScopeColumn> Columns) Sources(Scope outer, int depth)
    {
        var (first, columns) = Source(outer, depth);
        if (depth <= 0 || !random.Chance(38))
        {
            return (first, columns);
        }

        if (random.Chance(30))
        {
            var (lateral, more) = Lateral(new Scope(columns, outer), depth);
            return (Node.Of("from", "%, LATERAL %", first, lateral), [.. columns, .. more]);
        }

        var (second, others) = Source(outer, depth - 1);
        IReadOnlyList<ScopeColumn> all = [.. columns, .. others];
        if (random.Chance(15))
        {
            return (Node.Of("from", "%, %", first, second), all);
        }

        var kind = random.Pick(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
        var on = InCondition(() => JoinCondition(columns, others, new Scope(all, outer), depth));
        return (Node.Of("from", $"% {kind} % ON %", first, second, on), all);
    }

    private Node JoinCondition(IReadOnlyList<ScopeColumn> left, IReadOnlyList<ScopeColumn> right, Scope scope, int depth)
    {
        var pairs = left.SelectMany(l => right.Where(r => r.Phi is not null && l.Phi?.Name == r.Phi.Name && r.Type != "boolean" && SqlTypes.IsOrdered(r.Type)).Select(r => (l, r))).ToList();
        if (pairs.Count > 0 && random.Chance(60))
        {
            var (l, r) = random.Pick(pairs);
            return Condition("(% = %)", ColumnNode(l), ColumnNode(r));
        }

        var (id, other) = (left.FirstOrDefault(c => !c.IsTainted && c.Type == "integer"), right.FirstOrDefault(c => !c.IsTainted && c.Type == "integer"));
        return id is not null && other is not null && random.Chance(60) ? Condition("(% = %)", ColumnNode(id), ColumnNode(other)) : Pred(scope, depth - 1);
    }

    private (Node Node, IReadOnlyList<ScopeColumn> Columns) Source(Scope outer, int depth)
    {
        var alias = NewName("t");
        switch (depth > 0 ? random.Weighted(70, 18, 5, outer.Ctes.Count > 0 ? 40 : 0, 4) : random.Weighted(90, 0, 0, outer.Ctes.Count > 0 ? 40 : 0, 0))
        {
            case 1:
                var query = Query(outer, depth - 1);
                return (Node.Of("from", $"(%) AS {alias}", query.Node), Renamed(query.Columns, alias));
            case 2:
                return (Node.Text("from", $"{random.Pick(TableFunctions)} AS {alias}(f)"), [new ScopeColumn($"{alias}.f", "text", null, true)]);
            case 3:
                var cte = random.Pick(outer.Ctes);
                return (Node.Text("from", $"{cte.Name} AS {alias}"), Renamed(cte.Columns, alias));
            case 4:
                var sampled = random.Pick(relations.Where(r => !r.Name.Contains(".v_") && !r.Name.Contains("pg_")).ToList());
                return (Node.Text("from", $"{sampled.Name} AS {alias} TABLESAMPLE SYSTEM (100) REPEATABLE (1)"), Renamed(sampled.Columns, alias));
            default:
                var relation = PickRelation();
                return (Node.Text("from", $"{relation.Name} AS {alias}"), Renamed(relation.Columns, alias));
        }
    }

    private (Node Node, IReadOnlyList<ScopeColumn> Columns) Lateral(Scope scope, int depth)
    {
        var alias = NewName("l");
        if (random.Chance(50))
        {
            var query = SelectOf(scope, null, depth - 1);
            return (Node.Of("from", $"(%) AS {alias}", query.Node), Renamed(query.Columns, alias));
        }

        var column = PickColumn(scope);
        var makers = column is null ? [] : callables.Taking(column.Type).Where(c => c.Kind == CallableKind.SetReturning || c.Result is "record").ToList();
        if (column is null || makers.Count == 0)
        {
            return (Node.Of("from", $"(SELECT % AS v) AS {alias}", AnyExpr(scope, 1).Node), [new ScopeColumn($"{alias}.v", "text", null, true)]);
        }

        var maker = random.Pick(makers);
        var at = maker.Arguments.ToList().IndexOf(column.Type);
        var call = Node.Of("call", maker.Template, [.. maker.Arguments.Select((a, i) => i == at ? ColumnNode(column) : Expr(scope, a, 0))]);
        return (Node.Of("from", $"%{random.Pick(["", " WITH ORDINALITY"])} AS {alias}(v)", call), [new ScopeColumn($"{alias}.v", SqlTypes.IsKnown(maker.Result) ? maker.Result : "text", null, true)]);
    }

    private Relation PickRelation()
    {
        var at = random.Below(relations.Sum(r => r.Weight));
        return relations.First(r => (at -= r.Weight) < 0);
    }

    private static IReadOnlyList<ScopeColumn> Renamed(IReadOnlyList<ScopeColumn> columns, string alias) => [.. columns.Select(c => c with { Sql = $"{alias}.{c.Sql}" })];
}
