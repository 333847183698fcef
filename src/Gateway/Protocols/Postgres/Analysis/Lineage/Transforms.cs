using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Ways of writing one stored value that conditions and keys may use where the column's predicate level permits them.</summary>
internal sealed class Transforms(LineageRun run)
{
    // pg_type OIDs.
    private const uint Int8Type = 20;
    private const uint Int2Type = 21;
    private const uint Int4Type = 23;
    private const uint TextType = 25;
    private const uint VarcharType = 1043;
    private const uint NumericType = 1700;
    private const uint UuidType = 2950;

    private readonly NodeTree _tree = run.Tree;

    /// <summary><c>lower</c>, <c>upper</c> or a plain trim of a stored value, which ignores case or blanks and keeps the rest.</summary>
    public bool IsCaseFold(QueryScope scope, int node) => _tree.Kind(node) switch
    {
        NodeKind.RelabelType or NodeKind.CollateExpr => IsCaseFold(scope, _tree.Value(node, Field.Arg)),
        NodeKind.FuncExpr => run.Functions.TextFormName(node) is not (null or "initcap") && IsOfStored(scope, node, 1, 0),
        _ => false,
    };

    /// <summary>
    /// A stored value in the written form of another type, whole (lengths and precisions are functions of their own). Equality with it is equality
    /// with the value, but its order is another one: by the first digit of a number, by how a composite is written.
    /// </summary>
    public bool IsWrittenForm(QueryScope scope, int node) => _tree.Kind(node) switch
    {
        NodeKind.RelabelType or NodeKind.CollateExpr => IsWrittenForm(scope, _tree.Value(node, Field.Arg)),
        NodeKind.CoerceViaIO when IsWholeForm(_tree.Oid(node, Field.Resulttype)) => run.Expressions.Evaluate(scope, _tree.Value(node, Field.Arg)).IsIdentity,
        _ => false,
    };

    /// <summary>Types whose written form leaves nothing out; a date, a time or "char" made of a longer text does.</summary>
    private static bool IsWholeForm(uint type) => type is TextType or VarcharType or Int2Type or Int4Type or Int8Type or NumericType or UuidType;

    /// <summary>A part of a stored date or time, named by a constant.</summary>
    public bool IsDatePart(QueryScope scope, int node) =>
        run.Functions.BuiltInName(node) is "date_trunc" or "date_part" or "extract" && IsOfStored(scope, node, 2, 1);

    /// <summary>What a search may test of a stored value besides the value itself.</summary>
    public bool IsSearchForm(QueryScope scope, int node) =>
        IsCaseFold(scope, node) || IsWrittenForm(scope, node) || IsDatePart(scope, node)
        || run.Functions.BuiltInName(node) switch
        {
            "length" or "char_length" or "character_length" => IsOfStored(scope, node, 1, 0),
            "to_tsvector" => IsOfStored(scope, node, 1, 0) || IsOfStored(scope, node, 2, 1),
            _ => false,
        };

    /// <summary>Whether a call has so many arguments, all constants but the one at <paramref name="stored"/>, which is a stored value.</summary>
    private bool IsOfStored(QueryScope scope, int node, int count, int stored)
    {
        var arguments = _tree.Items(node, Field.Args);
        if (arguments.Count() != count)
        {
            return false;
        }

        for (var i = 0; i < count; i++)
        {
            var argument = arguments.At(i);
            if (i == stored ? !IsStored(scope, argument) : !run.Expressions.IsConstant(argument))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A stored value, perhaps with a cast the server added so that the function takes it (date to timestamp).</summary>
    private bool IsStored(QueryScope scope, int node)
    {
        if (run.Expressions.Evaluate(scope, node).IsIdentity)
        {
            return true;
        }

        return run.Functions.BuiltInName(node) is "timestamp" or "timestamptz" && _tree.Items(node, Field.Args).Count() == 1
            && run.Expressions.Evaluate(scope, _tree.Items(node, Field.Args).At(0)).IsIdentity;
    }
}
