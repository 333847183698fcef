using System.Buffers;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// XMLTABLE and JSON_TABLE make rows by a small program of their own. Over tagged values only the plainest is allowed: XMLTABLE with paths of
/// names over one element made around values, or over a stored document, so that the rows tell the structure and no value.
/// </summary>
internal sealed class TableFunctions(LineageRun run)
{
    // TableFuncType and XmlExprOp of PostgreSQL's primnodes.h; before major 17 there was XMLTABLE only.
    private const int XmlTable = 0;
    private const int XmlElement = 1;

    private const int MaxPathBytes = 200;
    private const uint XmlType = 142;

    private static readonly SearchValues<char> PathCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/.*@");

    private readonly NodeTree _tree = run.Tree;

    public Taint[] Columns(QueryScope scope, int node)
    {
        var taint = run.Expressions.EvaluateChildren(scope, node);
        if (taint.IsTainted && !IsPlain(scope, node))
        {
            run.Refuse(
                "table-function",
                $"XMLTABLE and JSON_TABLE must not search the protected column {taint.Source!.FullName}.",
                "Select the column itself; it comes back masked. XMLTABLE may take it apart by plain paths of names.");
        }

        var column = run.Failures.OfConversion(taint, "XMLTABLE or JSON_TABLE") with { Node = taint.IsTainted ? node + 1 : 0 };
        return Enumerable.Repeat(column.Without(TaintTraits.CanFail), _tree.Items(node, Field.Colnames).Count()).ToArray();
    }

    private bool IsPlain(QueryScope scope, int node)
    {
        if (_tree.Has(node, Field.Functype) && _tree.Integer(node, Field.Functype) != XmlTable || !_tree.IsNull(_tree.Value(node, Field.NsUris)))
        {
            return false;
        }

        foreach (var path in _tree.Items(node, Field.Colexprs))
        {
            if (!_tree.IsNull(path) && !IsPlainPath(path))
            {
                return false;
            }
        }

        foreach (var otherwise in _tree.Items(node, Field.Coldefexprs))
        {
            if (!_tree.IsNull(otherwise))
            {
                return false;
            }
        }

        return IsPlainPath(_tree.Value(node, Field.Rowexpr)) && IsPlainDocument(scope, _tree.Value(node, Field.Docexpr));
    }

    private bool IsPlainPath(int node) =>
        _tree.Kind(node) == NodeKind.Const && ConstantValue.Text(_tree, node) is { Length: > 0 and <= MaxPathBytes } path
        && path.AsSpan().IndexOfAnyExcept(PathCharacters) < 0;

    /// <summary>A stored document, or XMLELEMENT around values that are no XML themselves, whose special characters are escaped.</summary>
    private bool IsPlainDocument(QueryScope scope, int node)
    {
        if (_tree.Kind(node) != NodeKind.XmlExpr)
        {
            return run.Expressions.Evaluate(scope, node) is { IsIdentity: true, Source: { } column } && run.Inferences.AllowsPresence(column);
        }

        if (_tree.Integer(node, Field.Op) != XmlElement || !_tree.IsNull(_tree.Value(node, Field.NamedArgs)))
        {
            return false;
        }

        foreach (var value in _tree.Items(node, Field.Args))
        {
            var isText = _tree.Kind(value) == NodeKind.Var && _tree.Oid(value, Field.Vartype) != XmlType;
            if (!isText && _tree.Kind(value) != NodeKind.Const)
            {
                return false;
            }
        }

        return true;
    }
}
