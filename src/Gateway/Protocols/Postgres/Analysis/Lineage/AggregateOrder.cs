using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// Aggregates with DISTINCT or ORDER BY have the server sort a level's rows, since PostgreSQL 16 for all aggregates of the level at once. So one that
/// lists clean values beside would list them in the order of what the other one sorts by.
/// </summary>
internal sealed class AggregateOrder(LineageRun run)
{
    // pg_type OIDs: sums of these depend on the order of what is added.
    private const uint Float4Type = 700;
    private const uint Float8Type = 701;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Takes an aggregate with what its arguments and its result hold.</summary>
    public void Note(QueryScope scope, int node, in Arguments arguments, in Taint result)
    {
        var level = scope.Outer(_tree.Integer(node, Field.Agglevelsup));
        var sorts = !_tree.IsNull(_tree.Value(node, Field.Aggdistinct)) || !_tree.IsNull(_tree.Value(node, Field.Aggorder));
        if (sorts && arguments.HidesOrder)
        {
            level.AggregateSort = arguments.All;
        }

        level.ShowsAggregateOrder |= !result.IsDerived && DependsOnOrder(node);
    }

    /// <summary>Refuses a level whose aggregates show an order they may not.</summary>
    public void Judge(QueryScope scope)
    {
        if (scope.ShowsAggregateOrder && scope.AggregateSort is { IsTainted: true } sort)
        {
            run.Refuse(
                "aggregate-order",
                $"An aggregate sorts rows by something made of the protected column {sort.Source!.FullName}, and another one beside it would list them in that order.",
                "Run the two aggregates in queries of their own.");
        }
    }

    private bool DependsOnOrder(int node) =>
        run.Function(_tree.Oid(node, Field.Aggfnoid)) is not { IsOwn: false, Schema: "pg_catalog" } facts || facts.Name switch
        {
            "count" or "min" or "max" or "bool_and" or "bool_or" or "every" or "bit_and" or "bit_or" or "bit_xor" or "regr_count" => false,
            "sum" or "avg" => _tree.Oid(node, Field.Aggtype) is Float4Type or Float8Type,
            _ => true,
        };
}
