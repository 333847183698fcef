using Sallyport.Server.Mcp.Tools;

namespace Sallyport.Unit.Server.Mcp;

public sealed class TextTableTests
{
    [Fact]
    public void A_cell_cannot_pass_for_another_cell_row_or_null()
    {
        var text = TextTable.Of(["a", "b"], [["x | y", null], ["1\n(0 rows)", "back\\slash"], ["\u001b[31m", "\u2028"]]);
        Assert.Equal("a | b\nx \\| y | NULL\n1\\n(0 rows) | back\\\\slash\n [31m |  ", text);
    }
}
