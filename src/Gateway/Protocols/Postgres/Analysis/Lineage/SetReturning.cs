using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// Functions that make rows show by their number what they are made from. Taking a stored container apart tells how many elements it has, no more;
/// anything else over tagged values would count characters, ranges or matches.
/// </summary>
internal sealed class SetReturning(LineageRun run)
{
    private readonly NodeTree _tree = run.Tree;

    public void Judge(int node, in Taint taint, QueryScope scope)
    {
        if (!taint.IsTainted || !ReturnsSet(node) || (_tree.Kind(node) == NodeKind.FuncExpr && (ListsSettings(node, taint) || IsExpansion(scope, node))))
        {
            return;
        }

        run.Refuse(
            "set-returning",
            $"A set-returning function must not take the protected column {taint.Source!.FullName}: the number of rows would tell about its value.",
            "Select the column itself; it comes back masked. Of a stored array, JSON or hstore value the elements may be listed (unnest, jsonb_each).");
    }

    /// <summary>The catalogue's own views take apart options of user mappings and statistics: how many there are tells nothing of a stored value.</summary>
    private bool ListsSettings(int node, in Taint taint) =>
        taint is { IsMixed: false, Source.Tag: ReservedTags.SystemData } && run.Functions.BuiltInName(node) is ("pg_options_to_table" or "pg_mcv_list_items");

    private bool ReturnsSet(int node) => _tree.Kind(node) switch
    {
        NodeKind.FuncExpr => _tree.Flag(node, Field.Funcretset),
        NodeKind.OpExpr or NodeKind.DistinctExpr or NodeKind.NullIfExpr => _tree.Flag(node, Field.Opretset),
        _ => false,
    };

    /// <summary>Whether a call lists the elements of one stored container, or of an array or a single pair written out in the statement.</summary>
    private bool IsExpansion(QueryScope scope, int node)
    {
        var name = run.Function(_tree.Oid(node, Field.Funcid))?.Name;
        var arguments = _tree.Items(node, Field.Args);
        return name is "unnest" or "jsonb_each" or "jsonb_each_text" or "json_each" or "json_each_text" or "jsonb_array_elements"
            or "jsonb_array_elements_text" or "json_array_elements" or "json_array_elements_text" or "jsonb_object_keys" or "json_object_keys"
            or "each" or "skeys" or "svals" && arguments.Count() == 1 && IsContainer(scope, arguments.At(0));
    }

    private bool IsContainer(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.ArrayExpr:
                return !_tree.Flag(node, Field.Multidims);
            case NodeKind.SubscriptingRef:
                return IsSlice(scope, node);
            case NodeKind.FuncExpr when run.Functions.BuiltInName(node) is "jsonb_build_object" or "json_build_object":
                return _tree.Items(node, Field.Args).Count() == 2;
            case NodeKind.FuncExpr when run.Functions.BuiltInName(node) is "tsvector_to_array":
                return IsContainer(scope, _tree.Items(node, Field.Args).At(0));
            default:
                return run.Expressions.Evaluate(scope, node) is { IsTainted: true } taint && taint.IsIdentity && run.Inferences.AllowsPresence(taint.Source!);
        }
    }

    /// <summary>A slice of a stored array between constant bounds has as many elements as the array has there.</summary>
    private bool IsSlice(QueryScope scope, int node)
    {
        var lower = _tree.Value(node, Field.Reflowerindexpr);
        if (_tree.IsNull(lower) || _tree.Items(lower).Count() == 0)
        {
            return false;
        }

        foreach (var field in (ReadOnlySpan<Field>)[Field.Refupperindexpr, Field.Reflowerindexpr])
        {
            foreach (var bound in _tree.Items(node, field))
            {
                if (!_tree.IsNull(bound) && _tree.Kind(bound) != NodeKind.Const)
                {
                    return false;
                }
            }
        }

        return IsContainer(scope, _tree.Value(node, Field.Refexpr));
    }
}
