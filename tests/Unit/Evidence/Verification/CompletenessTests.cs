using System.Text;
using System.Text.RegularExpressions;
using Sallyport.Evidence.Records;
using Sallyport.Evidence.Verification;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Evidence.Log;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Verification;

/// <summary>What somebody with the signing key leaves out or dates back is missed by the records that stay.</summary>
public sealed partial class CompletenessTests : IDisposable
{
    private readonly TestLedger _test = new();
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_day_is_closed_with_its_sessions_and_the_whole_verifies()
    {
        await WriteTwoDaysAsync();
        var result = _test.Verify();
        Assert.Empty(result.Findings);
        var closes = (await LinesAsync()).Where(line => line.Kind == RecordKinds.PeriodClose).ToList();
        var close = Assert.Single(closes);
        Assert.Equal("2026-11-21", close.Text("day"));
        Assert.Equal(0, close.Integer("from"));
        Assert.Equal(3, close.Integer("sessions"));
    }

    [Fact]
    public async Task A_session_removed_from_a_closed_day_with_all_its_records_is_missed()
    {
        await WriteTwoDaysAsync();
        var findings = await FindingsWithoutAsync("ses-1");
        Assert.Contains(findings, finding => finding.What.Contains("whole sessions are missing", StringComparison.Ordinal));
        Assert.Contains(findings, finding => finding.What.Contains("session number 1 is missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_removed_before_its_day_is_closed_is_missed_by_the_next_heartbeat()
    {
        await using (var recorder = await StartAsync())
        {
            await WriteSessionAsync(recorder, "ses-0");
            await WriteSessionAsync(recorder, "ses-1");
            _time.Advance(TimeSpan.FromSeconds(11));
            await recorder.StoppedAsync("shutdown");
        }
        Assert.Empty(_test.Verify().Findings);
        Assert.Contains(await FindingsWithoutAsync("ses-1"), finding => finding.What.Contains("2 sessions had begun, but 1 are there", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_tally_goes_on_where_a_restart_interrupted_it()
    {
        await using (var recorder = await StartAsync())
        {
            await WriteSessionAsync(recorder, "ses-0");
            await recorder.StoppedAsync("shutdown");
        }
        await WriteTwoDaysAsync(first: 1);
        Assert.Empty(_test.Verify().Findings);
        await using (var recorder = await StartAsync())
        {
            await WriteSessionAsync(recorder, "ses-9");
            _time.Advance(TimeSpan.FromHours(24));
            await recorder.StoppedAsync("shutdown");
        }
        Assert.Empty(_test.Verify().Findings);
        Assert.Equal(2, (await LinesAsync()).Count(line => line.Kind == RecordKinds.PeriodClose));
    }

    [Fact]
    public async Task A_record_dated_back_is_named()
    {
        await WriteTwoDaysAsync();
        var leaves = await _test.LeavesAsync();
        var index = leaves.FindIndex(leaf => Encoding.UTF8.GetString(leaf).Contains("\"k\":\"deny\"", StringComparison.Ordinal));
        leaves[index] = Encoding.UTF8.GetBytes(Time().Replace(Encoding.UTF8.GetString(leaves[index]), "\"t\":\"2026-11-20T12:00:00.000000Z\""));
        var findings = LedgerVerifier.Verify(await _test.ForgeAsync(leaves), _test.Key).Findings;
        Assert.Contains(findings, finding => finding.Where == $"wal, record {index}" && finding.What.Contains("86400 s before", StringComparison.Ordinal));
    }

    [Fact]
    public void A_clock_that_was_set_is_no_finding_once_the_gateway_says_so()
    {
        var (findings, notes) = (new Findings(), new List<Finding>());
        var check = new RunCheck(findings, notes, "wal");
        check.Add(0, Line("gateway.start", "2026-11-21T12:00:00.000000Z", 0));
        check.Add(1, Line("auth.fail", "2026-11-21T13:00:01.000000Z", 1));
        check.Add(2, Line("clock.status", "2026-11-21T13:00:02.000000Z", 2));
        check.Add(3, Line("auth.fail", "2026-11-21T13:00:03.000000Z", 3));
        check.Finish();
        Assert.Empty(findings.All);
    }

    [Fact]
    public void A_long_silence_is_noted()
    {
        var (findings, notes) = (new Findings(), new List<Finding>());
        var check = new RunCheck(findings, notes, "wal");
        check.Add(0, Line("gateway.start", "2026-11-21T12:00:00.000000Z", 0, ",\"heartbeat_ms\":10000"));
        check.Add(1, Line("heartbeat", "2026-11-21T12:00:10.000000Z", 10));
        check.Add(2, Line("heartbeat", "2026-11-21T12:05:10.000000Z", 310));
        Assert.Empty(findings.All);
        Assert.Contains("no heartbeat for 300 s", Assert.Single(notes).What, StringComparison.Ordinal);
    }

    public void Dispose() => _test.Dispose();

    private static RecordLine Line(string kind, string time, long seconds, string more = "") => RecordLine.Parse(Encoding.UTF8.GetBytes(
        $"{{\"v\":1,\"k\":\"{kind}\",\"n\":\"00\",\"node\":\"gw\",\"boot\":\"b\",\"t\":\"{time}\",\"mono\":{seconds * 1_000_000_000},\"sid\":\"\",\"seq\":0,\"sub\":\"\",\"ag\":\"\",\"conn\":\"\",\"prev\":\"\"{more}}}"));

    private Task<Recorder> StartAsync() =>
        Recorder.StartAsync(_test.Options with { TimeProvider = _time, CheckpointInterval = TimeSpan.FromDays(2) }, "gw-1", "0.1.0");

    private async Task WriteTwoDaysAsync(int first = 0)
    {
        await using var recorder = await StartAsync();
        for (var i = first; i < 3; i++)
        {
            await WriteSessionAsync(recorder, $"ses-{i}");
        }
        await recorder.Ledger.PublishAsync();
        _time.Advance(TimeSpan.FromHours(12) + TimeSpan.FromSeconds(15));
        await WriteSessionAsync(recorder, "ses-3");
        await recorder.StoppedAsync("shutdown");
    }

    private static async Task WriteSessionAsync(Recorder recorder, string id)
    {
        var session = await recorder.StartSessionAsync(TestLedger.Facts(id));
        var intent = session.Intent(TestLedger.Intent());
        await session.OutcomeAsync(TestLedger.Outcome(intent.Index));
        await session.DenyAsync(new DenialFacts { PolicyHash = "sha256:aa", Rule = "unbounded-write", Reason = "rule" });
        await session.EndAsync("client-closed");
    }

    private async Task<IReadOnlyList<Finding>> FindingsWithoutAsync(string session)
    {
        var leaves = await _test.LeavesAsync();
        var left = leaves.Where(leaf => RecordLine.Parse(leaf).Header.Session != session);
        return LedgerVerifier.Verify(await _test.ForgeAsync(left), _test.Key).Findings;
    }

    private async Task<List<RecordLine>> LinesAsync() => (await _test.LeavesAsync()).ConvertAll(leaf => RecordLine.Parse(leaf));

    [GeneratedRegex("\"t\":\"[^\"]*\"", RegexOptions.None, 5000)]
    private static partial Regex Time();
}
