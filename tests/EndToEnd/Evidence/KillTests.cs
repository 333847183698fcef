using System.Globalization;
using Sallyport.EndToEnd.Support;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Evidence.Verification;
using Sallyport.Gateway.Recording;

namespace Sallyport.EndToEnd.Evidence;

/// <summary>A writer process is killed under load, again and again, in one directory.</summary>
public sealed class KillTests
{
    private const int Kills = 20;
    private const int AcknowledgedBeforeKill = 200;

    [Fact]
    public async Task After_every_kill_all_acknowledged_records_are_there_and_what_dangled_is_closed()
    {
        var directory = Path.Combine(TestRun.Subdirectory("kill"), "ledger");
        var options = new LedgerOptions { Directory = directory, Origin = "writer.example/audit", SegmentBytes = 1 << 20 };
        var acknowledged = new Dictionary<long, string>();
        // KILLS=50 is the long run before a release; every start reads a longer log.
        var kills = int.TryParse(Environment.GetEnvironmentVariable("KILLS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : Kills;
        for (var kill = 0; kill < kills; kill++)
        {
            await KillUnderLoadAsync(directory, kill, acknowledged);
            var missing = new Dictionary<long, string>(acknowledged);
            await using (await Ledger.OpenAsync(options, (index, leaf) => Remove(missing, index, leaf)))
            {
            }
            Assert.Empty(missing);
        }

        await using (await Recorder.StartAsync(options, "writer", "0"))
        {
        }
        var unknown = 0;
        await using (await Ledger.OpenAsync(options, (_, leaf) => unknown += RecordLine.Parse(leaf).Kind == RecordKinds.OutcomeUnknown ? 1 : 0))
        {
        }
        Assert.NotEqual(0, unknown);
        var key = VerificationKey.Parse(await File.ReadAllTextAsync(Path.Combine(directory, "ledger.vkey")));
        var result = LedgerVerifier.Verify(directory, key);
        Assert.Empty(result.Findings);
        Assert.Equal(result.Records, result.CheckpointSize);
        Assert.True(result.Records > acknowledged.Count);
    }

    private static async Task KillUnderLoadAsync(string directory, int kill, Dictionary<long, string> acknowledged)
    {
        await using var writer = ChildProcess.Start(new Launch(TestRun.Program("LedgerWriter", "Sallyport.LedgerWriter"), "write", directory));
        // Later kills come later, so that they meet segments, tiles and checkpoints in different states.
        var wanted = AcknowledgedBeforeKill * (1 + kill % 5);
        await TestRun.UntilAsync(
            $"the writer has {wanted} records on disk",
            () => writer.HasExited ? throw new InvalidOperationException(writer.Error) : writer.Output.Count(c => c == ';') >= wanted);
        writer.Signal("KILL");
        await writer.WaitAsync();
        foreach (var line in writer.Output.Split('\n').Where(line => line.EndsWith(';')))
        {
            var parts = line.TrimEnd(';').Split(' ');
            acknowledged.Add(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1]);
        }
    }

    private static void Remove(Dictionary<long, string> missing, long index, ReadOnlyMemory<byte> leaf)
    {
        if (missing.TryGetValue(index, out var id) && RecordLine.Parse(leaf).Text("approval") == id)
        {
            missing.Remove(index);
        }
    }
}
