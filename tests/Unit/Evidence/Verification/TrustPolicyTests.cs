using System.Text;
using Sallyport.Evidence.Verification;

namespace Sallyport.Unit.Evidence.Verification;

public sealed class TrustPolicyTests
{
    private const string Log = "logandmap+38581672+Ab/PCr1eCclRPRMBqw/r5An1xO71MCnImLiospEq6b4l";
    private const string One = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
    private const string Two = "witness1.smartit.nu/witness1+a48c820f+BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO";

    [Fact]
    public void Comments_blank_lines_tabs_and_bytes_beyond_ASCII_are_allowed()
    {
        var policy = Parse($"# Ωμ\n\n \t log\t{Log}  https://log.example/ \n witness  ώ {One} http://w.example/x \nquorum ώ");
        Assert.Equal("http://w.example/x", Assert.Single(policy.Witnesses).Url!.AbsoluteUri);
        Assert.True(policy.NeedsWitnesses);
        Assert.False(policy.IsQuorum(new HashSet<string>()));
        Assert.True(policy.IsQuorum(new HashSet<string> { policy.Witnesses[0].Name }));
    }

    [Theory]
    [InlineData("log LOG", "no quorum line")]
    [InlineData("quorum w1", "nothing that is defined above")]
    [InlineData("quorum none\nquorum none", "Line 2")]
    [InlineData("quorum later\nwitness later ONE", "Line 1")]
    [InlineData("witness none ONE\nquorum none", "the name is taken")]
    [InlineData("witness a ONE\nwitness a TWO\nquorum a", "the name is taken")]
    [InlineData("witness a ONE\nwitness b ONE\nquorum a", "there twice")]
    [InlineData("log LOG\nlog LOG\nquorum none", "there twice")]
    [InlineData("log ONE\nquorum none", "not a cosignature key")]
    [InlineData("witness a LOG\nquorum a", "is a cosignature key")]
    [InlineData("witness a ONE\ngroup g 2 a\nquorum g", "threshold")]
    [InlineData("witness a ONE\ngroup g 0 a\nquorum g", "threshold")]
    [InlineData("witness a ONE\ngroup g -1 a\nquorum g", "threshold")]
    [InlineData("witness a ONE\ngroup g any\nquorum g", "no log, witness")]
    [InlineData("witness a ONE\ngroup g any a a\nquorum g", "member once")]
    [InlineData("witness a ONE\ngroup g any a\ngroup h any a\nquorum g", "member once")]
    [InlineData("witness a ONE\ngroup g any b\nquorum g", "defined above")]
    [InlineData("witness a ONE ftp://x/\nquorum a", "no http or https")]
    [InlineData("witness a ONE\r\nquorum a", "control character")]
    [InlineData("witness a ONE http://x/ # me\nquorum a", "no log, witness")]
    public void What_the_specification_forbids_is_refused_with_its_line(string text, string expected)
    {
        var whole = text.Replace("ONE", One, StringComparison.Ordinal).Replace("TWO", Two, StringComparison.Ordinal).Replace("LOG", Log, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.Throws<FormatException>(() => Parse(whole)).Message, StringComparison.Ordinal);
    }

    private static TrustPolicy Parse(string text) => TrustPolicy.Parse(Encoding.UTF8.GetBytes(text));
}
