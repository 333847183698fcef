using Microsoft.Extensions.Logging.Abstractions;
using Sallyport.Gateway.Exports;
using Sallyport.Gateway.Sessions;
using Sallyport.Server.Hosting;
using Sallyport.Unit.Gateway.Exports;

namespace Sallyport.Unit.Server.Hosting;

public sealed class ExportWatchTests
{
    [Fact]
    public async Task An_export_that_is_behind_is_recorded_once_and_once_when_it_is_back()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        using var metrics = new GatewayMetrics();
        var isDown = true;
        fixture.OnBatch = (_, _) => Volatile.Read(ref isDown) ? throw new ExportFailedException("unreachable") : Task.CompletedTask;
        await using var desk = new ExportDesk(_ => fixture, fixture.Ledger, fixture, metrics, fixture.Time);
        await desk.ConfigureAsync([ExportFixture.Configuration]);
        using var watch = new ExportWatch(desk, fixture.Recorder, fixture.Time, NullLogger<ExportWatch>.Instance);
        await watch.LookAsync();
        Assert.Empty(Gaps(fixture));
        await UntilAsync(fixture, () => desk.Exporters[0].State.IsBehind);
        await watch.LookAsync();
        await watch.LookAsync();
        Volatile.Write(ref isDown, false);
        await UntilAsync(fixture, () => desk.Exporters[0].State is { Failing: 0, IsBehind: false });
        await watch.LookAsync();
        await watch.LookAsync();
        Assert.Equal([("open", "unreachable"), ("closed", "")], Gaps(fixture));
    }

    [Fact]
    public async Task A_new_export_that_begins_now_gets_nothing_older_even_if_its_receiver_is_down_at_first()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        using var metrics = new GatewayMetrics();
        var start = fixture.Ledger.DurableRecords;
        fixture.OnBatch = static (_, _) => throw new ExportFailedException("unreachable");
        var configuration = ExportFixture.Configuration with { FromNow = true };
        await using (var desk = new ExportDesk(_ => fixture, fixture.Ledger, fixture, metrics, fixture.Time))
        {
            await desk.ConfigureAsync([configuration]);
            await UntilAsync(fixture, () => fixture.Place is not null);
            await fixture.Recorder.ExportGapAsync("other", isOpen: true, 0, TimeSpan.Zero, "");
            await UntilAsync(fixture, () => desk.Exporters[0].State.Failing > 0);
            fixture.OnBatch = static (_, _) => Task.CompletedTask;
            await desk.ConfigureAsync([configuration]);
            await UntilAsync(fixture, () => desk.Exporters[0].State.Sent > 0);
        }
        Assert.Equal(start, fixture.Taken.First().Index);
    }

    private static async Task UntilAsync(ExportFixture fixture, Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
            fixture.Time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    private static List<(string State, string Problem)> Gaps(ExportFixture fixture) =>
        [.. fixture.Everything().Records.Where(record => record.Kind == "export.gap").Select(record => (record.Line.Text("state"), record.Line.Text("problem")))];
}
