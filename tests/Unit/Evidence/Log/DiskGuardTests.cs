using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Log;

public sealed class DiskGuardTests : IDisposable
{
    private readonly TestLedger _test = new();
    private readonly ManualTime _time = new();
    private long _free = 10_000;

    [Theory]
    [InlineData(DiskState.Normal, "10000, 1000")]
    [InlineData(DiskState.Low, "999, 400")]
    [InlineData(DiskState.Critical, "999, 400, 399, 499")]
    [InlineData(DiskState.Low, "10000, 999, 1249")]
    [InlineData(DiskState.Low, "399, 500")]
    [InlineData(DiskState.Low, "0, 1249")]
    [InlineData(DiskState.Normal, "999, 1250")]
    [InlineData(DiskState.Normal, "0, 1250")]
    [InlineData(DiskState.Critical, "10000, 399")]
    [InlineData(DiskState.Critical, "999, 0, 499")]
    public void A_state_begins_at_its_mark_and_ends_a_quarter_above(DiskState expected, string looks)
    {
        var guard = new DiskGuard("/nowhere", lowBytes: 1_000, criticalBytes: 400, _ => _free);
        foreach (var bytes in looks.Split(", "))
        {
            _free = long.Parse(bytes);
            guard.Look();
        }
        Assert.Equal(expected, guard.State);
    }

    [Fact]
    public async Task Sessions_are_refused_first_statements_next_and_both_come_back()
    {
        var options = _test.Options with { TimeProvider = _time, DiskLowBytes = 1_000, DiskCriticalBytes = 400, FreeBytes = _ => _free };
        await using (var recorder = await Recorder.StartAsync(options, "gw-1", "0.1.0"))
        {
            var session = await recorder.StartSessionAsync(TestLedger.Facts("ses-1"));
            var running = session.Intent(TestLedger.Intent());
            SetFree(900);
            await Assert.ThrowsAsync<LedgerUnavailableException>(async () => await recorder.StartSessionAsync(TestLedger.Facts("ses-2")));
            var second = session.Intent(TestLedger.Intent());
            SetFree(300);
            Assert.Throws<LedgerUnavailableException>(() => session.Intent(TestLedger.Intent()));
            await session.OutcomeAsync(TestLedger.Outcome(running.Index));
            await session.OutcomeAsync(TestLedger.Outcome(second.Index));
            SetFree(1_300);
            session.Outcome(TestLedger.Outcome(session.Intent(TestLedger.Intent()).Index));
            await (await recorder.StartSessionAsync(TestLedger.Facts("ses-3"))).EndAsync("client-closed");
            await session.EndAsync("client-closed");
            await recorder.StoppedAsync("shutdown");
        }
        Assert.Empty(_test.Verify().Findings);
        var states = (await _test.LeavesAsync()).Select(leaf => RecordLine.Parse(leaf)).Where(line => line.Kind == RecordKinds.LogStatus).Select(line => line.Text("disk"));
        Assert.Equal(["low", "critical", "normal"], states);
    }

    public void Dispose() => _test.Dispose();

    private void SetFree(long bytes)
    {
        _free = bytes;
        _time.Advance(GatewayPulse.Interval);
    }
}
