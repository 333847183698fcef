using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Sql;

public sealed class SqlLexerTests
{
    private static readonly SearchValues<byte> Spaces = SearchValues.Create(" \t\n\r\f\v"u8);

    /// <summary>Pieces that random texts are made of: every opening, closing and awkward thing the scanner knows.</summary>
    private static readonly string[] Pieces =
    [
        "'", "''", "\"", "\"\"", "E'", "e'", "\\", "\\'", "U&'", "u&\"", "B'", "x'", "N'", "$$", "$a$", "$b$", "$1", "$", "/*", "*/", "--", "\n", "\r", " ",
        "\t", ";", "(", ")", "select", "begin", "atomic", "case", "end", "as", "é", "1", "1e5", "0x1F", "1_0", ".", "..", "::", ":=", "+", "-", "=-", "<>",
        "@", "?", "\0", "\v", "a", "_x9", ",", "[", "]", "%", "\u007f",
    ];

    [Theory]
    [InlineData("select 1", "Word:select Number:1")]
    [InlineData("'it''s'", "Text:'it''s'")]
    [InlineData(@"E'a\'b' x", @"EscapedText:E'a\'b' Word:x")]
    [InlineData(@"'a\' x", @"Text:'a\' Word:x")]
    [InlineData("E'a'\n  '\\'b' x", "EscapedText:E'a'\n  '\\'b' Word:x")]
    [InlineData("'a' 'b'", "Text:'a' Text:'b'")]
    [InlineData("'a'\n'b'", "Text:'a'\n'b'")]
    [InlineData("'a' -- c'\n -- d'\n 'b'x", "Text:'a' -- c'\n -- d'\n 'b' Word:x")]
    [InlineData("U&'\\0061' U&\"x\"\"y\"", "UnicodeText:U&'\\0061' UnicodeName:U&\"x\"\"y\"")]
    [InlineData("u & 'x'", "Word:u Operator:& Text:'x'")]
    [InlineData("B'01' X'1f' n'x'", "Bits:B'01' Hex:X'1f' NationalText:n'x'")]
    [InlineData("xe'a'", "Word:xe Text:'a'")]
    [InlineData("$$ ' $$", "DollarText:$$ ' $$")]
    [InlineData("$a$ $b$ $$ $a$b", "DollarText:$a$ $b$ $$ $a$ Word:b")]
    [InlineData("$aa$ $a$aa$", "DollarText:$aa$ $a$aa$")]
    [InlineData("a$b$c", "Word:a$b$c")]
    [InlineData("$1$2", "Parameter:$1 Parameter:$2")]
    [InlineData("$1a", "Parameter:$1 Word:a")]
    [InlineData("$é$ x $é$", "DollarText:$é$ x $é$")]
    [InlineData("$ a", "Stray:$ Word:a")]
    [InlineData("/* a /* b */ c */ d", "Comment:/* a /* b */ c */ Word:d")]
    [InlineData("/*/ */ a", "Comment:/*/ */ Word:a")]
    [InlineData("/***/a", "Comment:/***/ Word:a")]
    [InlineData("-- a\rb", "Comment:-- a Word:b")]
    [InlineData("+-- c", "Operator:+ Comment:-- c")]
    [InlineData("-/* c */1", "Operator:- Comment:/* c */ Number:1")]
    [InlineData("=-1", "Operator:= Operator:- Number:1")]
    [InlineData("@-1", "Operator:@- Number:1")]
    [InlineData("a->>'b'", "Word:a Operator:->> Text:'b'")]
    [InlineData("1.5e-10", "Number:1.5e-10")]
    [InlineData(".5", "Number:.5")]
    [InlineData("1..10", "Number:1 Symbol:.. Number:10")]
    [InlineData("1e", "OddNumber:1e")]
    [InlineData("0x1F 1_000 123abc", "OddNumber:0x1F OddNumber:1_000 OddNumber:123abc")]
    [InlineData("a::int:=b", "Word:a Symbol::: Word:int Symbol::= Word:b")]
    [InlineData("\"a\"\"b\".c", "QuotedName:\"a\"\"b\" Symbol:. Word:c")]
    [InlineData("été_1$", "Word:été_1$")]
    [InlineData("'open", "Unterminated:'open")]
    [InlineData("E'open\\", "Unterminated:E'open\\")]
    [InlineData("\"open", "Unterminated:\"open")]
    [InlineData("$x$ open $x", "Unterminated:$x$ open $x")]
    [InlineData("/* /* */ open", "Unterminated:/* /* */ open")]
    public void Tokens_are_those_of_the_server(string text, string expected) => Assert.Equal(expected, Tokens(text));

    [Fact]
    public void Any_text_ends_and_its_tokens_follow_each_other_over_nothing_but_white_space()
    {
        Prop.ForAll(RandomTexts(), text => HasOrderedTokens(Encoding.UTF8.GetBytes(text))).QuickCheckThrowOnFailure();
        Prop.ForAll<byte[]>(HasOrderedTokens).QuickCheckThrowOnFailure();
    }

    internal static Arbitrary<string> RandomTexts() =>
        Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary();

    private static bool HasOrderedTokens(byte[] text)
    {
        var lexer = new SqlLexer(text);
        var end = 0;
        for (var token = lexer.Next(); token.Kind != SqlTokenKind.End; token = lexer.Next())
        {
            var gap = text.AsSpan(end, token.Start - end);
            if (token.Length <= 0 || gap.ContainsAnyExcept(Spaces))
            {
                return false;
            }

            end = token.End;
        }

        return !text.AsSpan(end).ContainsAnyExcept(Spaces);
    }

    private static string Tokens(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var lexer = new SqlLexer(bytes);
        var tokens = new List<string>();
        for (var token = lexer.Next(); token.Kind != SqlTokenKind.End; token = lexer.Next())
        {
            tokens.Add($"{token.Kind}:{Encoding.UTF8.GetString(token.Of(bytes))}");
        }

        return string.Join(' ', tokens);
    }
}
