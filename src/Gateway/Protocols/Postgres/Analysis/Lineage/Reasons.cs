using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Says for people through what a value came: names of columns, functions and operators, never a literal.</summary>
internal sealed class Reasons(LineageRun run)
{
    private readonly NodeTree _tree = run.Tree;

    /// <summary>Why a result column is masked; null for a clean one.</summary>
    public string? Of(in Taint taint) => taint.Level switch
    {
        TaintLevel.Identity => $"the stored column {taint.Source!.FullName}{(taint.IsMixed ? " and others of its tag" : "")}",
        TaintLevel.Derived => $"computed from {taint.Source!.FullName}{(taint.IsMixed ? " and other protected columns" : "")}{Through(taint)}",
        _ => null,
    };

    /// <summary>By what a derived value was first computed, as <c> by lower</c>; empty when that is not known.</summary>
    public string Through(in Taint taint) => taint.Node > 0 && What(taint.Node - 1) is { } what ? $" by {what}" : "";

    private string? What(int node) => _tree.Kind(node) switch
    {
        NodeKind.FuncExpr => Named("function", run.Function(_tree.Oid(node, Field.Funcid))?.Name),
        NodeKind.Aggref => Named("aggregate", run.Function(_tree.Oid(node, Field.Aggfnoid))?.Name),
        NodeKind.WindowFunc => Named("window function", run.Function(_tree.Oid(node, Field.Winfnoid))?.Name),
        NodeKind.OpExpr or NodeKind.DistinctExpr or NodeKind.ScalarArrayOpExpr => Named("operator function", run.Functions.OfOperator(node)?.Name),
        NodeKind.NullIfExpr => "NULLIF",
        NodeKind.NullTest => "a null test",
        NodeKind.CaseExpr => "CASE",
        NodeKind.CoalesceExpr => "COALESCE",
        NodeKind.MinMaxExpr => "GREATEST or LEAST",
        NodeKind.BoolExpr or NodeKind.BooleanTest => "a condition",
        NodeKind.RowExpr or NodeKind.RowCompareExpr => "a row value",
        NodeKind.ArrayExpr or NodeKind.SubscriptingRef => "an array expression",
        NodeKind.FieldSelect => "a field of a composite value",
        NodeKind.SubLink => "a sub-select",
        NodeKind.SetOperationStmt => "a set operation with other columns",
        NodeKind.CoerceViaIO or NodeKind.CoerceToDomain or NodeKind.ArrayCoerceExpr or NodeKind.ConvertRowtypeExpr => "a cast",
        NodeKind.XmlExpr => "an XML expression",
        NodeKind.JsonExpr or NodeKind.JsonConstructorExpr or NodeKind.JsonIsPredicate or NodeKind.JsonValueExpr => "an SQL/JSON expression",
        _ => null,
    };

    private static string? Named(string kind, string? name) => name is null ? null : $"the {kind} {name}";
}
