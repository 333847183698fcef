using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

internal sealed partial class Generator
{
    /// <summary>A condition. Most use a tagged column as a whole, which is permitted; the others try everything else.</summary>
    private Node Pred(Scope scope, int depth)
    {
        if (--_fuel < 0)
        {
            return Condition("true");
        }

        if (depth > 0 && random.Chance(30))
        {
            return Condition(random.Pick(["(% AND %)", "(% OR %)", "(NOT % AND %)", "(% IS NOT TRUE OR %)"]), Pred(scope, depth - 1), Pred(scope, depth - 1));
        }

        return random.Weighted(50, 25, 25) switch
        {
            0 => Permitted(scope, depth),
            1 => Clean(scope, depth),
            _ => Suspicious(scope, depth),
        };
    }

    private Node Permitted(Scope scope, int depth)
    {
        var column = PickColumn(scope, c => c.Phi is not null && c.Type != "boolean" && SqlTypes.IsOrdered(c.Type));
        if (column is null)
        {
            return Clean(scope, depth);
        }

        var self = ColumnNode(column);
        switch (random.Below(9))
        {
            case 0:
            case 1:
                return Condition("(% = %)", self, PhiValue(column.Phi!));
            case 2:
                return Condition($"(% {random.Pick(["<>", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "="])} %)", self, random.Chance(50) ? PhiValue(column.Phi!) : Constant(column.Type));
            case 3:
                return Condition($"(% {random.Pick(["IN", "NOT IN"])} (%))", self, Node.ListOf(", ", [PhiValue(column.Phi!), PhiValue(column.Phi!), Constant(column.Type)]));
            case 4:
                return Condition($"(% IS {random.Pick(["NULL", "NOT NULL"])})", self);
            case 5:
                return Condition("(% = ANY (ARRAY[%]))", self, Node.ListOf(", ", [PhiValue(column.Phi!), Constant(column.Type)]));
            case 6 when PickColumn(scope, c => c.Phi?.Name == column.Phi!.Name && c.Sql != column.Sql) is { } other:
                return Condition("(% = %)", self, ColumnNode(other));
            case 7:
                return Condition($"(% {random.Pick(["IN", "NOT IN"])} (%))", self, StoredValues(column, scope, depth));
            default:
                return column.Type is "text" or "character varying"
                    ? Condition($"({random.Pick(["lower", "upper"])}(%) = %)", self, Constant("text"))
                    : Condition("(% = %)", self, PhiValue(column.Phi!));
        }
    }

    /// <summary>A sub-query for the same tagged column elsewhere.</summary>
    private Node StoredValues(ScopeColumn column, Scope scope, int depth)
    {
        var (alias, relation) = (NewName("t"), random.Pick(relations.Where(r => r.Columns.Any(c => c.Phi?.Name == column.Phi!.Name)).ToList()));
        var inner = new Scope([.. relation.Columns.Select(c => c with { Sql = $"{alias}.{c.Sql}" })], scope);
        var name = relation.Columns.First(c => c.Phi?.Name == column.Phi!.Name).Sql;
        return Node.Of($"query:{column.Type}", $"SELECT {alias}.{name} FROM {relation.Name} AS {alias} WHERE %", Pred(inner, depth - 1)).WithSimplest($"SELECT {SqlTypes.Null(column.Type)}");
    }

    private Node Clean(Scope scope, int depth)
    {
        var column = PickColumn(scope, c => !c.IsTainted && SqlTypes.IsKnown(c.Type) && SqlTypes.IsOrdered(c.Type));
        if (column is null)
        {
            return Condition(random.Pick(["true", "(1 = 1)", "(2 > 1)"]));
        }

        return random.Below(4) switch
        {
            0 => Condition($"(% {random.Pick(["=", "<", ">=", "<>"])} %)", ColumnNode(column), Constant(column.Type)),
            1 => Condition("(% IS NOT NULL)", ColumnNode(column)),
            2 => Condition($"({random.Pick(["EXISTS", "NOT EXISTS"])} (%))", Query(scope, depth - 1).Node),
            _ => Condition("(% IN (%))", ColumnNode(column), SelectOf(scope, [column.Type], depth - 1).Node),
        };
    }

    /// <summary>What a condition should not be able to ask of a tagged column.</summary>
    private Node Suspicious(Scope scope, int depth)
    {
        switch (random.Below(10))
        {
            case 0:
                return Condition("%", Call(scope, "boolean", Math.Max(1, depth)));
            case 1:
                var (node, type) = AnyExpr(scope, random.Between(1, 2));
                return Condition($"(% {random.Pick(["=", "<", ">", "<>", "IS DISTINCT FROM"])} %)", node, Expr(scope, type, depth));
            case 2:
                return Condition($"(% {random.Pick(["LIKE", "ILIKE", "NOT LIKE", "SIMILAR TO", "~", "~*", "^@"])} %)", Expr(scope, "text", depth), Expr(scope, "text", 0));
            case 3:
                var (ranged, rangeType) = AnyExpr(scope, 0);
                return Condition($"(% {random.Pick(["BETWEEN", "BETWEEN SYMMETRIC", "NOT BETWEEN"])} % AND %)", ranged, Expr(scope, rangeType, 0), Expr(scope, rangeType, 0));
            case 4:
                var ((a, aType), (b, bType)) = (AnyExpr(scope, random.Below(2)), AnyExpr(scope, random.Below(2)));
                return Condition($"((%, %) {random.Pick(["=", "<", "IS DISTINCT FROM"])} (%, %))", a, b, Expr(scope, aType, depth), Expr(scope, bType, depth));
            case 5:
                var (left, leftType) = AnyExpr(scope, random.Below(2));
                return Condition($"(% {random.Pick(["=", "<", "<>", ">="])} {random.Pick(["ANY", "ALL", "SOME"])} (%))", left, SelectOf(scope, [leftType], depth - 1).Node);
            case 6:
                return Condition("(% IS DOCUMENT)", Expr(scope, "xml", depth));
            case 7:
                return Condition("(CASE WHEN % THEN % ELSE % END)", Pred(scope, depth - 1), Pred(scope, depth - 1), Pred(scope, depth - 1));
            case 8:
                var (whole, wholeType) = AnyExpr(scope, 1);
                return Condition("(% IN (%, %))", whole, Expr(scope, wholeType, 0), Expr(scope, wholeType, 1));
            default:
                return Condition("(%) IS NOT NULL", AnyExpr(scope, random.Between(1, 3)).Node);
        }
    }
}
