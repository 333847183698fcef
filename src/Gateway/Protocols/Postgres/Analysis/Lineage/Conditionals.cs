using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>CASE, COALESCE, AND and OR as values: the conditions taint the result, and must not steer what can fail.</summary>
internal sealed class Conditionals(LineageRun run)
{
    private readonly NodeTree _tree = run.Tree;

    /// <summary>More than 0 inside something that may or may not be evaluated per row.</summary>
    public int Depth { get; set; }

    public Taint Case(QueryScope scope, int node)
    {
        Depth++;
        var decision = run.Expressions.EvaluateOptional(scope, _tree.Value(node, Field.Arg));
        var taint = decision;
        foreach (var branch in _tree.Items(node, Field.Args))
        {
            var condition = run.Expressions.Evaluate(scope, _tree.Value(branch, Field.Expr));
            run.Failures.JudgeSteered(decision, condition, "CASE");
            decision = decision.Compute(condition);
            taint = Branch(scope, _tree.Value(branch, Field.Result), decision, taint.Compute(condition));
        }

        taint = Branch(scope, _tree.Value(node, Field.Defresult), decision, taint);
        Depth--;
        return decision.IsTainted ? taint.With(TaintTraits.Chosen) : taint;
    }

    public Taint Coalesce(QueryScope scope, int node)
    {
        Depth++;
        var (taint, decision) = (Taint.Clean, Taint.Clean);
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            var part = run.Expressions.Evaluate(scope, argument);
            run.Failures.JudgeSteered(decision, part, "COALESCE");

            // Whether a stored value is there at all is no secret; whether a computed one is, is one.
            decision = part.IsDerived || part.IsIdentity && !run.Inferences.AllowsPresence(part.Source!) ? part : decision;
            taint = taint.Compute(part);
        }

        Depth--;
        return taint;
    }

    /// <summary>AND and OR stop at the first part that decides, in an order the planner may change; NOT has one part.</summary>
    public Taint Logic(QueryScope scope, int node)
    {
        Depth++;
        var (taint, tagged, failing) = (Taint.Clean, Taint.Clean, Taint.Clean);
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            var part = run.Expressions.Evaluate(scope, argument);
            run.Failures.JudgeSteered(tagged, part, "AND or OR");
            run.Failures.JudgeSteered(part, failing, "AND or OR");
            tagged = part.IsTainted ? part : tagged;
            failing = part.CanFail ? part : failing;
            taint = taint.Compute(part);
        }

        Depth--;
        return taint.IsTainted ? taint.With(TaintTraits.Chosen) : taint;
    }

    /// <summary>The filter of an aggregate chooses which values are combined.</summary>
    public Taint Filter(QueryScope scope, int filter, in Taint combined)
    {
        if (_tree.IsNull(filter))
        {
            return combined;
        }

        Depth++;
        var taint = run.Expressions.Evaluate(scope, filter);
        Depth--;
        run.Failures.JudgeSteered(taint, combined, "an aggregate with FILTER");
        return taint.IsTainted ? combined.Compute(taint).With(TaintTraits.Chosen) : combined.With(taint.Traits);
    }

    private Taint Branch(QueryScope scope, int node, in Taint decision, in Taint taint)
    {
        var result = run.Expressions.EvaluateOptional(scope, node);
        run.Failures.JudgeSteered(decision, result, "CASE");
        return taint.Compute(result);
    }
}
