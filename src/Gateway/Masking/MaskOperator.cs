namespace Sallyport.Gateway.Masking;

/// <summary>What is done to the values of a tag: an operator with its settings. Two that are equal mask alike.</summary>
public abstract record MaskOperator
{
    private MaskOperator(MaskKind kind) => Kind = kind;

    /// <summary>The operator's name, which records and configuration use.</summary>
    public MaskKind Kind { get; }

    /// <summary>Whether the masked form is the same for every value, so that it tells nothing of it.</summary>
    public bool IsConstant => Kind is MaskKind.Redact or MaskKind.Null or MaskKind.Constant or MaskKind.Sentinel;

    /// <summary>Whether the masked forms outlive a session, so that their key has to be stored.</summary>
    public virtual bool NeedsStoredKey => false;

    /// <summary>The operator with the settings it has when none are written. <see cref="MaskKind.Constant"/> and <see cref="MaskKind.DateShift"/> have none: they need one.</summary>
    public static MaskOperator Of(MaskKind kind) => kind switch
    {
        MaskKind.Redact => new Redact(),
        MaskKind.Token => new Token(),
        MaskKind.Year => new Year(),
        MaskKind.Null => new Null(),
        MaskKind.Partial => new Partial(),
        MaskKind.Zip3 => new Zip3(),
        MaskKind.Age => new Age(),
        MaskKind.SameShape => new SameShape(),
        MaskKind.Sentinel => new Sentinel(),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <inheritdoc cref="MaskKind.Redact"/>
    public sealed record Redact() : MaskOperator(MaskKind.Redact);

    /// <inheritdoc cref="MaskKind.Token"/>
    /// <param name="Scope">Where equal values share a token.</param>
    public sealed record Token(TokenScope Scope = TokenScope.Session) : MaskOperator(MaskKind.Token)
    {
        public override bool NeedsStoredKey => Scope != TokenScope.Session;
    }

    /// <inheritdoc cref="MaskKind.Year"/>
    public sealed record Year() : MaskOperator(MaskKind.Year);

    /// <inheritdoc cref="MaskKind.Null"/>
    public sealed record Null() : MaskOperator(MaskKind.Null);

    /// <inheritdoc cref="MaskKind.Partial"/>
    /// <param name="Keep">Most characters that stay at the end, 1 to <see cref="MostKept"/>; short values keep fewer.</param>
    /// <param name="KeepsDomain">The domain of a mail address stays instead.</param>
    public sealed record Partial(int Keep = Partial.MostKept, bool KeepsDomain = false) : MaskOperator(MaskKind.Partial)
    {
        public const int MostKept = 4;
    }

    /// <inheritdoc cref="MaskKind.DateShift"/>
    /// <param name="Keys">The columns that say whose row it is, <c>schema.table.column</c>, one a line.</param>
    public sealed record DateShift(string Keys) : MaskOperator(MaskKind.DateShift)
    {
        public override bool NeedsStoredKey => true;

        public bool IsKey(string column) => Keys.Split('\n').Contains(column, StringComparer.Ordinal);
    }

    /// <inheritdoc cref="MaskKind.Zip3"/>
    /// <param name="Sparse">The thinly populated areas; see <see cref="SparseZips"/>.</param>
    public sealed record Zip3(SparseZips Sparse) : MaskOperator(MaskKind.Zip3)
    {
        public Zip3()
            : this(SparseZips.Census2000)
        {
        }
    }

    /// <inheritdoc cref="MaskKind.Age"/>
    public sealed record Age() : MaskOperator(MaskKind.Age);

    /// <inheritdoc cref="MaskKind.SameShape"/>
    public sealed record SameShape() : MaskOperator(MaskKind.SameShape);

    /// <inheritdoc cref="MaskKind.Constant"/>
    /// <param name="Value">As it is written in SQL, without quotes.</param>
    public sealed record Constant(string Value) : MaskOperator(MaskKind.Constant)
    {
        /// <summary>Most bytes of a constant, so that a row's growth stays bounded.</summary>
        public const int MaxBytes = 200;
    }

    /// <inheritdoc cref="MaskKind.Sentinel"/>
    public sealed record Sentinel() : MaskOperator(MaskKind.Sentinel);
}
