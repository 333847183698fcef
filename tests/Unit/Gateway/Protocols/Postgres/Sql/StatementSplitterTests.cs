using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Sql;

public sealed class StatementSplitterTests
{
    [Theory]
    [InlineData("select 1", "select 1")]
    [InlineData("select 1; select 2 ;", "select 1|select 2")]
    [InlineData("", "")]
    [InlineData(" ;; \n ; -- nothing\n ; /* nothing */", "")]
    [InlineData("/* hint */ select 1 -- tail", "/* hint */ select 1 -- tail")]
    [InlineData("select ';', $$;$$, \";\", E'\\';' /* ; */ -- ;\n; select 2", "select ';', $$;$$, \";\", E'\\';' /* ; */ -- ;|select 2")]
    [InlineData("create rule r as on insert to t do (delete from a; delete from b); select 1", "create rule r as on insert to t do (delete from a; delete from b)|select 1")]
    [InlineData("create function f() returns int begin atomic select case when a then 1 end; select 2; end; select 3", "create function f() returns int begin atomic select case when a then 1 end; select 2; end|select 3")]
    [InlineData("create function f() begin atomic select 1 as end; select t.case; end; select 3", "create function f() begin atomic select 1 as end; select t.case; end|select 3")]
    [InlineData("begin; select 1; end; select 2", "begin|select 1|end|select 2")]
    [InlineData("begin atomic", "begin atomic")]
    [InlineData("select case when true then 1 end; select 2", "select case when true then 1 end|select 2")]
    [InlineData("select 1); select 2", "select 1)|select 2")]
    [InlineData("select (1; select 2", "select (1; select 2")]
    [InlineData("select array[1;2]", "select array[1|2]")]
    public void Statements_end_at_the_semicolons_the_grammar_takes_for_separators(string text, string expected)
    {
        Assert.Equal(SplitFault.None, Split(text, out var pieces));
        Assert.Equal(expected, string.Join('|', pieces));
    }

    [Theory]
    [InlineData("select 1; select 'open")]
    [InlineData("select 1; /* open")]
    [InlineData("select $x$ open; select 2")]
    [InlineData("select \"open; select 2")]
    public void A_text_with_an_open_quote_gives_no_statement_at_all(string text)
    {
        Assert.Equal(SplitFault.Unterminated, Split(text, out var pieces));
        Assert.Empty(pieces);
    }

    [Fact]
    public void A_text_may_hold_only_so_many_statements()
    {
        var most = string.Concat(Enumerable.Repeat("select 1;", SqlLimits.MaxStatements));
        Assert.Equal(SplitFault.None, Split(most, out var pieces));
        Assert.Equal(SqlLimits.MaxStatements, pieces.Count);
        Assert.Equal(SplitFault.TooManyStatements, Split(most + "select 1", out pieces));
        Assert.Empty(pieces);
    }

    [Fact]
    public void Pieces_are_in_order_and_only_semicolons_comments_and_white_space_lie_between_them() =>
        Prop.ForAll(SqlLexerTests.RandomTexts(), LeavesOutNothing).QuickCheckThrowOnFailure();

    private static bool LeavesOutNothing(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var ranges = new List<TextRange>();
        if (StatementSplitter.Split(bytes, ranges) != SplitFault.None)
        {
            return ranges.Count == 0;
        }

        var end = 0;
        foreach (var range in ranges.Append(new TextRange(bytes.Length, 0)))
        {
            if (range.Start < end || !HoldsNoStatement(bytes.AsSpan(end, range.Start - end)))
            {
                return false;
            }

            end = range.End;
        }

        return true;
    }

    private static bool HoldsNoStatement(ReadOnlySpan<byte> gap)
    {
        var lexer = new SqlLexer(gap);
        var token = lexer.NextSignificant();
        while (token.Kind == SqlTokenKind.Symbol && gap[token.Start] == ';')
        {
            token = lexer.NextSignificant();
        }

        return token.Kind == SqlTokenKind.End;
    }

    private static SplitFault Split(string text, out List<string> pieces)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var ranges = new List<TextRange>();
        var fault = StatementSplitter.Split(bytes, ranges);
        pieces = ranges.ConvertAll(range => Encoding.UTF8.GetString(range.Of(bytes)));
        return fault;
    }
}
