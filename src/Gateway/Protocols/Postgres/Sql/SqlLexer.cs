using System.Buffers;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>
/// Cuts SQL text into tokens as PostgreSQL's scanner does (src/backend/parser/scan.l) under the settings the gateway pins:
/// <c>standard_conforming_strings=on</c>, <c>backslash_quote=safe_encoding</c>, <c>client_encoding=UTF8</c>. Never throws.
/// </summary>
internal ref struct SqlLexer(ReadOnlySpan<byte> text)
{
    /// <summary>Characters that make an operator of PostgreSQL's own, which may end in + or -.</summary>
    private static readonly SearchValues<byte> OwnOperatorParts = SearchValues.Create("~!@#^&|`?%"u8);

    private readonly ReadOnlySpan<byte> _text = text;

    private int _position;

    /// <summary>Where the next token is looked for.</summary>
    public readonly int Position => _position;

    /// <summary>Reads the next token, comments included.</summary>
    public SqlToken Next()
    {
        while (_position < _text.Length && IsSpace(_text[_position]))
        {
            _position++;
        }

        var start = _position;
        if (start >= _text.Length)
        {
            return new SqlToken(SqlTokenKind.End, _text.Length, 0);
        }

        var kind = Scan(_text[start]);
        return new SqlToken(kind, start, _position - start);
    }

    /// <summary>Reads the next token that is not a comment.</summary>
    public SqlToken NextSignificant()
    {
        var token = Next();
        while (token.Kind == SqlTokenKind.Comment)
        {
            token = Next();
        }

        return token;
    }

    internal static bool IsNameStart(byte value) => value >= 0x80 || value == '_' || char.IsAsciiLetter((char)value);

    internal static bool IsNamePart(byte value) => IsNameStart(value) || value == '$' || char.IsAsciiDigit((char)value);

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'\f' or (byte)'\v';

    private static bool IsOperatorPart(byte value) => "~!@#^&|`?+-*/%<>="u8.Contains(value);

    private SqlTokenKind Scan(byte first) => first switch
    {
        (byte)'\'' => Quoted(1, SqlTokenKind.Text, escapes: false),
        (byte)'"' => QuotedName(1, SqlTokenKind.QuotedName),
        (byte)'$' => Dollar(),
        (byte)'-' when At(1) == '-' => LineComment(),
        (byte)'/' when At(1) == '*' => BlockComment(),
        (byte)'.' when char.IsAsciiDigit((char)At(1)) => Number(),
        _ when char.IsAsciiDigit((char)first) => Number(),
        _ when IsNameStart(first) => Prefixed(first),
        _ when ",()[].;:"u8.Contains(first) => Symbol(first),
        _ when IsOperatorPart(first) => Operator(),
        _ => Take(1, SqlTokenKind.Stray),
    };

    private readonly byte At(int ahead) => _position + ahead < _text.Length ? _text[_position + ahead] : (byte)0;

    private SqlTokenKind Take(int length, SqlTokenKind kind)
    {
        _position += length;
        return kind;
    }

    /// <summary>A word, unless it is the prefix letter of a literal that follows without a space.</summary>
    private SqlTokenKind Prefixed(byte first)
    {
        var letter = (byte)(first | 0x20);
        if (first < 0x80 && At(1) == '\'')
        {
            switch (letter)
            {
                case (byte)'e':
                    return Quoted(2, SqlTokenKind.EscapedText, escapes: true);
                case (byte)'b':
                    return Quoted(2, SqlTokenKind.Bits, escapes: false);
                case (byte)'x':
                    return Quoted(2, SqlTokenKind.Hex, escapes: false);
                case (byte)'n':
                    return Quoted(2, SqlTokenKind.NationalText, escapes: false);
            }
        }

        if (letter == 'u' && At(1) == '&' && At(2) is (byte)'\'' or (byte)'"')
        {
            return At(2) == '\'' ? Quoted(3, SqlTokenKind.UnicodeText, escapes: false) : QuotedName(3, SqlTokenKind.UnicodeName);
        }

        while (_position < _text.Length && IsNamePart(_text[_position]))
        {
            _position++;
        }

        return SqlTokenKind.Word;
    }

    private SqlTokenKind Quoted(int opening, SqlTokenKind kind, bool escapes)
    {
        _position += opening;
        while (_position < _text.Length)
        {
            var value = _text[_position];
            if (value == '\\' && escapes)
            {
                _position = Math.Min(_position + 2, _text.Length);
            }
            else if (value != '\'')
            {
                _position++;
            }
            else if (At(1) == '\'')
            {
                _position += 2;
            }
            else
            {
                _position++;
                if (!TryContinue())
                {
                    return kind;
                }
            }
        }

        return SqlTokenKind.Unterminated;
    }

    /// <summary>A literal goes on behind white space that holds a line break, in the same quoting style (scan.l: quotecontinue).</summary>
    private bool TryContinue()
    {
        var at = _position;
        var brokeLine = false;
        while (at < _text.Length)
        {
            var value = _text[at];
            if (value is (byte)'\n' or (byte)'\r')
            {
                brokeLine = true;
                at++;
            }
            else if (value is (byte)' ' or (byte)'\t' or (byte)'\f' or (byte)'\v')
            {
                at++;
            }
            else if (value == '-' && at + 1 < _text.Length && _text[at + 1] == '-')
            {
                var end = _text[at..].IndexOfAny((byte)'\n', (byte)'\r');
                if (end < 0)
                {
                    return false;
                }

                at += end;
            }
            else
            {
                break;
            }
        }

        if (!brokeLine || at >= _text.Length || _text[at] != '\'')
        {
            return false;
        }

        _position = at + 1;
        return true;
    }

    private SqlTokenKind QuotedName(int opening, SqlTokenKind kind)
    {
        _position += opening;
        while (_position < _text.Length)
        {
            if (_text[_position] != '"')
            {
                _position++;
            }
            else if (At(1) == '"')
            {
                _position += 2;
            }
            else
            {
                return Take(1, kind);
            }
        }

        return SqlTokenKind.Unterminated;
    }

    private SqlTokenKind Dollar()
    {
        if (char.IsAsciiDigit((char)At(1)))
        {
            _position++;
            while (char.IsAsciiDigit((char)At(0)))
            {
                _position++;
            }

            return SqlTokenKind.Parameter;
        }

        var end = _position + 1;
        while (end < _text.Length && _text[end] != '$' && IsNamePart(_text[end]))
        {
            end++;
        }

        if (end >= _text.Length || _text[end] != '$')
        {
            return Take(1, SqlTokenKind.Stray);
        }

        var delimiter = _text[_position..(end + 1)];
        var body = end + 1;
        var closing = _text[body..].IndexOf(delimiter);
        _position = closing < 0 ? _text.Length : body + closing + delimiter.Length;
        return closing < 0 ? SqlTokenKind.Unterminated : SqlTokenKind.DollarText;
    }

    private SqlTokenKind LineComment()
    {
        var length = _text[_position..].IndexOfAny((byte)'\n', (byte)'\r');
        _position = length < 0 ? _text.Length : _position + length;
        return SqlTokenKind.Comment;
    }

    private SqlTokenKind BlockComment()
    {
        var depth = 0;
        while (_position < _text.Length)
        {
            if (_text[_position] == '/' && At(1) == '*')
            {
                depth++;
                _position += 2;
            }
            else if (_text[_position] == '*' && At(1) == '/')
            {
                depth--;
                _position += 2;
                if (depth == 0)
                {
                    return SqlTokenKind.Comment;
                }
            }
            else
            {
                _position++;
            }
        }

        return SqlTokenKind.Unterminated;
    }

    private SqlTokenKind Number()
    {
        TakeDigits();
        // "1..10" is a number and two dots, never "1." and ".10".
        if (At(0) == '.' && At(1) != '.')
        {
            _position++;
            TakeDigits();
        }

        if ((At(0) | 0x20) == 'e' && ExponentDigits() is var ahead and > 0)
        {
            _position += ahead;
            TakeDigits();
        }

        if (_position >= _text.Length || !IsNameStart(_text[_position]))
        {
            return SqlTokenKind.Number;
        }

        // Everything glued to the number belongs to it, so that no digit of it can ever pass for a name.
        while (_position < _text.Length && IsNamePart(_text[_position]))
        {
            _position++;
        }

        return SqlTokenKind.OddNumber;
    }

    /// <summary>How far the digits of an exponent are, or 0 when there are none.</summary>
    private readonly int ExponentDigits()
    {
        var sign = At(1) is (byte)'+' or (byte)'-' ? 1 : 0;
        return char.IsAsciiDigit((char)At(1 + sign)) ? 1 + sign : 0;
    }

    private void TakeDigits()
    {
        while (char.IsAsciiDigit((char)At(0)))
        {
            _position++;
        }
    }

    private SqlTokenKind Symbol(byte first)
    {
        var isPair = (first == ':' && At(1) is (byte)':' or (byte)'=') || (first == '.' && At(1) == '.');
        return Take(isPair ? 2 : 1, SqlTokenKind.Symbol);
    }

    private SqlTokenKind Operator()
    {
        var end = _position;
        while (end < _text.Length && IsOperatorPart(_text[end]) && !StartsComment(end))
        {
            end++;
        }

        var run = _text[_position..end];
        // scan.l: a run of plain SQL operator characters does not end in + or -, which are signs of what follows.
        if (!run.ContainsAny(OwnOperatorParts))
        {
            while (run.Length > 1 && run[^1] is (byte)'+' or (byte)'-')
            {
                run = run[..^1];
            }
        }

        return Take(run.Length, SqlTokenKind.Operator);
    }

    private readonly bool StartsComment(int at) =>
        at + 1 < _text.Length
        && ((_text[at] == '-' && _text[at + 1] == '-') || (_text[at] == '/' && _text[at + 1] == '*'));
}
