using Sallyport.Gateway.Budgets.Usage;
using Sallyport.Server.Storage;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Storage;

public sealed class SqliteUsageTests
{
    [Fact]
    public async Task Counters_come_back_as_they_were_written_last_and_old_ones_are_forgotten()
    {
        using var folder = new TemporaryFolder();
        var time = new ManualTime();
        var old = new StoredUsage(
            new UsageKey("loop", "p_1"), new UsageOwner("p_1", "agent-1", "issuer", "dana", ""), time.GetUtcNow(), new UsageTotals(1, 2, 3, 4, 5, 6), time.GetUtcNow());
        var now = time.GetUtcNow() + UsageBudgets.KeptFor + TimeSpan.FromMinutes(1);
        var kept = old with { Key = new UsageKey("loop", "run:ab"), UpdatedAt = now };
        await using (var database = await SqliteDatabase.OpenAsync(folder.File("gateway.db")))
        {
            var store = new SqliteUsage(database, time);
            await store.WriteAsync([old, kept]);
            await store.WriteAsync([kept with { Totals = new UsageTotals(10, 20, 30, 40, 50, 60) }]);
            Assert.Equal(2, (await store.LoadAsync()).Count);
        }

        time.Advance(now - time.GetUtcNow());
        await using var again = await SqliteDatabase.OpenAsync(folder.File("gateway.db"));
        Assert.Equal(kept with { Totals = new UsageTotals(10, 20, 30, 40, 50, 60) }, Assert.Single(await new SqliteUsage(again, time).LoadAsync()));
    }

    [Fact]
    public async Task A_database_that_is_gone_is_said_so()
    {
        using var folder = new TemporaryFolder();
        var database = await SqliteDatabase.OpenAsync(folder.File("gateway.db"));
        await database.RunAsync(
            static connection =>
            {
                using var drop = connection.CreateCommand();
                drop.CommandText = "DROP TABLE usage";
                return drop.ExecuteNonQuery();
            },
            TestContext.Current.CancellationToken);
        var counter = new StoredUsage(new UsageKey("a", "b"), new UsageOwner("", "", "", "", ""), default, default, default);
        await Assert.ThrowsAsync<UsageStoreException>(() => new SqliteUsage(database, TimeProvider.System).WriteAsync([counter]));
        await database.DisposeAsync();
    }
}
