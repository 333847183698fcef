using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Catalog;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Which functions may be called, by OID: plain calls, operators, aggregates, sort operators.</summary>
internal sealed class FunctionCalls(LineageRun run)
{
    // pg_proc OIDs of the functions of one text.
    private const uint Lower = 870;
    private const uint Upper = 871;
    private const uint InitCap = 872;
    private const uint TrimLeft = 881;
    private const uint TrimRight = 882;
    private const uint Trim = 885;

    private readonly NodeTree _tree = run.Tree;

    /// <summary>Set while the values of an INSERT are judged: there a sequence may be drawn from even beside PHI.</summary>
    public bool InInsertValues { get; set; }

    /// <summary>The call in FROM that is being judged: only there have the result columns of a function tags of their own.</summary>
    public int CallInFrom { get; set; } = -1;

    /// <returns>What the function itself adds to the taint of its arguments; only stored definitions go on after a refusal.</returns>
    public Taint CheckCall(int node)
    {
        var facts = run.Function(_tree.Oid(node, Field.Funcid));
        if (facts is null)
        {
            return Taint.Clean;
        }

        Record(facts);
        if (facts.IsVolatile || Varies(facts.Name))
        {
            run.NoteVaries();
        }

        if (ReadsClock(facts.Name))
        {
            run.NoteClock(facts.Name);
        }

        if (node != CallInFrom && TaggedResultColumn(node) is { } tagged)
        {
            return RefuseOutsideFrom(facts, tagged.Source);
        }

        switch (facts.Verdict)
        {
            case FunctionVerdict.PartitionBound when !run.PartitionBoundsAreTagged():
                return Taint.Clean;
            case FunctionVerdict.Pure or FunctionVerdict.Clean:
                return Taint.Clean;
            case FunctionVerdict.Tainting:
                return Protected(facts);
            case FunctionVerdict.SideEffect:
                RaiseOwn(facts);
                run.NoteSideEffect(facts.Name);
                return Taint.Clean;
            case FunctionVerdict.Sequence:
                CheckSequence(facts);
                return Taint.Clean;
            case FunctionVerdict.ConstantSideEffect or FunctionVerdict.SetConfig or FunctionVerdict.Notify:
                CheckConstant(node, facts);
                return Taint.Clean;
            default:
                return Deny(facts);
        }
    }

    public Taint CheckAggregate(int node, Field field) =>
        run.Function(_tree.Oid(node, field)) is { } facts ? CheckPure(facts) : Taint.Clean;

    public void CheckOperator(int node)
    {
        if (OfOperator(node) is { } facts)
        {
            CheckPure(facts);
        }
    }

    /// <summary>The function behind an operator node.</summary>
    public FunctionFacts? OfOperator(int node)
    {
        var function = _tree.Oid(node, Field.Opfuncid);
        return function != 0 ? run.Function(function) : OperatorFunction(_tree.Oid(node, Field.Opno));
    }

    /// <summary>Whether a call in FROM runs as such: bodies of own SQL functions may be merged into the query, and are then evaluated where they are used.</summary>
    public bool IsEvaluatedOnce(int call) => _tree.Kind(call) == NodeKind.FuncExpr && run.Function(_tree.Oid(call, Field.Funcid)) is { IsOwn: false };

    /// <summary>What tells the time as it passes, also inside an identifier; <c>now()</c> stands still during a transaction.</summary>
    private static bool ReadsClock(string name) => name is "clock_timestamp" or "timeofday" or "uuidv7" or "uuid_generate_v1" or "uuid_generate_v1mc";

    /// <summary>What the server takes for the same throughout one statement and is another thing in the next.</summary>
    private static bool Varies(string name) => name is "now" or "transaction_timestamp" or "statement_timestamp" or "current_setting" or "age"
        or "txid_current" or "txid_current_if_assigned" or "pg_current_xact_id" or "pg_current_xact_id_if_assigned" or "pg_backend_pid" or "inet_client_port";

    /// <summary>Whether a call or operator depends on its arguments only and answers yes or no, so that a search may use it.</summary>
    public bool IsSearch(int node)
    {
        var isFunction = _tree.Kind(node) == NodeKind.FuncExpr;
        var facts = isFunction ? run.Function(_tree.Oid(node, Field.Funcid)) : OfOperator(node);
        return facts is { Verdict: FunctionVerdict.Pure, IsVolatile: false } && !(isFunction && facts.IsOwn);
    }

    public void CheckOperators(int node)
    {
        foreach (var oid in _tree.Oids(_tree.Value(node, Field.Opnos)))
        {
            if (OperatorFunction(oid) is { } facts)
            {
                CheckPure(facts);
            }
        }
    }

    public void CheckSortOperators(int node)
    {
        foreach (var oid in (ReadOnlySpan<uint>)[_tree.Oid(node, Field.Eqop), _tree.Oid(node, Field.Sortop)])
        {
            if (oid != 0 && OperatorFunction(oid) is { } facts)
            {
                CheckPure(facts);
            }
        }
    }

    /// <summary>Whether a call gives the same result for every row of one statement.</summary>
    public bool IsSteady(int node)
    {
        var isFunction = _tree.Kind(node) == NodeKind.FuncExpr;
        var facts = isFunction ? run.Function(_tree.Oid(node, Field.Funcid)) : OfOperator(node);
        return facts is { Verdict: FunctionVerdict.Pure, IsVolatile: false } && !_tree.Flag(node, isFunction ? Field.Funcretset : Field.Opretset);
    }

    public bool IsCount(uint oid) => run.Function(oid) is { IsOwn: false, Schema: "pg_catalog", Name: "count" };

    /// <summary>The name of a built-in function that is called, or null.</summary>
    public string? BuiltInName(int node) =>
        _tree.Kind(node) == NodeKind.FuncExpr && run.Function(_tree.Oid(node, Field.Funcid)) is { IsOwn: false, Schema: "pg_catalog" } facts ? facts.Name : null;

    /// <summary>
    /// The name of the built-in function on texts that is called, if it is <c>lower</c>, <c>upper</c>, <c>initcap</c> or a trim; else null. By OID:
    /// <c>lower</c> and <c>upper</c> are also the names of the bounds of a range, which are parts of a value.
    /// </summary>
    public string? TextFormName(int node) =>
        BuiltInName(node) is { } name && _tree.Oid(node, Field.Funcid) is Lower or Upper or InitCap or Trim or TrimLeft or TrimRight ? name : null;

    /// <summary>Whether a call is the extension's <c>hstore(record)</c>.</summary>
    public bool IsHstoreOfRow(int node) =>
        _tree.Kind(node) == NodeKind.FuncExpr && run.Function(_tree.Oid(node, Field.Funcid)) is { Extension: "hstore", Name: "hstore" }
        && _tree.Items(node, Field.Args).Count() == 1;

    public bool IsInformationSchema(int node) => run.Function(_tree.Oid(node, Field.Funcid)) is { IsOwn: false, Schema: "information_schema" };

    /// <summary>The result column of a function in FROM that holds other sessions' texts, if it has one.</summary>
    public (int Column, TaggedSource Source)? TaggedResultColumn(int call)
    {
        if (_tree.Kind(call) != NodeKind.FuncExpr || run.Function(_tree.Oid(call, Field.Funcid)) is not { TaggedResultColumn: > 0 } facts)
        {
            return null;
        }

        var column = facts.Name is "pg_prepared_xact" ? "gid" : "query";
        return (facts.TaggedResultColumn, new TaggedSource(facts.Schema, facts.Name, column, ReservedTags.SqlText, maskIsConstant: false));
    }

    private FunctionFacts? OperatorFunction(uint oid) => run.Operator(oid) is { } facts ? run.Function(facts.Function) : null;

    /// <summary>Whether the operator declared that a call's result is free of PHI even where its arguments are not.</summary>
    public bool IsDeclaredClean(int call) => run.Function(_tree.Oid(call, Field.Funcid)) is { Verdict: FunctionVerdict.Clean };

    /// <summary>Operators and aggregates: what comes out of them must depend on what goes in only.</summary>
    private Taint CheckPure(FunctionFacts facts)
    {
        Record(facts);
        return facts.Verdict is FunctionVerdict.Pure or FunctionVerdict.Clean ? Taint.Clean : Deny(facts);
    }

    /// <summary>A function that may return anything stored: its result is as protected as something computed from a tagged column.</summary>
    private Taint Protected(FunctionFacts facts)
    {
        RaiseOwn(facts);
        if (facts.IsVolatile && run.Conditionals.Depth > 0)
        {
            run.NoteSideEffect(facts.Name);
        }

        var source = TaggedSource.OfFunction(facts.Schema, facts.Name);
        run.RecordPhi(source);
        return Taint.DerivedFrom(source);
    }

    /// <summary>A volatile function of the operator's own may write, whatever it was declared to return.</summary>
    private void RaiseOwn(FunctionFacts facts)
    {
        if (facts is { IsOwn: true, IsVolatile: true })
        {
            run.Raise(CommandClass.Write, Effects.Update);
        }
    }

    private void Record(FunctionFacts facts)
    {
        if (facts.IsOwn)
        {
            run.RecordFunction(facts.FullName);
        }
    }

    private Taint Deny(FunctionFacts facts)
    {
        if (facts.Verdict is FunctionVerdict.Unclassified || facts is { IsOwn: true, Extension.Length: 0 })
        {
            run.Refuse(
                "unclassified-function",
                $"The function {facts.FullName} {facts.Denial ?? "is not classified, so it may read protected columns"}.",
                facts is { Signature: { } signature, Sha256: { } sha256 }
                    ? $"Write the query on the tables themselves, or ask an administrator to read the function and to declare it as {signature}: {{verdict: ..., sha256: {sha256}}}."
                    : "Write the query on the tables themselves.");
        }
        else
        {
            run.Refuse(
                "forbidden-function",
                $"The function {facts.FullName} reads data outside the query, runs SQL text, or acts on the server.",
                "Read the tables themselves with SELECT.");
        }

        return Taint.DerivedFrom(TaggedSource.OfFunction(facts.Schema, facts.Name));
    }

    private Taint RefuseOutsideFrom(FunctionFacts facts, TaggedSource source)
    {
        run.Refuse(
            "forbidden-function",
            $"The function {facts.FullName} returns texts of other sessions and may stand in FROM only.",
            "Name the function in FROM and select its columns; the protected one comes back masked.");
        return Taint.DerivedFrom(source);
    }

    private void CheckSequence(FunctionFacts facts)
    {
        run.Raise(CommandClass.Write, Effects.Update);
        if (!InInsertValues || run.Conditionals.Depth > 0)
        {
            run.NoteSideEffect(facts.Name);
        }
    }

    private void CheckConstant(int node, FunctionFacts facts)
    {
        var arguments = _tree.Items(node, Field.Args);
        foreach (var argument in arguments)
        {
            if (!run.Expressions.IsConstant(argument))
            {
                run.Refuse("constant-arguments", $"{facts.Name} is allowed only with constants as arguments.", $"Write the arguments of {facts.Name} as literals.");
                return;
            }
        }

        run.NoteSideEffect(facts.Name);
        if (facts.Verdict is FunctionVerdict.Notify)
        {
            run.Raise(CommandClass.Read, Effects.Notify);
            if (arguments.Count() == 2 && TextConstant(arguments.At(0)) is { } channel && TextConstant(arguments.At(1)) is { } payload)
            {
                run.RecordNotify(new NotifyCall(channel, payload));
            }
        }
        else if (facts.Verdict is FunctionVerdict.SetConfig)
        {
            RecordSetConfig(arguments);
        }
        else
        {
            run.Raise(facts.Name is "setval" ? CommandClass.Write : CommandClass.Read, facts.Name is "setval" ? Effects.Update : Effects.Lock);
        }
    }

    private void RecordSetConfig(NodeTree.ListItems arguments)
    {
        if (arguments.Count() == 3 && TextConstant(arguments.At(0)) is { } name && Flag(arguments.At(2)) is { } isLocal)
        {
            run.RecordSetConfig(new SetConfigCall(name, TextConstant(arguments.At(1)), isLocal));
            return;
        }

        run.Refuse("constant-arguments", "set_config is allowed only with constants as arguments.", "Use SET instead.");
    }

    private string? TextConstant(int node) => _tree.Kind(node) == NodeKind.Const ? ConstantValue.Text(_tree, node) : null;

    private bool? Flag(int node) => _tree.Kind(node) == NodeKind.Const ? ConstantValue.Flag(_tree, node) : null;
}
