using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// Whether conditions bound the rows of one range table entry: some top-level AND term compares one of its columns with a constant, a parameter
/// or a column of another relation, or selects them by IN or a correlated EXISTS; an OR bounds only if every branch does. Comparing a relation
/// with itself, <c>&lt;&gt;</c>, <c>IS NOT NULL</c> and constants bound nothing. What is not understood counts as no bound.
/// </summary>
internal sealed class Bounds(LineageRun run, QueryScope home, int target)
{
    // Numbers of PostgreSQL's nodes.h, primnodes.h and parsenodes.h.
    private const int InnerJoin = 0;
    private const int ExistsSubLink = 0;
    private const int AnySubLink = 2;
    private const int Update = 2;
    private const int Delete = 4;
    private const int NotMatchedBySource = 1;

    private readonly NodeTree _tree = run.Tree;
    private readonly BoundSources _sources = new(run, home, target);

    /// <summary>Whether an UPDATE or DELETE has a condition that bounds its target.</summary>
    public static bool OfWrite(LineageRun run, QueryScope scope) =>
        new Bounds(run, scope, run.Tree.Integer(scope.Query, Field.ResultRelation)).InJoinTree(scope, run.Tree.Value(scope.Query, Field.Jointree));

    /// <summary>Whether each UPDATE and DELETE of a MERGE is bounded by the join or by its own condition.</summary>
    public static bool OfMerge(LineageRun run, QueryScope scope)
    {
        var tree = run.Tree;
        var bounds = new Bounds(run, scope, tree.Integer(scope.Query, Field.ResultRelation));
        var isJoined = bounds.InJoinTree(scope, tree.Value(scope.Query, Field.Jointree))
            || tree.Has(scope.Query, Field.MergeJoinCondition) && bounds.ByTerm(scope, tree.Value(scope.Query, Field.MergeJoinCondition));
        foreach (var action in tree.Items(scope.Query, Field.MergeActionList))
        {
            var isWrite = tree.Integer(action, Field.CommandType) is Update or Delete;
            var isMatched = !tree.Has(action, Field.MatchKind) || tree.Integer(action, Field.MatchKind) != NotMatchedBySource;
            if (isWrite && !(isMatched && isJoined) && !bounds.ByTerm(scope, tree.Value(action, Field.Qual)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the conditions of a join tree bound the entry; conditions of outer joins do not.</summary>
    public bool InJoinTree(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.FromExpr:
                foreach (var item in _tree.Items(node, Field.Fromlist))
                {
                    if (InJoinTree(scope, item))
                    {
                        return true;
                    }
                }

                return ByTerm(scope, _tree.Value(node, Field.Quals));
            case NodeKind.JoinExpr when _tree.Integer(node, Field.Jointype) == InnerJoin:
                return InJoinTree(scope, _tree.Value(node, Field.Larg)) || InJoinTree(scope, _tree.Value(node, Field.Rarg))
                    || ByTerm(scope, _tree.Value(node, Field.Quals));
            default:
                return false;
        }
    }

    private bool ByTerm(QueryScope scope, int node)
    {
        run.CountStep();
        switch (_tree.Kind(node))
        {
            case NodeKind.BoolExpr:
                return ByTerms(scope, node);
            case NodeKind.CurrentOfExpr:
                return scope == home;
            case NodeKind.OpExpr:
                return !IsInequality(node) && ByComparison(scope, node);
            case NodeKind.ScalarArrayOpExpr:
                return _tree.Flag(node, Field.UseOr) && !IsInequality(node) && ByComparison(scope, node);
            case NodeKind.SubLink:
                return BySubLink(scope, node);
            default:
                return _sources.IsColumn(scope, node);
        }
    }

    private bool ByTerms(QueryScope scope, int node)
    {
        var terms = _tree.Items(node, Field.Args);
        var isOr = _tree.Atom(_tree.Value(node, Field.Boolop)).SequenceEqual("or"u8);
        if (!isOr && !_tree.Atom(_tree.Value(node, Field.Boolop)).SequenceEqual("and"u8))
        {
            // NOT of a column of type boolean compares it with false.
            return _tree.Kind(terms.At(0)) == NodeKind.Var && _sources.IsColumn(scope, terms.At(0));
        }

        foreach (var term in terms)
        {
            if (ByTerm(scope, term) != isOr)
            {
                return !isOr;
            }
        }

        return isOr;
    }

    private bool ByComparison(QueryScope scope, int node)
    {
        var arguments = _tree.Items(node, Field.Args);
        if (arguments.Count() != 2)
        {
            return false;
        }

        var (left, right) = (arguments.At(0), arguments.At(1));
        return _sources.IsColumn(scope, left) && _sources.IsElsewhere(scope, right) || _sources.IsColumn(scope, right) && _sources.IsElsewhere(scope, left);
    }

    /// <summary>The server's own <c>&lt;&gt;</c> operators, which leave all rows but those of one value.</summary>
    private bool IsInequality(int node) =>
        run.Operator(_tree.Oid(node, Field.Opno)) is { ComparesWhole: true } facts
        && run.Function(facts.Function)?.Name.EndsWith("ne", StringComparison.Ordinal) is not false;

    private bool BySubLink(QueryScope scope, int node)
    {
        var subselect = _tree.Value(node, Field.Subselect);
        switch (_tree.Integer(node, Field.SubLinkType))
        {
            case AnySubLink:
                return !_sources.Refers(scope, subselect) && !_sources.SelectsAll(scope, subselect) && ByTerm(scope, _tree.Value(node, Field.Testexpr));
            case ExistsSubLink when !AlwaysReturnsRow(subselect):
                return InJoinTree(new QueryScope(_tree, subselect, scope), _tree.Value(subselect, Field.Jointree));
            default:
                return false;
        }
    }

    /// <summary>Aggregates without GROUP BY return a row even of nothing; set operations may.</summary>
    private bool AlwaysReturnsRow(int subselect) =>
        _tree.Flag(subselect, Field.HasAggs) || !_tree.IsNull(_tree.Value(subselect, Field.GroupingSets))
        || !_tree.IsNull(_tree.Value(subselect, Field.HavingQual)) || !_tree.IsNull(_tree.Value(subselect, Field.SetOperations));
}
