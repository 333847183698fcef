using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Aggregates and window functions. They compute from their arguments; only counting stored values or rows tells none of them.</summary>
internal sealed class Aggregates(LineageRun run)
{
    private readonly NodeTree _tree = run.Tree;

    public Taint Aggregate(QueryScope scope, int node)
    {
        var own = run.Functions.CheckAggregate(node, Field.Aggfnoid);
        var isCount = run.Functions.IsCount(_tree.Oid(node, Field.Aggfnoid));
        run.Expressions.EvaluateChildren(scope, _tree.Value(node, Field.Aggorder));
        run.Expressions.EvaluateChildren(scope, _tree.Value(node, Field.Aggdistinct));
        var list = _tree.Value(node, Field.Args);
        var arguments = default(Arguments);
        var taint = isCount
            ? Counted(scope, list, isDistinct: !_tree.IsNull(_tree.Value(node, Field.Aggdistinct)), ref arguments)
            : Combined(scope, node, Field.Aggfnoid, list, ref arguments).Compute(own);
        run.AggregateOrder.Note(scope, node, arguments, taint);
        var filter = _tree.Value(node, Field.Aggfilter);
        return isCount && !_tree.IsNull(filter) && run.Predicates.IsAllowed(scope, filter) ? taint : run.Conditionals.Filter(scope, filter, taint);
    }

    public Taint Window(QueryScope scope, int node)
    {
        var own = run.Functions.CheckAggregate(node, Field.Winfnoid);
        var list = _tree.Value(node, Field.Args);
        var arguments = default(Arguments);
        var taint = run.Functions.IsCount(_tree.Oid(node, Field.Winfnoid))
            ? Counted(scope, list, isDistinct: false, ref arguments)
            : Combined(scope, node, Field.Winfnoid, list, ref arguments).Compute(own);
        taint = run.Conditionals.Filter(scope, _tree.Value(node, Field.Aggfilter), taint);
        return run.Cardinality.WindowOf(scope, _tree.Integer(node, Field.Winref)) is { IsTainted: true } window ? taint.Compute(window) : taint;
    }

    private Taint Combined(QueryScope scope, int node, Field function, int list, ref Arguments arguments)
    {
        arguments = run.Expressions.EvaluateArguments(scope, list);
        var taint = run.Failures.OfCall(run.Function(_tree.Oid(node, function)), list, arguments);
        return function == Field.Aggfnoid ? taint.Compute(run.Expressions.EvaluateChildren(scope, _tree.Value(node, Field.Aggdirectargs))) : taint;
    }

    /// <summary>How many stored values there are, or how many different ones, is not protected; nor how many rows.</summary>
    private Taint Counted(QueryScope scope, int list, bool isDistinct, ref Arguments arguments)
    {
        var taint = Taint.Clean;
        foreach (var argument in _tree.Items(list))
        {
            var value = _tree.Kind(argument) == NodeKind.TargetEntry ? _tree.Value(argument, Field.Expr) : argument;
            var isRow = _tree.Kind(value) == NodeKind.Var && _tree.Integer(value, Field.Varattno) == 0;
            var counted = isRow ? run.RangeTables.CountedRow(scope, value, isDistinct) : run.Expressions.Evaluate(scope, value);
            arguments.Add(counted);
            var isHidden = counted.IsDerived || counted.IsIdentity && !run.Inferences.AllowsPresence(counted.Source!);
            taint = isHidden ? taint.Compute(counted) : taint.With(counted.Traits & TaintTraits.CanFail);
        }

        return taint;
    }
}
