using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

internal sealed partial class Generator
{
    private static readonly string[] Written = ["fuzz.subject", "fuzz.chart", "fuzz.visit", "fuzz.base", "fuzz.guarded", "fuzz.plain", "scratch.log", "scratch.unnamed", "fuzz.stay"];

    /// <summary>A statement that writes, with RETURNING.</summary>
    private QueryNode Writing(int depth)
    {
        _writes = true;
        var relation = Named(random.Pick(Written));
        var alias = NewName("m");
        var own = Renamed(relation.Columns, alias);
        var scope = new Scope(own, null);
        var (returning, columns) = Returning(scope, depth);
        var category = $"query:{string.Join(',', columns.Select(c => c.Type))}";
        var node = random.Weighted(35, 35, 15, 15) switch
        {
            0 => Update(relation, alias, scope, depth, category, returning),
            1 => Insert(relation, alias, depth, category, returning),
            2 => Node.Of(category, $"DELETE FROM {relation.Name} AS {alias} WHERE % RETURNING %", InCondition(() => Pred(scope, depth)), returning),
            _ => Node.Of(
                category, $"UPDATE {relation.Name} AS {alias} SET (%, %) = (%) WHERE % RETURNING %", Target(relation, out var first), Target(relation, out var second),
                SelectOf(scope, [first, second], 1, "1").Node, InCondition(() => Pred(scope, depth)), returning),
        };
        return new QueryNode(node, columns);
    }

    private Node Update(Relation relation, string alias, Scope scope, int depth, string category, Node returning)
    {
        var target = Target(relation, out var type);
        var value = Expr(scope, type, depth);
        if (!random.Chance(30))
        {
            return Node.Of(category, $"UPDATE {relation.Name} AS {alias} SET % = % WHERE % RETURNING %", target, value, InCondition(() => Pred(scope, depth)), returning);
        }

        var (from, more) = Source(Scope.Empty, depth - 1);
        var all = scope with { Columns = [.. scope.Columns, .. more] };
        return Node.Of(
            category, $"UPDATE {relation.Name} AS {alias} SET % = % FROM % WHERE % RETURNING %", target, Expr(all, type, depth), from, InCondition(() => Pred(all, depth)), returning);
    }

    private Node Insert(Relation relation, string alias, int depth, string category, Node returning)
    {
        var targets = relation.Columns.Where(c => c.Sql is not ("uc" or "id")).ToList();
        var picked = Enumerable.Range(0, random.Between(1, 3)).Select(_ => random.Pick(targets)).DistinctBy(c => c.Sql).ToList();
        var key = relation.Columns.FirstOrDefault(c => c.Sql == "id");
        var names = (key is null ? [] : (IEnumerable<string>)["id"]).Concat(picked.Select(c => c.Sql));
        List<string> types = [.. (key is null ? [] : (IEnumerable<string>)["integer"]), .. picked.Select(c => c.Type)];
        var source = SelectOf(Scope.Empty, types, depth, random.Chance(50) ? "1" : null).Node;
        var conflict = key is null || random.Chance(60) ? Node.Text("conflict", "") : Conflict(relation, alias, picked[0]);
        return Node.Of(category, $"INSERT INTO {relation.Name} AS {alias} ({string.Join(", ", names)}) %% RETURNING %", source, conflict, returning);
    }

    private Node Conflict(Relation relation, string alias, ScopeColumn target)
    {
        if (random.Chance(40))
        {
            return Node.Text("conflict", " ON CONFLICT DO NOTHING");
        }

        var (own, excluded) = (new Scope(Renamed(relation.Columns, alias), null), new Scope(Renamed(relation.Columns, "excluded"), null));
        return Node.Of("conflict", $" ON CONFLICT (id) DO UPDATE SET {target.Sql} = % WHERE %", Expr(excluded, target.Type, 1), InCondition(() => Pred(own, 1)));
    }

    private (Node Node, IReadOnlyList<ScopeColumn> Columns) Returning(Scope scope, int depth)
    {
        var items = Enumerable.Range(0, random.Between(1, 2)).Select(_ => Aliased(Item(scope, scope, null, depth - 1, onlyAggregates: false))).ToList();
        return (Node.ListOf(", ", [.. items.Select(i => i.Node)]), [.. items.Select(i => i.Column)]);
    }

    private Relation Named(string name) => relations.First(r => r.Name == name);

    private Node Target(Relation relation, out string type)
    {
        var column = random.Pick(relation.Columns.Where(c => c.Sql is not ("uc" or "id")).ToList());
        type = column.Type;
        return Node.Text($"target:{type}", column.Sql);
    }

    private Node Merge(int depth)
    {
        _writes = true;
        var relation = Named(random.Pick(["fuzz.subject", "fuzz.plain", "scratch.unnamed", "fuzz.chart"]));
        var own = Renamed(relation.Columns, "m");
        var (from, more) = Source(Scope.Empty, depth - 1);
        var all = new Scope([.. own, .. more], null);
        var target = Target(relation, out var type);
        return Node.Of(
            "merge", $"MERGE INTO {relation.Name} AS m USING % ON % WHEN MATCHED AND % THEN UPDATE SET % = % WHEN MATCHED THEN {random.Pick(["DELETE", "DO NOTHING"])} WHEN NOT MATCHED AND % THEN DO NOTHING",
            from, InCondition(() => JoinCondition(own, more, all, depth)), InCondition(() => Pred(all, 1)), target, Expr(all, type, 1), InCondition(() => Pred(new Scope(more, null), 1)));
    }
}
