using System.Globalization;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>
/// Writes the redacted form of a statement, the only form that is recorded. An allow-list: keywords, operators, <c>$n</c>, and names the
/// target's catalogue has. A literal becomes <c>:text</c>, <c>:numeric</c>, <c>:bit</c> or <c>:hex</c>; any other name, an alias above all,
/// becomes <c>_</c>; comments go.
/// </summary>
internal static class TemplateWriter
{
    /// <summary>Behind a template that was longer than <see cref="SqlLimits.MaxTemplateChars"/>.</summary>
    public const string CutMark = " [cut]";

    /// <summary>Parameters beyond this number could carry digits of a value and are written <c>$_</c>.</summary>
    private const int MaxParameter = 999;

    /// <summary>The template of <paramref name="statement"/>, at most <see cref="SqlLimits.MaxTemplateChars"/> characters.</summary>
    public static string Write(ReadOnlySpan<byte> statement, IKnownWords known)
    {
        var template = new StringBuilder();
        var lexer = new SqlLexer(statement);
        var spacing = new Spacing();
        while (true)
        {
            var token = lexer.NextSignificant();
            if (token.Kind == SqlTokenKind.End)
            {
                return template.ToString();
            }

            var source = token.Of(statement);
            var written = Redact(token.Kind, source, known);
            var hasSpace = spacing.Before(token.Kind, source, isLoud: char.IsAsciiLetterUpper(written[0]));
            if (template.Length + written.Length + 1 > SqlLimits.MaxTemplateChars - CutMark.Length)
            {
                return template.Append(CutMark).ToString();
            }

            template.Append(hasSpace ? " " : "").Append(written);
        }
    }

    private static string Redact(SqlTokenKind kind, ReadOnlySpan<byte> source, IKnownWords known) => kind switch
    {
        SqlTokenKind.Word => Word(source, known),
        SqlTokenKind.QuotedName => QuotedName(source, known),
        SqlTokenKind.Text or SqlTokenKind.EscapedText or SqlTokenKind.UnicodeText or SqlTokenKind.NationalText or SqlTokenKind.DollarText => ":text",
        SqlTokenKind.Number or SqlTokenKind.OddNumber => ":numeric",
        SqlTokenKind.Bits => ":bit",
        SqlTokenKind.Hex => ":hex",
        SqlTokenKind.Parameter => Parameter(source),
        SqlTokenKind.Operator or SqlTokenKind.Symbol => Encoding.ASCII.GetString(source),
        SqlTokenKind.Unterminated => ":unterminated",
        SqlTokenKind.Stray => ":stray",
        _ => "_",
    };

    private static string Word(ReadOnlySpan<byte> source, IKnownWords known)
    {
        if (source.Length > SqlLimits.MaxIdentifierBytes)
        {
            return "_";
        }

        Span<byte> folded = stackalloc byte[SqlLimits.MaxIdentifierBytes];
        folded = Fold(source, folded);
        if (SqlVocabulary.IsLoud(folded))
        {
            return Encoding.UTF8.GetString(folded).ToUpperInvariant();
        }

        return SqlVocabulary.Contains(folded) || known.Contains(folded) ? Encoding.UTF8.GetString(folded) : "_";
    }

    /// <summary>A quoted name is never a keyword; it stays only when the catalogue has it, and loses its capitals.</summary>
    private static string QuotedName(ReadOnlySpan<byte> source, IKnownWords known)
    {
        if (source.Length > SqlLimits.MaxIdentifierBytes || source[1..^1].Contains((byte)'"'))
        {
            return "_";
        }

        Span<byte> folded = stackalloc byte[SqlLimits.MaxIdentifierBytes];
        folded = Fold(source[1..^1], folded);
        return known.Contains(folded) ? $"\"{Encoding.UTF8.GetString(folded)}\"" : "_";
    }

    private static string Parameter(ReadOnlySpan<byte> source) =>
        int.TryParse(source[1..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MaxParameter
            ? string.Create(CultureInfo.InvariantCulture, $"${number}")
            : "$_";

    private static Span<byte> Fold(ReadOnlySpan<byte> source, Span<byte> into)
    {
        for (var at = 0; at < source.Length; at++)
        {
            into[at] = source[at] is >= (byte)'A' and <= (byte)'Z' ? (byte)(source[at] | 0x20) : source[at];
        }

        return into[..source.Length];
    }

    /// <summary>One spelling for any white space, so that equal statements give equal templates.</summary>
    private struct Spacing
    {
        private bool _hugsNext;
        private bool _wasName;

        public Spacing() => _hugsNext = true;

        /// <summary>Whether a space stands before the token, which becomes the last one.</summary>
        public bool Before(SqlTokenKind kind, ReadOnlySpan<byte> source, bool isLoud)
        {
            var symbol = kind == SqlTokenKind.Symbol ? source[0] : (byte)0;
            var hugsPrevious = symbol is (byte)',' or (byte)')' or (byte)']' or (byte)'.' or (byte)';' or (byte)':'
                || symbol == '[' || (symbol == '(' && _wasName);
            var hasSpace = !_hugsNext && !hugsPrevious;
            _hugsNext = symbol is (byte)'(' or (byte)'[' or (byte)'.' or (byte)':';
            _wasName = kind == SqlTokenKind.QuotedName || (kind == SqlTokenKind.Word && !isLoud);
            return hasSpace;
        }
    }
}
