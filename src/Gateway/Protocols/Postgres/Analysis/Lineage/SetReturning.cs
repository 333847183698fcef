using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>
/// Functions that make rows show by their number what they are made from. Taking a stored container apart tells how many elements it has, a row or
/// an aggregate taken apart how many columns or rows there are, no more; anything else over tagged values would count characters, ranges or matches.
/// </summary>
internal sealed class SetReturning(LineageRun run)
{
    // SubLinkType of PostgreSQL's primnodes.h.
    private const int ScalarSubLink = 4;
    private const int ArraySubLink = 6;

    private const uint ArrayAggOfArrays = 4053;

    /// <summary>pg_type OIDs of common types that are no arrays.</summary>
    private static readonly HashSet<uint> Scalars = [16, 17, 19, 20, 21, 23, 25, 700, 701, 1042, 1043, 1082, 1114, 1184, 1700, 2950];

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

    /// <summary>Whether a call lists the elements of one container that has as many whatever the tagged values are.</summary>
    private bool IsExpansion(QueryScope scope, int node)
    {
        var name = run.Function(_tree.Oid(node, Field.Funcid))?.Name;
        var arguments = _tree.Items(node, Field.Args);
        return name switch
        {
            "unnest" or "jsonb_each" or "jsonb_each_text" or "json_each" or "json_each_text" or "jsonb_array_elements" or "jsonb_array_elements_text"
                or "json_array_elements" or "json_array_elements_text" or "jsonb_object_keys" or "json_object_keys" or "each" or "skeys" or "svals"
                or "jsonb_to_recordset" or "json_to_recordset" => arguments.Count() == 1 && IsContainer(scope, arguments.At(0)),
            "jsonb_populate_recordset" or "json_populate_recordset" =>
                arguments.Count() == 2 && run.Expressions.IsConstant(arguments.At(0)) && IsContainer(scope, arguments.At(1)),
            _ => false,
        };
    }

    /// <summary>One stored container, an array or object written out in the statement, a row, or what an aggregate or ARRAY(...) made of all rows.</summary>
    private bool IsContainer(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.ArrayExpr:
                return !_tree.Flag(node, Field.Multidims);
            case NodeKind.SubscriptingRef:
                return IsSlice(scope, node);
            case NodeKind.FuncExpr when run.Functions.BuiltInName(node) is "jsonb_build_object" or "json_build_object":
                return _tree.Items(node, Field.Args).Count() == 2 || HasConstantKeys(_tree.Items(node, Field.Args));
            case NodeKind.FuncExpr when run.Functions.BuiltInName(node) is "jsonb_build_array" or "json_build_array":
                return !_tree.Flag(node, Field.Funcvariadic);
            case NodeKind.FuncExpr when run.Functions.BuiltInName(node) is "to_json" or "to_jsonb" or "row_to_json" || run.Functions.IsHstoreOfRow(node):
                return _tree.Kind(_tree.Items(node, Field.Args).At(0)) == NodeKind.RowExpr || run.RangeTables.IsStoredRow(scope, _tree.Items(node, Field.Args).At(0));
            case NodeKind.FuncExpr when run.Functions.BuiltInName(node) is "tsvector_to_array":
                return IsContainer(scope, _tree.Items(node, Field.Args).At(0));
            case NodeKind.Aggref:
                return GathersRows(node);
            case NodeKind.SubLink when _tree.Integer(node, Field.SubLinkType) == ScalarSubLink && OnlyColumn(node) is { } column:
                return _tree.Kind(column) == NodeKind.Aggref && GathersRows(column);
            case NodeKind.SubLink when _tree.Integer(node, Field.SubLinkType) == ArraySubLink && OnlyColumn(node) is { } column:
                return IsNoArray(column);
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

    /// <summary>A key that repeats counts once in jsonb, so which keys there are must not depend on stored values.</summary>
    private bool HasConstantKeys(NodeTree.ListItems arguments)
    {
        var isKey = true;
        foreach (var argument in arguments)
        {
            if (isKey && _tree.Kind(argument) != NodeKind.Const)
            {
                return false;
            }

            isKey = !isKey;
        }

        return true;
    }

    /// <summary>An aggregate that keeps every row it sees: as many elements as there are rows, which the rules on conditions and keys judge.</summary>
    private bool GathersRows(int node) =>
        run.Function(_tree.Oid(node, Field.Aggfnoid)) is { IsOwn: false, Schema: "pg_catalog", Name: "json_agg" or "jsonb_agg" or "array_agg", Oid: not ArrayAggOfArrays }
        && _tree.IsNull(_tree.Value(node, Field.Aggfilter)) && _tree.IsNull(_tree.Value(node, Field.Aggdistinct));

    /// <summary>The one column of a sub-select that is no set operation.</summary>
    private int? OnlyColumn(int subLink)
    {
        var query = _tree.Value(subLink, Field.Subselect);
        var columns = _tree.Items(query, Field.TargetList);
        return _tree.IsNull(_tree.Value(query, Field.SetOperations)) && columns.Count() > 0 ? _tree.Value(columns.At(0), Field.Expr) : null;
    }

    /// <summary>ARRAY(SELECT ...) of arrays has the elements of all of them.</summary>
    private bool IsNoArray(int node) => _tree.Kind(node) switch
    {
        NodeKind.Var => Scalars.Contains(_tree.Oid(node, Field.Vartype)),
        NodeKind.FuncExpr => Scalars.Contains(_tree.Oid(node, Field.Funcresulttype)) && !_tree.Flag(node, Field.Funcretset),
        NodeKind.OpExpr => Scalars.Contains(_tree.Oid(node, Field.Opresulttype)) && !_tree.Flag(node, Field.Opretset),
        NodeKind.RelabelType or NodeKind.CoerceViaIO => Scalars.Contains(_tree.Oid(node, Field.Resulttype)),
        _ => false,
    };
}
