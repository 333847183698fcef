using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// UNION, INTERSECT and EXCEPT compare rows, so their number tells which values are equal. Only UNION ALL does not, and may mix anything.
/// </summary>
internal sealed class SetOperations(LineageRun run)
{
    // SetOperation and RTEKind of PostgreSQL's parsenodes.h.
    private const int Union = 1;
    private const int Subquery = 1;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>The columns of a set operation.</summary>
    public Taint[] Columns(QueryScope scope, int node)
    {
        if (_tree.Kind(node) == NodeKind.RangeTblRef)
        {
            return run.RangeTables.AllColumns(scope, _tree.Integer(node, Field.Rtindex));
        }

        if (_tree.Kind(node) != NodeKind.SetOperationStmt)
        {
            throw new TreeFormatException($"a {_tree.Kind(node)} node is not expected in a set operation");
        }

        var (largs, rargs) = (_tree.Value(node, Field.Larg), _tree.Value(node, Field.Rarg));
        var (left, right) = (Columns(scope, largs), Columns(scope, rargs));
        var isUnionAll = _tree.Integer(node, Field.Op) == Union && _tree.Flag(node, Field.All);
        var columns = new Taint[Math.Max(left.Length, right.Length)];
        var isTested = false;
        for (var i = 0; i < columns.Length; i++)
        {
            var (a, b) = (i < left.Length ? left[i] : Taint.Clean, i < right.Length ? right[i] : Taint.Clean);
            columns[i] = a.Merge(b) is { IsDerived: true, Node: 0 } merged ? merged with { Node = node + 1 } : a.Merge(b);
            if (!isUnionAll && columns[i].IsTainted)
            {
                isTested |= !columns[i].IsIdentity;
                Judge(scope, node, a, b, a.IsTainted ? rargs : largs, i);
            }
        }

        return isTested ? Array.ConvertAll(columns, column => Tested(columns, column, node)) : columns;
    }

    private void Judge(QueryScope scope, int node, in Taint left, in Taint right, int other, int column)
    {
        if (((left.Traits | right.Traits) & TaintTraits.Unknown) != 0)
        {
            // The first round of a recursive WITH: the next one knows both sides.
            return;
        }

        var stored = left.IsTainted ? left : right;
        var source = stored.Source!;
        var isAllowed = !left.IsDerived && !right.IsDerived && (left.IsTainted && right.IsTainted
            ? source.Tag == right.Source!.Tag && run.Inferences.Allows(source, PredicateLevel.Strict, InferenceKind.Grouping)
            : source.Predicates >= PredicateLevel.Equality && IsCompared(scope, node, source, other, column));
        if (!isAllowed)
        {
            run.Refuse(
                "set-operation",
                $"The protected column {source.FullName} is compared by UNION, INTERSECT or EXCEPT with something else than columns of its own tag or few literals.",
                "Run the queries one by one, or use UNION ALL.");
        }
    }

    /// <summary>Whether the other side of the operation is few literals, each of which counts like one in IN.</summary>
    private bool IsCompared(QueryScope scope, int node, Catalog.TaggedSource source, int other, int column)
    {
        if (Literals(scope, other, column) is not { } values || run.CountComparedValues(source, node, values.Count) > ComparedValues.MaxValuesPerComparison)
        {
            return false;
        }

        run.Inferences.RecordValues(node, source, InferenceKind.Equality, isTransformed: false, [.. values]);
        return true;
    }

    /// <summary>The literals that make up a column of one side; null when it is made of anything else.</summary>
    private List<ComparedValue>? Literals(QueryScope scope, int node, int column)
    {
        if (_tree.Kind(node) == NodeKind.SetOperationStmt)
        {
            var (left, right) = (Literals(scope, _tree.Value(node, Field.Larg), column), Literals(scope, _tree.Value(node, Field.Rarg), column));
            return left is null || right is null ? null : [.. left, .. right];
        }

        var entry = scope.Entries[_tree.Integer(node, Field.Rtindex) - 1];
        if (_tree.Integer(entry, Field.Rtekind) != Subquery)
        {
            return null;
        }

        var values = new List<ComparedValue>();
        return run.ComparedValues.AddColumn(_tree.Value(entry, Field.Subquery), column, values) ? values : null;
    }

    /// <summary>
    /// Which rows are left, and in which order the server sorted them to compare them, tells where a literal stands among the stored values, so
    /// the columns beside show it too, protected ones included.
    /// </summary>
    private static Taint Tested(Taint[] columns, in Taint column, int node)
    {
        var tested = Array.Find(columns, other => other.IsDerived);
        return column.IsDerived ? column : column.Compute(tested) with { Node = node + 1 };
    }
}
