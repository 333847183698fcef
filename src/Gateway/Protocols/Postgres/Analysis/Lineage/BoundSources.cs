using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>The two sides of a comparison that may bound a range table entry: one of its columns, and something that does not come from its relation.</summary>
internal sealed class BoundSources(LineageRun run, QueryScope home, int target)
{
    // RTEKind of PostgreSQL's parsenodes.h.
    private const int Relation = 0;
    private const int Subquery = 1;
    private const int Join = 2;
    private const int CommonTableEntry = 6;
    private const int Group = 9;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Whether a node is one column of the entry, possibly converted or computed with things that are not of the entry.</summary>
    public bool IsColumn(QueryScope scope, int node)
    {
        run.CountStep();
        switch (_tree.Kind(node))
        {
            case NodeKind.Var:
                return IsTarget(scope, node);
            case NodeKind.RelabelType or NodeKind.CollateExpr or NodeKind.CoerceViaIO or NodeKind.CoerceToDomain or NodeKind.FieldSelect:
                return IsColumn(scope, _tree.Value(node, Field.Arg));
            case NodeKind.SubscriptingRef:
                return IsColumn(scope, _tree.Value(node, Field.Refexpr));
            case NodeKind.FuncExpr or NodeKind.OpExpr:
                return HasOneColumn(scope, node);
            default:
                return false;
        }
    }

    /// <summary>Whether a value has nothing to do with the entry nor with another reading of all rows of its relation.</summary>
    public bool IsElsewhere(QueryScope scope, int node) => !Refers(scope, node) && !HasTwin(scope, node);

    /// <summary>Whether anything in a node, at any depth, is a column of the entry.</summary>
    public bool Refers(QueryScope scope, int node)
    {
        run.CountStep();
        if (_tree.Kind(node) == NodeKind.Var)
        {
            return IsTarget(scope, node);
        }

        var inner = _tree.Kind(node) == NodeKind.Query ? new QueryScope(_tree, node, scope) : scope;
        var end = _tree[node].Next;
        for (var child = node + 1; child < end; child = _tree[child].Next)
        {
            if (_tree[child].Type is ElementType.Node or ElementType.List && Refers(inner, child))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a query may return a column of every row of the entry's relation: it reads the relation without a bound.</summary>
    public bool SelectsAll(QueryScope parent, int query)
    {
        run.CountStep();
        if (!System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TreeFormatException("queries are nested too deeply");
        }

        var scope = new QueryScope(_tree, query, parent);
        for (var i = 0; i < scope.Entries.Length; i++)
        {
            var entry = scope.Entries[i];
            var kind = _tree.Integer(entry, Field.Rtekind);
            var isAll = kind switch
            {
                Relation => IsSameRelation(entry) && !new Bounds(run, scope, i + 1).InJoinTree(scope, _tree.Value(query, Field.Jointree)),
                Subquery or CommonTableEntry => IsTwin(scope, entry),
                _ => false,
            };
            if (isAll)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsTarget(QueryScope scope, int node) =>
        _tree.Integer(node, Field.Varno) == target && scope.Outer(_tree.Integer(node, Field.Varlevelsup)) == home;

    private bool HasOneColumn(QueryScope scope, int node)
    {
        var columns = 0;
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            if (IsColumn(scope, argument))
            {
                columns++;
            }
            else if (!IsElsewhere(scope, argument))
            {
                return false;
            }
        }

        return columns == 1;
    }

    /// <summary>Whether a value holds a column of another entry that reads all of the same relation; sub-selects inside give single values.</summary>
    private bool HasTwin(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.Var:
                var level = scope.Outer(_tree.Integer(node, Field.Varlevelsup));
                var varno = _tree.Integer(node, Field.Varno);
                return varno < 1 || varno > level.Entries.Length || IsTwin(level, level.Entries[varno - 1]);
            case NodeKind.Query:
                return false;
        }

        var end = _tree[node].Next;
        for (var child = node + 1; child < end; child = _tree[child].Next)
        {
            if (_tree[child].Type is ElementType.Node or ElementType.List && HasTwin(scope, child))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsTwin(QueryScope scope, int entry)
    {
        run.CountStep();
        return _tree.Integer(entry, Field.Rtekind) switch
        {
            Relation => IsSameRelation(entry),
            Subquery => SelectsAll(scope, _tree.Value(entry, Field.Subquery)),
            Join => HasTwin(scope, _tree.Value(entry, Field.Joinaliasvars)),
            Group => HasTwin(scope, _tree.Value(entry, Field.Groupexprs)),
            CommonTableEntry => IsCommonTableTwin(scope, entry),
            _ => false,
        };
    }

    private bool IsCommonTableTwin(QueryScope scope, int entry)
    {
        var name = _tree.Atom(_tree.Value(entry, Field.Ctename));
        var level = scope.Outer(_tree.Integer(entry, Field.Ctelevelsup));
        foreach (var table in _tree.Items(level.Query, Field.CteList))
        {
            if (name.SequenceEqual(_tree.Atom(_tree.Value(table, Field.Ctename))))
            {
                // A recursive one would have to be followed in circles.
                return _tree.Flag(table, Field.Cterecursive) || SelectsAll(level, _tree.Value(table, Field.Ctequery));
            }
        }

        return true;
    }

    private bool IsSameRelation(int entry) =>
        target < 1 || target > home.Entries.Length || !_tree.Has(home.Entries[target - 1], Field.Relid)
        || _tree.Oid(entry, Field.Relid) == _tree.Oid(home.Entries[target - 1], Field.Relid);
}
