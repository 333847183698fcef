namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>What the lexer found. White space is never a token; comments are, so that callers decide.</summary>
internal enum SqlTokenKind
{
    /// <summary>The text is used up.</summary>
    End,

    /// <summary>An unquoted identifier or keyword.</summary>
    Word,

    /// <summary><c>"..."</c></summary>
    QuotedName,

    /// <summary><c>U&amp;"..."</c></summary>
    UnicodeName,

    /// <summary><c>'...'</c>, with its continuation lines.</summary>
    Text,

    /// <summary><c>E'...'</c>, with its continuation lines.</summary>
    EscapedText,

    /// <summary><c>U&amp;'...'</c></summary>
    UnicodeText,

    /// <summary><c>N'...'</c></summary>
    NationalText,

    /// <summary><c>B'...'</c></summary>
    Bits,

    /// <summary><c>X'...'</c></summary>
    Hex,

    /// <summary><c>$tag$...$tag$</c></summary>
    DollarText,

    /// <summary>A well-formed decimal number.</summary>
    Number,

    /// <summary>A number that majors of PostgreSQL read differently: with a base prefix, underscores, or letters behind it.</summary>
    OddNumber,

    /// <summary><c>$1</c></summary>
    Parameter,

    /// <summary>An operator of one or more characters.</summary>
    Operator,

    /// <summary>One of <c>, ( ) [ ] . ; :</c> or <c>::</c>, <c>:=</c>, <c>..</c>.</summary>
    Symbol,

    /// <summary>A line or block comment.</summary>
    Comment,

    /// <summary>A byte no token starts with; the server answers it with a syntax error.</summary>
    Stray,

    /// <summary>A quote, dollar quote or block comment that never ends. The token runs to the end of the text.</summary>
    Unterminated,
}

/// <summary>One token and where it stands in the text.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int Length)
{
    public int End => Start + Length;

    public TextRange Range => new(Start, Length);

    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> text) => text.Slice(Start, Length);
}
