using System.Collections.Immutable;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>Where a result column's value is stored.</summary>
/// <param name="Row">Two columns with the same name here come from the same stored row, in every row of the result.</param>
/// <param name="Column">The stored column, <c>schema.table.column</c>.</param>
public readonly record struct RowOrigin(string Row, string Column);

/// <summary>
/// Follows result columns that are stored columns, unchanged, down to the range table entry they come from: through sub-queries, views, WITH queries and
/// joins, never through set operations, whose rows come from several places, nor through anything that writes.
/// </summary>
internal sealed class RowOrigins(NodeTree tree, TargetCatalog catalog, long since)
{
    private const int SelectCommand = 1;
    private const int MaxDepth = 64;

    // RTEKind of PostgreSQL's parsenodes.h.
    private const int Relation = 0;
    private const int Subquery = 1;
    private const int Join = 2;
    private const int CommonTable = 6;
    private const int Group = 9;

    /// <summary>The origin of each result column of a query, null where it has none.</summary>
    public RowOrigin?[] Of(int query)
    {
        var origins = new List<RowOrigin?>();
        foreach (var target in tree.Items(query, Field.TargetList))
        {
            if (!tree.Flag(target, Field.Resjunk))
            {
                origins.Add(IsPlain(query) ? Follow([query], tree.Value(target, Field.Expr), "") : null);
            }
        }

        return [.. origins];
    }

    private bool IsPlain(int query) => tree.Integer(query, Field.CommandType) == SelectCommand && tree.IsNull(tree.Value(query, Field.SetOperations));

    /// <param name="levels">The query the expression stands in, last, and those around it.</param>
    /// <param name="expression">The expression.</param>
    /// <param name="row">The entries passed on the way.</param>
    private RowOrigin? Follow(ImmutableArray<int> levels, int expression, string row)
    {
        if (tree.Kind(expression) != NodeKind.Var || tree.Integer(expression, Field.Varlevelsup) != 0 || levels.Length > MaxDepth
            || tree.Integer(expression, Field.Varattno) is not (> 0 and var attribute))
        {
            return null;
        }

        var number = tree.Integer(expression, Field.Varno);
        var entry = tree.Items(levels[^1], Field.Rtable).At(number - 1);
        switch (tree.Integer(entry, Field.Rtekind))
        {
            case Relation:
                return Stored(tree.Oid(entry, Field.Relid), attribute, $"{row}.{number}");
            case Join:
                return Alias(levels, tree.Items(entry, Field.Joinaliasvars).At(attribute - 1), row);
            case Group:
                return Alias(levels, tree.Items(entry, Field.Groupexprs).At(attribute - 1), row);
            case Subquery:
                var subquery = tree.Value(entry, Field.Subquery);
                return Inside([.. levels, subquery], attribute, $"{row}.{number}");
            case CommonTable:
                return InCommonTable(levels, entry, attribute, $"{row}.{number}");
            default:
                return null;
        }
    }

    private RowOrigin? Stored(uint relation, int attribute, string row) =>
        catalog.Relation(relation, since) is { } facts && attribute <= facts.Columns.Length && facts.Columns[attribute - 1] is { } column
            ? new RowOrigin(row, QualifiedName.Join(facts.Schema, facts.Name, column))
            : null;

    private RowOrigin? Alias(ImmutableArray<int> levels, int expression, string row) => tree.IsNull(expression) ? null : Follow(levels, expression, row);

    /// <summary>A column of the last of <paramref name="levels"/>.</summary>
    private RowOrigin? Inside(ImmutableArray<int> levels, int attribute, string row) =>
        IsPlain(levels[^1]) ? Follow(levels, tree.Value(tree.Items(levels[^1], Field.TargetList).At(attribute - 1), Field.Expr), row) : null;

    private RowOrigin? InCommonTable(ImmutableArray<int> levels, int entry, int attribute, string row)
    {
        var up = tree.Integer(entry, Field.Ctelevelsup);
        if (up < 0 || up >= levels.Length)
        {
            return null;
        }

        var name = tree.Atom(tree.Value(entry, Field.Ctename));
        var around = levels[..^up];
        foreach (var table in tree.Items(around[^1], Field.CteList))
        {
            if (tree.Atom(tree.Value(table, Field.Ctename)).SequenceEqual(name))
            {
                return tree.Flag(table, Field.Cterecursive) ? null : Inside([.. around, tree.Value(table, Field.Ctequery)], attribute, row);
            }
        }

        return null;
    }
}
