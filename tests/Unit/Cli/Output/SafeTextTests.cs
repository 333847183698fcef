using Sallyport.Cli.Output;

namespace Sallyport.Unit.Cli.Output;

public sealed class SafeTextTests
{
    [Theory]
    [InlineData("SELECT 'Zoë', 'Łukasz', '日本', '😀'", "SELECT 'Zoë', 'Łukasz', '日本', '😀'")]
    [InlineData("a\u001b[2Jb", "a\\u{1b}[2Jb")]
    [InlineData("a\rb\nc\td", "a\\u{d}b\\u{a}c\\u{9}d")]
    [InlineData("a\u202eb\u200bc\u2028d", "a\\u{202e}b\\u{200b}c\\u{2028}d")]
    [InlineData("a\u0085b\u007fc", "a\\u{85}b\\u{7f}c")]
    [InlineData("a\ufeffb", "a\\u{feff}b")]
    public void A_line_cannot_steer_a_terminal(string text, string safe) => Assert.Equal(safe, SafeText.Line(text));

    [Fact]
    public void A_block_keeps_its_lines_and_nothing_else() => Assert.Equal("a\nb\n\\u{1b}c", SafeText.Block("a\r\nb\n\u001bc"));

    [Fact]
    public void A_lone_surrogate_does_not_throw() => Assert.EndsWith("\\u{7}", SafeText.Line("a\ud800\u0007"));
}
