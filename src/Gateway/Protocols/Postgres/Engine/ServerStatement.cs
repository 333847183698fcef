using System.Collections.Immutable;
using System.Security.Cryptography;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// A statement as the server holds it, with everything known about it. Clients' names never reach the server: each is mapped to one of these,
/// so that a repeated text costs a look-up.
/// </summary>
internal sealed record ServerStatement
{
    private const int MaxHelperDumps = 32;

    private readonly HashSet<UInt128> _helperDumps = [];
    private MaskPlan? _textPlan;
    private MaskPlan? _binaryPlan;

    /// <summary>The server-side name; empty for the unnamed statement, which the next unnamed Parse replaces.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>The client's text, for approvals and for the same-command test; never stored.</summary>
    public required byte[] Text { get; init; }

    public required StatementForm Form { get; init; }

    public required Command Command { get; init; }

    /// <summary>The command as the ledger writes it, encoded once.</summary>
    public required EncodedCommand Encoded { get; init; }

    /// <summary>The meaning of an analysed statement; null for utilities.</summary>
    public StatementAnalysis? Analysis { get; set; }

    /// <summary>The meaning of the query inside a utility statement, whose columns are not those of the result.</summary>
    public StatementAnalysis? Inner { get; init; }

    /// <summary>The query it is, or has inside or behind it.</summary>
    public StatementAnalysis? Understood => Analysis ?? Inner;

    /// <summary>When it was understood and last used.</summary>
    public StatementAge Age { get; init; } = new(default, transaction: 0);

    /// <summary>Hash of the dump the analysis came from.</summary>
    public UInt128 DumpHash { get; set; }

    public byte[] RowDescription { get; init; } = [];

    public required FieldType[] Fields { get; init; }

    /// <summary>Its result columns, those of the query behind it where it returns that one's rows; empty when its rows hold no stored values.</summary>
    public ImmutableArray<OutputColumn> Outputs { get; init; } = [];

    /// <summary>The query it gives a name to (DECLARE, PREPARE).</summary>
    public NamedQuery? Query { get; init; }

    /// <summary>A COPY TO STDOUT that runs as a SELECT and whose rows the gateway writes itself.</summary>
    public CopyLayout? Copy { get; init; }

    /// <summary>It goes on with a cursor (FETCH, MOVE): whether a human had to be asked was settled when the cursor was declared.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Its rows come in binary format when nobody says anything about formats (a cursor declared BINARY, in a simple query).</summary>
    public bool IsBinary { get; init; }

    /// <summary>Calls set_config: other texts may mean something else after it.</summary>
    public bool SetsSettings { get; init; }

    /// <summary>What it tells about tagged columns although it shows none of their values, the query inside a utility statement included.</summary>
    public ImmutableArray<Inference> Inferences { get; init; } = [];

    /// <summary>What a failure at run time would tell about stored values.</summary>
    public FailureRisk Risk { get; init; }

    /// <summary>What its not failing at run time would tell.</summary>
    public TrialKind Trial { get; init; }

    /// <summary>The tagged columns it compares for equality with values it brings along.</summary>
    public ImmutableArray<string> EqualityColumns { get; init; } = [];

    /// <summary>The tagged columns that were clear to its principal when it was understood.</summary>
    public UnmaskedColumns Clear { get; init; } = UnmaskedColumns.None;

    /// <summary>The body of the server's ParameterDescription.</summary>
    public byte[] ParameterDescription { get; init; } = [];

    /// <summary>A query whose words and values are all clean, and whose errors are too: nothing it runs was put off by a statement before it.</summary>
    public bool IsCleanRead => !TouchesPhi && !ChangesSomething && Form is StatementForm.Analysed;

    public int MaskedColumns => Outputs.Count(static output => output.Tag is not null);

    public bool TouchesPhi => Command.TouchesPhi;

    /// <summary>The intent must be durable before the server hears of the execution.</summary>
    public bool ChangesSomething =>
        Command.Class > CommandClass.Read
        || Command.Effects != Effects.None
        || Form is StatementForm.Transaction { Action: TransactionAction.Commit };

    /// <summary>The <see cref="Exchange.Batch"/> of its Parse.</summary>
    public required long ParsedInBatch { get; init; }

    /// <summary><see cref="Exchange.Executes"/> at its Parse.</summary>
    public required long ParsedAfter { get; init; }

    /// <summary>Count and OIDs of its parameters as in the Parse message.</summary>
    public byte[] ParameterTypes { get; init; } = [0, 0];

    /// <summary>
    /// Whether nothing can have changed the statement's meaning since its Parse: same batch, so the transaction's locks still hold, and this
    /// session has executed nothing in between, which could have replaced a view or set the search path.
    /// </summary>
    public bool IsFresh(Exchange exchange) => ParsedInBatch == exchange.Batch && ParsedAfter == exchange.Executes;

    /// <summary>
    /// The server resolves what the statement names only when it runs, and shows no tree of it: its meaning has to be looked up again
    /// right before every execution, and its text is never kept.
    /// </summary>
    public bool IsResolvedLate => Copy is null && ResolvesLate(Form);

    /// <inheritdoc cref="IsResolvedLate"/>
    public static bool ResolvesLate(StatementForm form) => form is not (StatementForm.Analysed or StatementForm.Empty or StatementForm.Transaction or StatementForm.SetTransaction
        or StatementForm.Set or StatementForm.SetClientMinMessages or StatementForm.Reset or StatementForm.Show or StatementForm.Listen
        or StatementForm.Unlisten or StatementForm.Notify or StatementForm.Discard or StatementForm.Close);

    /// <summary>Its meaning changed at the server after it was judged; it has to be prepared again.</summary>
    public bool IsVoid { get; set; }

    /// <summary>What stays of it when its constants change, for approvals that stand for more than one command; empty where that cannot be told.</summary>
    public byte[] Plan => field ??= PlanText.Hash(Text) is { Length: > 0 } hash ? [.. ParameterTypes, .. hash] : [];

    /// <summary>Whether it may mean something else by now than when it was judged: it has to be prepared again before it is used again.</summary>
    public bool IsOutdated(TargetCatalog catalog) => IsVoid || (IsAnalysed && !catalog.IsCurrent(Age.UnderstoodAt));

    /// <summary>Whether the target's columns were declared anew since it was judged.</summary>
    public bool IsRedeclared(TargetCatalog catalog) => IsAnalysed && Age.UnderstoodAt.Declaration != catalog.Declaration;

    /// <summary>Whether its meaning depends on the target's schema.</summary>
    public bool IsAnalysed => Understood is not null;

    /// <summary>Whether another preparation of the same text found the same meaning.</summary>
    public bool MeansTheSameAs(ServerStatement other) =>
        DumpHash == other.DumpHash && SameCommand(Command, other.Command) && SameColumns(Understood, other.Understood);

    /// <summary>Whether two queries return the same stored columns: what goes into a cursor or a copy is masked by them.</summary>
    public static bool SameColumns(StatementAnalysis? left, StatementAnalysis? right) => (left?.Outputs ?? []).SequenceEqual(right?.Outputs ?? []);

    public static bool SameCommand(Command left, Command right) =>
        left.Class == right.Class
        && left.Effects == right.Effects
        && left.Unbounded == right.Unbounded
        && left.TouchesPhi == right.TouchesPhi
        && left.Relations.SequenceEqual(right.Relations)
        && left.Functions.SequenceEqual(right.Functions)
        && left.Unmasked.SequenceEqual(right.Unmasked);

    /// <summary>One statement at the server is itself and no other.</summary>
    public bool Equals(ServerStatement? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public bool KnowsHelper(UInt128 dumpHash) => _helperDumps.Contains(dumpHash);

    /// <summary>Remembers the tree of a function body that planning this statement prints, which says nothing about the statement itself.</summary>
    public void AddHelper(UInt128 dumpHash)
    {
        if (_helperDumps.Count < MaxHelperDumps)
        {
            _helperDumps.Add(dumpHash);
        }
    }

    public static UInt128 HashOf(ReadOnlySpan<byte> dump)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(dump, hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>The mask plan for one set of result formats: none, one for all columns, or one each. Null when nothing is masked.</summary>
    public MaskPlan? PlanFor(ReadOnlySpan<short> formats, Func<MaskedColumn, ResultField, ResultField?, ColumnMask> create, Func<string, MaskOperator> operatorOf)
    {
        if (MaskedColumns == 0)
        {
            return Form is StatementForm.Explain { Analyze: true } && TouchesPhi && Fields.Length == 1 ? _textPlan ??= MaskPlan.OfMeasures() : null;
        }

        return formats.Length switch
        {
            0 => _textPlan ??= Build([], create, operatorOf),
            1 when formats[0] == 0 => _textPlan ??= Build([], create, operatorOf),
            1 => _binaryPlan ??= Build([1], create, operatorOf),
            _ => Build(formats, create, operatorOf),
        };
    }

    /// <summary>The parameters that may be tokens; null until they were looked for.</summary>
    public TokenParameter[]? TokenParameters { get; set; }

    /// <summary>The tags changed: plans are built anew.</summary>
    public void ForgetPlans()
    {
        _textPlan = _binaryPlan = null;
        TokenParameters = null;
    }

    private MaskPlan Build(ReadOnlySpan<short> formats, Func<MaskedColumn, ResultField, ResultField?, ColumnMask> create, Func<string, MaskOperator> operatorOf)
    {
        var masks = new ColumnMask?[Fields.Length];
        var columns = new List<MaskedColumn>();
        foreach (var output in Outputs)
        {
            if (output.Tag is null)
            {
                continue;
            }

            var column = new MaskedColumn(output.Ordinal, output.Source ?? "", output.Tag, operatorOf(output.Tag), output.IsDerived);
            columns.Add(column);
            masks[output.Ordinal] = create(column, FieldAt(output.Ordinal, formats), KeyOf(output, column.Operator) is >= 0 and var key ? FieldAt(key, formats) : null);
        }

        return new MaskPlan(masks, [.. columns], masks.Max(static mask => mask?.MaxBytes ?? 0));
    }

    private ResultField FieldAt(int ordinal, ReadOnlySpan<short> formats) =>
        new(ordinal, Fields[ordinal], (formats.Length switch { 0 => 0, 1 => formats[0], _ => formats[ordinal] }) != 0);

    /// <summary>The result column with the key of the person whose row a date stands in: a column of that very row. -1 for none.</summary>
    private int KeyOf(OutputColumn date, MaskOperator operation)
    {
        if (operation is MaskOperator.DateShift shift && date is { IsDerived: false, Origin: { } origin })
        {
            foreach (var other in Outputs)
            {
                if (other.Origin is { } candidate && candidate.Row == origin.Row && shift.IsKey(candidate.Column))
                {
                    return other.Ordinal;
                }
            }
        }

        return -1;
    }
}

/// <summary>One column of a result as it will come.</summary>
/// <param name="Ordinal">Position, from 0.</param>
/// <param name="Type">Its type.</param>
/// <param name="IsBinary">Its format.</param>
internal readonly record struct ResultField(int Ordinal, FieldType Type, bool IsBinary);
