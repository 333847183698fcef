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

    /// <summary>CoercionForm: called by its name.</summary>
    private const int ExplicitCall = 0;

    // pg_type OIDs: bool, and what every value can be cast to.
    private const uint BoolType = 16;
    private const uint NameType = 19;
    private const uint TextType = 25;
    private const uint BpcharType = 1042;
    private const uint VarcharType = 1043;

    /// <summary>
    /// Types of which nobody but the server decides which texts they take, by pg_type OID: bool, int8, int2, int4, json, float4, float8, inet, date, time,
    /// timestamp, timestamptz, interval, timetz, numeric, uuid, jsonb. What names relations (regclass), domains and enums are for their makers to choose.
    /// </summary>
    private static readonly HashSet<uint> PlainTypes = [BoolType, 20, 21, 23, 114, 700, 701, 869, 1082, 1083, 1114, 1184, 1186, 1266, 1700, 2950, 3802];

    private readonly NodeTree _tree = run.Tree;

    public Taint Evaluate(QueryScope scope, int node)
    {
        run.CountStep();
        var taint = EvaluateNode(scope, node);
        if (taint.IsDerived)
        {
            run.NoteComputed();
        }

        return taint is { Level: TaintLevel.Derived, Node: 0 } && _tree.Kind(node) != NodeKind.Var ? taint with { Node = node + 1 } : taint;
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

    /// <summary>The arguments of a call, one by one.</summary>
    public Arguments EvaluateArguments(QueryScope scope, int list)
    {
        var arguments = default(Arguments);
        foreach (var argument in _tree.Items(list))
        {
            arguments.Add(Evaluate(scope, argument));
        }

        return arguments;
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
            NodeKind.FuncExpr => run.Functions.TextFormName(node) is not null
                && _tree.Items(node, Field.Args).Count() == 1 && IsTextTransform(_tree.Items(node, Field.Args).At(0)),
            _ => false,
        };

    public Taint EvaluateOptional(QueryScope scope, int node) => _tree.IsNull(node) ? Taint.Clean : Evaluate(scope, node);

    private Taint EvaluateNode(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.Var:
                return run.RangeTables.Column(
                    scope.Outer(_tree.Integer(node, Field.Varlevelsup)), _tree.Integer(node, Field.Varno), _tree.Integer(node, Field.Varattno));
            case NodeKind.SqlValueFunction:
                run.NoteVaries();
                return Taint.Clean;
            case NodeKind.Const:
                return run.Lengths.OfConstant(node);
            case NodeKind.CaseTestExpr or NodeKind.SetToDefault or NodeKind.NextValueExpr
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
                return Operator(scope, node);
            case NodeKind.Aggref:
                return run.Aggregates.Aggregate(scope, node);
            case NodeKind.WindowFunc:
                return run.Aggregates.Window(scope, node);
            case NodeKind.SubLink:
                return SubLink(scope, node);
            case NodeKind.SubscriptingRef:
                return Subscript(scope, node);
            case NodeKind.FieldStore:
                return FieldStore(scope, node);
            case NodeKind.BoolExpr:
                return run.Conditionals.Logic(scope, node);
            case NodeKind.CaseExpr:
                return run.Conditionals.Case(scope, node);
            case NodeKind.CoalesceExpr:
                return run.Conditionals.Coalesce(scope, node);
            default:
                return Composed(scope, node);
        }
    }

    /// <summary>Nodes that compute from their children and nothing else.</summary>
    private Taint Composed(QueryScope scope, int node)
    {
        switch (_tree.Kind(node))
        {
            case NodeKind.RowCompareExpr:
                run.Functions.CheckOperators(node);
                return AsDecision(EvaluateChildren(scope, node));
            case NodeKind.BooleanTest:
                return AsDecision(EvaluateChildren(scope, node));
            case NodeKind.CoerceViaIO:
                var value = Evaluate(scope, _tree.Value(node, Field.Arg));
                var type = _tree.Oid(node, Field.Resulttype);
                return type is TextType or VarcharType or BpcharType or NameType
                    ? value.Compute(Taint.Clean) : run.Failures.OfConversion(value.Compute(Taint.Clean), "a cast", value.IsIdentity && PlainTypes.Contains(type));
            case NodeKind.ArrayCoerceExpr:
                var array = EvaluateChildren(scope, node);
                return array.CanFail ? run.Failures.OfConversion(array, "a cast of an array") : array;
            case NodeKind.CoerceToDomain:
                return run.Failures.OfConversion(EvaluateChildren(scope, node), "a cast to a domain");
            case NodeKind.ArrayExpr when _tree.Flag(node, Field.Multidims):
                return run.Failures.OfConversion(EvaluateChildren(scope, node), "an array of arrays");
            case NodeKind.XmlExpr or NodeKind.JsonExpr or NodeKind.JsonConstructorExpr or NodeKind.JsonIsPredicate:
                return run.Failures.OfConversion(EvaluateChildren(scope, node), "an SQL/JSON or XML expression");
            case NodeKind.ArrayExpr or NodeKind.ConvertRowtypeExpr or NodeKind.FieldSelect or NodeKind.RowExpr
                or NodeKind.MinMaxExpr or NodeKind.InferenceElem or NodeKind.JsonBehavior or NodeKind.JsonValueExpr or NodeKind.JsonTablePathScan
                or NodeKind.JsonTableSiblingJoin:
                return EvaluateChildren(scope, node);
            case var kind:
                throw new TreeFormatException($"a {kind} node is not expected in an expression");
        }
    }

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
                return Lengths.OfParameter();
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
        return taint.IsIdentity && run.Inferences.AllowsPresence(taint.Source!) ? taint.AsClean() : AsDecision(taint.Compute(Taint.Clean));
    }

    private Taint Function(QueryScope scope, int node)
    {
        var own = run.Functions.CheckCall(node);
        var arguments = run.Functions.IsInformationSchema(node) ? SystemArguments(scope, node) : EvaluateArguments(scope, _tree.Value(node, Field.Args));
        var facts = run.Function(_tree.Oid(node, Field.Funcid));
        var taint = run.Failures.OfCall(facts, _tree.Value(node, Field.Args), arguments, isCast: _tree.Integer(node, Field.Funcformat) != ExplicitCall);
        taint = own.IsTainted || arguments.Count == 0 ? taint.Compute(own) : taint;
        run.SetReturning.Judge(node, taint, scope);
        if (run.Functions.IsDeclaredClean(node))
        {
            return taint.AsClean();
        }

        return _tree.Oid(node, Field.Funcresulttype) == BoolType ? AsDecision(taint) : taint;
    }

    private Taint Operator(QueryScope scope, int node)
    {
        run.Functions.CheckOperator(node);
        var list = _tree.Value(node, Field.Args);
        var arguments = EvaluateArguments(scope, list);
        var taint = run.Failures.OfCall(run.Functions.OfOperator(node), list, arguments);
        run.SetReturning.Judge(node, taint, scope);
        var isDecision = _tree.Kind(node) != NodeKind.OpExpr || _tree.Oid(node, Field.Opresulttype) == BoolType;
        return isDecision ? AsDecision(taint) : taint;
    }

    /// <summary>The helpers of information_schema read types and lengths from catalogue rows they get as a whole, never stored values in them.</summary>
    private Arguments SystemArguments(QueryScope scope, int node)
    {
        var arguments = default(Arguments);
        foreach (var argument in _tree.Items(node, Field.Args))
        {
            arguments.Add(run.RangeTables.IsSystemRow(scope, argument) ? Taint.Clean : Evaluate(scope, argument));
        }

        return arguments;
    }

    private static Taint AsDecision(in Taint taint) => taint.IsTainted ? taint.With(TaintTraits.Chosen) : taint;

    private Taint SubLink(QueryScope scope, int node)
    {
        var type = _tree.Integer(node, Field.SubLinkType);
        var outputs = run.Queries.Analyze(_tree.Value(node, Field.Subselect), scope);
        switch (type)
        {
            case ExistsSubLink:
                return Taint.Clean.With(TaintTraits.CanFail);
            case ScalarSubLink:
                return (outputs.Length > 0 ? outputs[0] : Taint.Clean).With(TaintTraits.CanFail);
            case MultiAssignmentSubLink:
                scope.MultiAssignments[_tree.Integer(node, Field.SubLinkId)] = outputs;
                return Taint.Clean;
            default:
                return TestExpression(scope, node, outputs).With(TaintTraits.CanFail);
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
        return AsDecision(taint);
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
}
