using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Sql;

public sealed class PlanTextTests
{
    [Theory]
    [InlineData("UPDATE t SET a = 1 WHERE id = 7", "update  t SET a = 22 -- x\nWHERE id = 8.5")]
    [InlineData("SELECT a FROM t WHERE b = 'x'", "SELECT a FROM t WHERE b = E'y\\n'")]
    [InlineData("SELECT $1", "SELECT /* y */ $1")]
    public void Constants_comments_and_case_of_words_make_no_other_plan(string one, string other) => Assert.Equal(Hash(one), Hash(other));

    [Theory]
    [InlineData("DELETE FROM t a USING u b WHERE a.id = b.id", "DELETE FROM t a USING u b WHERE a.id = a.id")]
    [InlineData("SELECT a FROM t", "SELECT \"A\" FROM t")]
    [InlineData("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = '1'")]
    [InlineData("SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b >= 1")]
    [InlineData("SELECT a FROM t WHERE b IN (1, 2)", "SELECT a FROM t WHERE b IN (1, 2, 3)")]
    [InlineData("SELECT $1, $2", "SELECT $2, $1")]
    [InlineData("SELECT ab", "SELECT a b")]
    public void Any_other_difference_makes_another_plan(string one, string other) => Assert.NotEqual(Hash(one), Hash(other));

    [Theory]
    [InlineData("SELECT 'open")]
    [InlineData("SELECT 0x1F")]
    [InlineData("SELECT \u0001")]
    public void A_text_that_is_not_clear_has_none(string text) => Assert.Empty(Hash(text));

    private static byte[] Hash(string text) => PlanText.Hash(Encoding.UTF8.GetBytes(text));
}
