using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

public sealed class NodeReaderTests
{
    private static readonly ShapeTable Shapes = ShapeTable.For(15)!;

    [Fact]
    public void Values_of_every_form_are_read()
    {
        using var tree = Read("(<> 12 -3 true \"a\\ b\" (o 1 2) {RANGETBLREF :rtindex 7})");
        var items = tree.Items(0);
        Assert.Equal(7, items.Count());
        Assert.True(tree.IsNull(items.At(0)));
        Assert.Equal(-3, tree.Number(items.At(2)));
        Assert.Equal("\"a\\ b\"", Encoding.UTF8.GetString(tree.Atom(items.At(4))));
        Assert.Equal([1U, 2U], tree.Oids(items.At(5)));
        Assert.Equal(7, tree.Integer(items.At(6), Field.Rtindex));
    }

    [Fact]
    public void Bytes_of_a_constant_are_kept_as_text_and_not_as_elements()
    {
        using var tree = Read("{CONST :consttype 25 :consttypmod -1 :constcollid 100 :constlen -1 :constbyval false :constisnull false :location 7 :constvalue 5 [ 20 0 0 0 -61 ]}");
        Assert.Equal(ElementType.Bytes, tree[tree.Value(0, Field.Constvalue)].Type);
    }

    [Theory]
    [InlineData("{NOSUCHNODE :a 1}")]
    [InlineData("{RANGETBLREF :index 7}")]
    [InlineData("{RANGETBLREF}")]
    [InlineData("{RANGETBLREF :rtindex 7 :more 1}")]
    [InlineData("{RANGETBLREF :rtindex 7} 1")]
    [InlineData("{RANGETBLREF :rtindex 7")]
    [InlineData("(1 2")]
    [InlineData("(1 2))")]
    [InlineData(")")]
    [InlineData("")]
    [InlineData("{CONST :consttype 25 :consttypmod -1 :constcollid 100 :constlen -1 :constbyval false :constisnull false :location 7 :constvalue 5 [ 20 x ]}")]
    [InlineData("{RANGETBLENTRY :alias <> :eref <> :rtekind 7 :x 1}")]
    [InlineData("{RANGETBLENTRY :alias <> :eref <> :rtekind 99 :x 1}")]
    public void Anything_else_is_unreadable(string text) => Assert.Throws<TreeFormatException>(() => Read(text));

    [Fact]
    public void Nesting_beyond_the_limit_is_unreadable_and_does_not_exhaust_the_stack() =>
        Assert.Throws<TreeFormatException>(() => Read(new string('(', 1_000_000)));

    [Fact]
    public void Nesting_up_to_the_limit_is_read()
    {
        using var tree = Read(new string('(', NodeReader.MaxDepth) + new string(')', NodeReader.MaxDepth));
        Assert.Equal(NodeReader.MaxDepth, tree.Count);
    }

    [Fact]
    public void Folded_text_is_unfolded_wherever_the_server_broke_it()
    {
        foreach (var major in GoldenTarget.Majors)
        {
            var target = new GoldenTarget(major);
            foreach (var statement in target.Statements)
            {
                var dump = target.Dump(statement).AsSpan().TrimEnd((byte)'\n');
                var plain = Unfold(dump);
                Assert.Equal(Encoding.UTF8.GetString(dump), Encoding.UTF8.GetString(Fold(plain)));
            }
        }
    }

    [Fact]
    public void A_token_longer_than_a_line_is_joined_again()
    {
        var token = new string('x', 200);
        Assert.Equal($"(a {token} b)", Encoding.UTF8.GetString(Unfold(Fold(Encoding.UTF8.GetBytes($"(a {token} b)")))));
    }

    [Fact]
    public void The_same_tree_is_read_whatever_the_folding()
    {
        var target = new GoldenTarget(18);
        var dump = Unfold(target.Dump("star"));
        Assert.Equal(
            ((Sallyport.Gateway.Protocols.Postgres.Analysis.AnalysisOutcome.Understood)target.Analyze("star")).Analysis.Outputs,
            ((Sallyport.Gateway.Protocols.Postgres.Analysis.AnalysisOutcome.Understood)target.Analyze(dump)).Analysis.Outputs);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(19)]
    public void Other_majors_are_not_known(int major) => Assert.Null(ShapeTable.For(major));

    private static NodeTree Read(string text) => NodeReader.Read(Encoding.UTF8.GetBytes(text), Shapes);

    private static byte[] Unfold(ReadOnlySpan<byte> dump)
    {
        var plain = new byte[dump.Length];
        return plain[..DumpText.Unfold(dump, plain)];
    }

    /// <summary>The server's format_node_dump (print.c), as it is.</summary>
    private static byte[] Fold(ReadOnlySpan<byte> dump)
    {
        const int LineLength = 78;
        var result = new List<byte>();
        var i = 0;
        while (true)
        {
            var count = Math.Min(LineLength, dump.Length - i);
            var line = dump.Slice(i, count);
            i += count;
            if (i == dump.Length)
            {
                result.AddRange(line);
                return [.. result];
            }

            if (dump[i] == (byte)' ')
            {
                i++;
            }
            else if (line[1..].LastIndexOf((byte)' ') is var space and >= 0)
            {
                i -= count - (space + 1) - 1;
                line = line[..(space + 1)];
            }

            result.AddRange(line);
            result.Add((byte)'\n');
        }
    }
}
