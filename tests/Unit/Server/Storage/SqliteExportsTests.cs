using Sallyport.Server.Storage;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Storage;

public sealed class SqliteExportsTests
{
    [Fact]
    public async Task The_place_of_an_export_is_kept_for_each_ledger_of_its_own()
    {
        using var folder = new TemporaryFolder();
        var stop = TestContext.Current.CancellationToken;
        await using (var database = await SqliteDatabase.OpenAsync(folder.File("gateway.db")))
        {
            var store = new SqliteExports(database);
            Assert.Null(await store.FindAsync("siem", "one.example", stop));
            await store.SaveAsync("siem", "one.example", 0, stop);
            await store.SaveAsync("siem", "one.example", 5_000_000_000, stop);
        }
        await using var again = await SqliteDatabase.OpenAsync(folder.File("gateway.db"));
        Assert.Equal(5_000_000_000, await new SqliteExports(again).FindAsync("siem", "one.example", stop));
        Assert.Null(await new SqliteExports(again).FindAsync("siem", "two.example", stop));
    }
}
