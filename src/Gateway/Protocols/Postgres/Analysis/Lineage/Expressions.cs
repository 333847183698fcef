using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>The taint of a value. Default: whatever is computed from something tagged is derived.</summary>
internal sealed class Expressions(LineageRun run)
{
    // ParamKind and SubLinkType of PostgreSQL's primnodes.h.
    private const int ParamExtern = 0;
    private const int ParamSubLink = 2;
    private const int ParamMultiAssignment = 3;
    private const int ExistsSubLink = 0;
    private const int ScalarSubLink = 4;
    private const int MultiAssignmentSubLink = 5;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>More than 0 inside something that may or may not be evaluated per row.</summary>
    public int ConditionalDepth { get; private set; }

    public Taint Evaluate(QueryScope scope, int node)
    {
        run.CountStep();
        switch (_tree.Kind(node))
        {
            case NodeKind.Var:
                return run.RangeTables.Column(
                    scope.Outer(_tree.Integer(node, Field.Varlevelsup)), _tree.Integer(node, Field.Varno), _tree.Integer(node, Field.Varattno));
            case NodeKind.Const or NodeKind.CaseTestExpr or NodeKind.SetToDefault or NodeKind.SqlValueFunction or NodeKind.NextValueExpr
                or NodeKind.CurrentOfExpr or NodeKind.MergeSupportFunc or NodeKind.GroupingFunc or NodeKind.CoerceToDomainValue
                or NodeKind.JsonFormat or NodeKind.JsonReturning or NodeKind.JsonTablePath:
                return Taint.Clean;
            case NodeKind.Param:
                return Parameter(scope, node);
            case NodeKind.RelabelType or NodeKind.CollateExpr or NodeKind.NamedArgExpr:
                return Evaluate(scope, _tree.Value(node, Field.Arg));
            case NodeKind.ReturningExpr:
                return Evaluate(scope, _tree.Value(node, Field.Retexpr));
            case NodeKind.TargetEntry:
                return Evaluate(scope, _tree.Value(node, Field.Expr));
            case NodeKind.SortGroupClause:
                run.Functions.CheckSortOperators(node);
                return Taint.Clean;
            case NodeKind.NullTest:
                return NullTest(scope, node);
            case NodeKind.FuncExpr:
                return Function(scope, node);
            case NodeKind.OpExpr or NodeKind.DistinctExpr or NodeKind.NullIfExpr or NodeKind.ScalarArrayOpExpr:
                run.Functions.CheckOperator(node);
                return RefuseSetOf(node, EvaluateChildren(scope, node));
            case NodeKind.RowCompareExpr:
                run.Functions.CheckOperators(node);
                return EvaluateChildren(scope, node);
            case NodeKind.Aggref:
                return Aggregate(scope, node);
            case NodeKind.WindowFunc:
                return WindowFunction(scope, node);
            case NodeKind.SubLink:
                return SubLink(scope, node);
            case NodeKind.SubscriptingRef:
                return Subscript(scope, node);
            case NodeKind.FieldStore:
                return FieldStore(scope, node);
            case NodeKind.BoolExpr or NodeKind.CaseExpr or NodeKind.CaseWhen or NodeKind.CoalesceExpr or NodeKind.MinMaxExpr:
                return Conditional(scope, node);
            case NodeKind.ArrayExpr or NodeKind.ArrayCoerceExpr or NodeKind.BooleanTest or NodeKind.CoerceToDomain or NodeKind.CoerceViaIO
                or NodeKind.ConvertRowtypeExpr or NodeKind.FieldSelect or NodeKind.RowExpr or NodeKind.XmlExpr or NodeKind.InferenceElem
                or NodeKind.JsonBehavior or NodeKind.JsonConstructorExpr or NodeKind.JsonExpr or NodeKind.JsonIsPredicate
                or NodeKind.JsonValueExpr or NodeKind.JsonTablePathScan or NodeKind.JsonTableSiblingJoin:
                return EvaluateChildren(scope, node);
            case var kind:
                throw new TreeFormatException($"a {kind} node is not expected in an expression");
        }
    }

    /// <summary>The taint of what is computed from every expression directly inside a node or list.</summary>
    public Taint EvaluateChildren(QueryScope scope, int parent)
    {
        var taint = Taint.Clean;
        var end = _tree[parent].Next;
        for (var child = parent + 1; child < end; child = _tree[child].Next)
        {
            taint = _tree[child].Type switch
            {
                ElementType.Node => taint.Compute(Evaluate(scope, child)),
                ElementType.List => taint.Compute(EvaluateChildren(scope, child)),
                _ => taint,
            };
        }

        return taint;
    }

    /// <summary>Whether a value is the same for every row and reads nothing stored.</summary>
    public bool IsConstant(int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.Param:
                return _tree.Integer(node, Field.Paramkind) == ParamExtern;
            case NodeKind.FuncExpr or NodeKind.OpExpr when !run.Functions.IsSteady(node):
                return false;
            case NodeKind.Const or NodeKind.SqlValueFunction or NodeKind.FuncExpr or NodeKind.OpExpr or NodeKind.RelabelType or NodeKind.CollateExpr
                or NodeKind.CoerceViaIO or NodeKind.CoerceToDomain or NodeKind.ArrayExpr or NodeKind.ArrayCoerceExpr or NodeKind.RowExpr
                or NodeKind.CaseTestExpr or NodeKind.CoalesceExpr or NodeKind.ConvertRowtypeExpr or NodeKind.NamedArgExpr:
                break;
            default:
                return false;
        }

        var end = _tree[node].Next;
        for (var child = node + 1; child < end; child = _tree[child].Next)
        {
            if (!IsConstantChild(child))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether an expression rewrites a text column as a whole without being able to fail: lower, upper, initcap, trim of the column.</summary>
    public bool IsTextTransform(int node) =>
        _tree.Kind(node) switch
        {
            NodeKind.RelabelType => IsTextTransform(_tree.Value(node, Field.Arg)),
            NodeKind.Var => true,
            NodeKind.FuncExpr => run.Functions.BuiltInName(node) is "lower" or "upper" or "initcap" or "btrim" or "ltrim" or "rtrim"
                && _tree.Items(node, Field.Args).Count() == 1 && IsTextTransform(_tree.Items(node, Field.Args).At(0)),
            _ => false,
        };

    private bool IsConstantChild(int child)
    {
        if (_tree[child].Type == ElementType.Node)
        {
            return IsConstant(child);
        }

        if (_tree[child].Type != ElementType.List)
        {
            return true;
        }

        foreach (var item in _tree.Items(child))
        {
            if (!IsConstantChild(item))
            {
                return false;
            }
        }

        return true;
    }

    private Taint Parameter(QueryScope scope, int node)
    {
        var id = _tree.Integer(node, Field.Paramid);
        switch (_tree.Integer(node, Field.Paramkind))
        {
            case ParamExtern:
                return Taint.Clean;
            case ParamSubLink when scope.SubLinkColumns is { } columns && id >= 1 && id <= columns.Length:
                return columns[id - 1];
            case ParamMultiAssignment when scope.MultiAssignments.TryGetValue(id >> 16, out var columns) && (id & 0xFFFF) is var column && column >= 1 && column <= columns.Length:
                return columns[column - 1];
            default:
                throw new TreeFormatException("a parameter refers to a sub-select that does not exist");
        }
    }

    private Taint NullTest(QueryScope scope, int node)
    {
        // Whether a stored value exists at all is not protected; a test of something computed is one bit of it.
        var taint = Evaluate(scope, _tree.Value(node, Field.Arg));
        return taint.Level == TaintLevel.Derived ? taint : Taint.Clean;
    }

    private Taint Function(QueryScope scope, int node)
    {
        var own = run.Functions.CheckCall(node);
        var taint = run.Functions.IsInformationSchema(node) ? SystemArguments(scope, node) : EvaluateChildren(scope, node);
        taint = RefuseSetOf(node, taint.Compute(own));
        return run.Functions.IsDeclaredClean(node) ? Taint.Clean : taint;
    }

    /// <summary>The helpers of information_schema read types and lengths from catalogue rows they get as a whole, never stored values in them.</summary>
    private Taint SystemArguments(QueryScope scope, int node)
    {
        var taint = Taint.Clean;
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            taint = run.RangeTables.IsSystemRow(scope, argument) ? taint : taint.Compute(Evaluate(scope, argument));
        }

        return taint;
    }

    /// <summary>A function that makes rows out of a tagged value shows the value by their number.</summary>
    private Taint RefuseSetOf(int node, Taint taint)
    {
        var isSetOf = _tree.Kind(node) switch
        {
            NodeKind.FuncExpr => _tree.Flag(node, Field.Funcretset),
            NodeKind.ScalarArrayOpExpr => false,
            _ => _tree.Flag(node, Field.Opretset),
        };
        if (isSetOf && taint.IsTainted)
        {
            run.Refuse(
                "set-returning",
                $"A set-returning function must not take the protected column {taint.Source!.FullName}.",
                "Select the column itself; it comes back masked.");
        }

        return taint;
    }

    private Taint Aggregate(QueryScope scope, int node)
    {
        var own = run.Functions.CheckAggregate(node, Field.Aggfnoid);
        var isCount = run.Functions.IsCount(_tree.Oid(node, Field.Aggfnoid));
        var taint = (isCount ? Counted(scope, _tree.Value(node, Field.Args)) : EvaluateChildren(scope, _tree.Value(node, Field.Args)))
            .Compute(EvaluateChildren(scope, _tree.Value(node, Field.Aggdirectargs))).Compute(own);
        EvaluateChildren(scope, _tree.Value(node, Field.Aggorder));
        EvaluateChildren(scope, _tree.Value(node, Field.Aggdistinct));
        return taint.Compute(Filter(scope, _tree.Value(node, Field.Aggfilter), isCount));
    }

    private Taint WindowFunction(QueryScope scope, int node)
    {
        var own = run.Functions.CheckAggregate(node, Field.Winfnoid);
        var isCount = run.Functions.IsCount(_tree.Oid(node, Field.Winfnoid));
        var arguments = _tree.Value(node, Field.Args);
        var taint = isCount ? Counted(scope, arguments) : EvaluateChildren(scope, arguments);
        return taint.Compute(own).Compute(Filter(scope, _tree.Value(node, Field.Aggfilter), isCount: false));
    }

    /// <summary>How many stored values there are, or how many different ones, is not protected; nor how many rows.</summary>
    private Taint Counted(QueryScope scope, int arguments)
    {
        var taint = Taint.Clean;
        foreach (var argument in _tree.Items(arguments))
        {
            var value = _tree.Kind(argument) == NodeKind.TargetEntry ? _tree.Value(argument, Field.Expr) : argument;
            var isRow = _tree.Kind(value) == NodeKind.Var && _tree.Integer(value, Field.Varattno) == 0;
            var counted = isRow ? run.RangeTables.CountedRow(scope, value) : Evaluate(scope, value);
            taint = counted.Level == TaintLevel.Derived ? taint.Compute(counted) : taint;
        }

        return taint;
    }

    /// <summary>The filter of a count is a predicate; the filter of anything else chooses which values are combined.</summary>
    private Taint Filter(QueryScope scope, int filter, bool isCount)
    {
        if (_tree.IsNull(filter))
        {
            return Taint.Clean;
        }

        if (!isCount)
        {
            return Evaluate(scope, filter);
        }

        run.Predicates.Judge(scope, filter);
        return Taint.Clean;
    }

    private Taint SubLink(QueryScope scope, int node)
    {
        var type = _tree.Integer(node, Field.SubLinkType);
        var outputs = run.Queries.Analyze(_tree.Value(node, Field.Subselect), scope);
        switch (type)
        {
            case ExistsSubLink:
                Array.ForEach(outputs, output => run.Queries.RefuseComputed(output, "computed-exists", "EXISTS"));
                return Taint.Clean;
            case ScalarSubLink:
                return outputs.Length > 0 ? outputs[0] : Taint.Clean;
            case MultiAssignmentSubLink:
                scope.MultiAssignments[_tree.Integer(node, Field.SubLinkId)] = outputs;
                return Taint.Clean;
            default:
                return TestExpression(scope, node, outputs);
        }
    }

    /// <summary>ANY, ALL and row comparisons as a value, and ARRAY(...): computed from the sub-select and what it is compared with.</summary>
    private Taint TestExpression(QueryScope scope, int node, Taint[] outputs)
    {
        var taint = Taint.Clean;
        foreach (var output in outputs)
        {
            taint = taint.Compute(output);
        }

        var test = _tree.Value(node, Field.Testexpr);
        if (_tree.IsNull(test))
        {
            return taint;
        }

        var outer = scope.SubLinkColumns;
        scope.SubLinkColumns = outputs;
        taint = taint.Compute(Evaluate(scope, test));
        scope.SubLinkColumns = outer;
        return taint;
    }

    /// <summary>Reading an element computes; assigning to an element leaves the value in its own column.</summary>
    private Taint Subscript(QueryScope scope, int node)
    {
        var assigned = _tree.Value(node, Field.Refassgnexpr);
        if (_tree.IsNull(assigned))
        {
            return EvaluateChildren(scope, node);
        }

        var container = EvaluateOptional(scope, _tree.Value(node, Field.Refexpr));
        var parts = EvaluateChildren(scope, _tree.Value(node, Field.Refupperindexpr))
            .Compute(EvaluateChildren(scope, _tree.Value(node, Field.Reflowerindexpr))).Compute(Evaluate(scope, assigned));
        return parts.IsTainted ? container.Compute(parts) : container;
    }

    private Taint FieldStore(QueryScope scope, int node)
    {
        var container = EvaluateOptional(scope, _tree.Value(node, Field.Arg));
        var parts = EvaluateChildren(scope, _tree.Value(node, Field.Newvals));
        return parts.IsTainted ? container.Compute(parts) : container;
    }

    private Taint EvaluateOptional(QueryScope scope, int node) => _tree.IsNull(node) ? Taint.Clean : Evaluate(scope, node);

    private Taint Conditional(QueryScope scope, int node)
    {
        ConditionalDepth++;
        var taint = EvaluateChildren(scope, node);
        ConditionalDepth--;
        return taint;
    }
}
