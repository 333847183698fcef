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

    [Theory]
    [InlineData("id\u00a0x\u2003y\u3000z", "id\\u{a0}x\\u{2003}y\\u{3000}z")]
    [InlineData("id\u3164\u115f\u2800\ufe0f\u034f", "id\\u{3164}\\u{115f}\\u{2800}\\u{fe0f}\\u{34f}")]
    [InlineData("id\U000e0100", "id\\u{e0100}")]
    [InlineData("a\u20dd", "a\\u{20dd}")]
    [InlineData("a\u0301\u0302\u0303", "a\u0301\u0302\\u{303}")]
    [InlineData("\u0301a", "\\u{301}a")]
    public void What_nobody_can_see_is_shown(string text, string safe) => Assert.Equal(safe, SafeText.Line(text));

    [Theory]
    [InlineData("UPDATE t SET a = 1 --\u2028 WHERE id = 5", "UPDATE t SET a = 1 --\\u{2028} WHERE id = 5")]
    [InlineData("UPDATE t SET a = 1 --\f WHERE id = 5", "UPDATE t SET a = 1 --\\u{c} WHERE id = 5")]
    [InlineData("UPDATE t SET a = 1 --\u0085 WHERE id = 5", "UPDATE t SET a = 1 --\\u{85} WHERE id = 5")]
    [InlineData("SELECT 1 -- harmless\r; DELETE FROM t", "SELECT 1 -- harmless\\u{d}\n; DELETE FROM t")]
    public void A_comment_ends_on_the_screen_where_it_ends_for_postgresql(string text, string safe) => Assert.Equal(safe, SafeText.Block(text));

    [Fact]
    public void A_block_keeps_its_lines_and_nothing_else() => Assert.Equal("a\nb\n\\u{1b}c", SafeText.Block("a\r\nb\n\u001bc"));

    [Fact]
    public void A_lone_surrogate_does_not_throw() => Assert.EndsWith("\\u{7}", SafeText.Line("a\ud800\u0007"));
}
