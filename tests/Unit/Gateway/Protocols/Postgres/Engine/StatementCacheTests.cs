using System.Text;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class StatementCacheTests
{
    [Fact]
    public void A_text_is_worth_keeping_at_its_second_sight()
    {
        var cache = new StatementCache(new TargetCatalog([], []), static () => UnmaskedColumns.None);
        Assert.False(cache.SeenBefore(1));
        Assert.True(cache.SeenBefore(1));
    }

    [Fact]
    public void Only_so_many_texts_are_remembered_as_seen()
    {
        var cache = new StatementCache(new TargetCatalog([], []), static () => UnmaskedColumns.None);
        for (var key = 0; key < 600; key++)
        {
            cache.SeenBefore((UInt128)key);
        }

        Assert.False(cache.SeenBefore(0));
        Assert.True(cache.SeenBefore(599));
    }

    [Fact]
    public void Texts_with_other_parameter_types_have_other_keys()
    {
        var text = "SELECT $1"u8;
        Assert.NotEqual(StatementCache.KeyOf(text, [0, 1, 0, 0, 0, 23]), StatementCache.KeyOf(text, [0, 1, 0, 0, 0, 25]));
        Assert.NotEqual(StatementCache.KeyOf(text, default), StatementCache.KeyOf("SELECT $2"u8, default));
    }

    [Fact]
    public void Names_at_the_server_are_never_used_twice()
    {
        var cache = new StatementCache(new TargetCatalog([], []), static () => UnmaskedColumns.None);
        var names = Enumerable.Range(0, 100).Select(_ => Encoding.ASCII.GetString(cache.NewName())).ToList();
        Assert.Equal(100, names.Distinct().Count());
        Assert.All(names, name => Assert.True(SqlNames.IsReserved(name)));
    }
}
