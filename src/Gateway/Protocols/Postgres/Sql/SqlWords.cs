using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Comparing and decoding the words and constants of SQL.</summary>
internal static class SqlWords
{
    /// <summary>Whether an unquoted word is this keyword. Keywords fold ASCII letters only.</summary>
    /// <param name="word">The word as written.</param>
    /// <param name="keyword">Lower-case ASCII.</param>
    public static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<char> keyword) => Ascii.EqualsIgnoreCase(word, keyword);

    /// <summary>The identifier a word or quoted name stands for, as the server folds and cuts it.</summary>
    /// <returns>False for an empty name, a <c>U&amp;""</c> name, and anything that is no name.</returns>
    public static bool TryName(SqlToken token, ReadOnlySpan<byte> text, out string name)
    {
        name = "";
        var source = token.Of(text);
        switch (token.Kind)
        {
            case SqlTokenKind.Word:
                name = FoldAscii(Encoding.UTF8.GetString(Cut(source)));
                return true;
            case SqlTokenKind.QuotedName when source.Length > 2:
                var inner = new byte[source.Length];
                name = Encoding.UTF8.GetString(Cut(inner.AsSpan(0, Undouble(source[1..^1], (byte)'"', inner))));
                return true;
            default:
                return false;
        }
    }

    /// <summary>The value of a string constant.</summary>
    /// <returns>False for what is no string, is too long, or is written in a way that is not worth reading: in pieces, or with numeric escapes.</returns>
    public static bool TryText(SqlToken token, ReadOnlySpan<byte> text, out string value)
    {
        value = "";
        var source = token.Of(text);
        if (source.Length > SqlLimits.MaxConstantBytes)
        {
            return false;
        }

        switch (token.Kind)
        {
            case SqlTokenKind.Text:
                return TryPlain(source[1..^1], out value);
            case SqlTokenKind.NationalText:
                return TryPlain(source[2..^1], out value);
            case SqlTokenKind.EscapedText:
                return TryEscaped(source[2..^1], out value);
            case SqlTokenKind.DollarText:
                var delimiter = source[1..].IndexOf((byte)'$') + 2;
                value = Encoding.UTF8.GetString(source[delimiter..^delimiter]);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether a token is a string constant of any notation.</summary>
    public static bool IsText(SqlTokenKind kind) =>
        kind is SqlTokenKind.Text or SqlTokenKind.EscapedText or SqlTokenKind.UnicodeText or SqlTokenKind.NationalText or SqlTokenKind.DollarText;

    /// <summary>Lower-cases ASCII letters and nothing else, as the server does with UTF-8.</summary>
    public static string FoldAscii(string name) => string.Create(name.Length, name, static (folded, source) =>
    {
        for (var at = 0; at < folded.Length; at++)
        {
            folded[at] = char.IsAsciiLetterUpper(source[at]) ? (char)(source[at] | 0x20) : source[at];
        }
    });

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> name)
    {
        if (name.Length <= SqlLimits.MaxIdentifierBytes)
        {
            return name;
        }

        var length = SqlLimits.MaxIdentifierBytes;
        while (length > 0 && (name[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return name[..length];
    }

    private static int Undouble(ReadOnlySpan<byte> source, byte quote, Span<byte> into)
    {
        var written = 0;
        for (var at = 0; at < source.Length; at++)
        {
            into[written++] = source[at];
            if (source[at] == quote)
            {
                at++;
            }
        }

        return written;
    }

    private static bool TryPlain(ReadOnlySpan<byte> source, out string value)
    {
        value = "";
        for (var at = source.IndexOf((byte)'\''); at >= 0 && at < source.Length; at++)
        {
            if (source[at] == '\'' && (++at == source.Length || source[at] != '\''))
            {
                return false;
            }
        }

        var plain = new byte[source.Length];
        value = Encoding.UTF8.GetString(plain, 0, Undouble(source, (byte)'\'', plain));
        return true;
    }

    private static bool TryEscaped(ReadOnlySpan<byte> source, out string value)
    {
        value = "";
        var plain = new byte[source.Length];
        var written = 0;
        for (var at = 0; at < source.Length; at++)
        {
            var current = source[at];
            if (current is (byte)'\'' or (byte)'\\')
            {
                at++;
                if (at == source.Length || !TryUnescape(current, source[at], out current))
                {
                    return false;
                }
            }

            plain[written++] = current;
        }

        value = Encoding.UTF8.GetString(plain, 0, written);
        return true;
    }

    private static bool TryUnescape(byte mark, byte escaped, out byte value)
    {
        value = mark == '\'' ? escaped : escaped switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            _ => escaped,
        };
        var isNumeric = escaped is (>= (byte)'0' and <= (byte)'7') or (byte)'x' or (byte)'u' or (byte)'U';
        return mark == '\'' ? escaped == '\'' : !isNumeric;
    }
}
