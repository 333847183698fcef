using System.Diagnostics;
using System.Globalization;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Recording;

namespace Sallyport.LedgerWriter;

/// <summary>Closed-loop measurements of the ledger. They print numbers; no test depends on them.</summary>
internal static class Measurement
{
    private const long SegmentBytes = 256L << 20;
    private const int MaxSamples = 20_000_000;

    public static async Task RecordsAsync(string directory, int writers, int seconds, int bytes)
    {
        await using var ledger = await Ledger.OpenAsync(Sessions.Options(directory, SegmentBytes));
        var record = new byte[bytes];
        record.AsSpan().Fill((byte)'x');
        await RunAsync(writers, seconds, async () => await ledger.Append(record).Durable);
    }

    public static async Task SessionsAsync(string directory, int writers, int seconds)
    {
        await using var recorder = await Recorder.StartAsync(Sessions.Options(directory, SegmentBytes), "writer", "0");
        var sessions = new System.Collections.Concurrent.ConcurrentQueue<SessionRecorder>();
        for (var i = 0; i < writers; i++)
        {
            sessions.Enqueue(await recorder.StartSessionAsync(Sessions.Facts($"m-{i}")));
        }
        await RunAsync(writers, seconds, () =>
        {
            sessions.TryDequeue(out var session);
            return StatementAsync(session!);
        });
        PrintCompositionCost(await recorder.StartSessionAsync(Sessions.Facts("m-cost")));

        async Task StatementAsync(SessionRecorder session)
        {
            var intent = session.Intent(Sessions.Intent());
            await intent.Durable;
            session.Outcome(new OutcomeFacts { IntentIndex = intent.Index, Status = OutcomeStatus.Ok, Rows = 1, Bytes = 100, DurationMicroseconds = 500 });
            sessions.Enqueue(session);
        }
    }

    private static void PrintCompositionCost(SessionRecorder session)
    {
        const int Statements = 20_000;
        for (var round = 0; round < 3; round++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Statements; i++)
            {
                var intent = session.Intent(Sessions.Intent());
                session.Outcome(new OutcomeFacts { IntentIndex = intent.Index, Status = OutcomeStatus.Ok, Rows = 1 });
            }
            var elapsed = Stopwatch.GetElapsedTime(started);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"intent + outcome on the caller's thread: {elapsed.TotalMicroseconds / Statements:F2} us, {(GC.GetAllocatedBytesForCurrentThread() - allocated) / Statements} B allocated"));
        }
    }

    private static async Task RunAsync(int writers, int seconds, Func<Task> once)
    {
        await LoopAsync(writers, TimeSpan.FromSeconds(2), once);
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var started = Stopwatch.GetTimestamp();
        var samples = await LoopAsync(writers, TimeSpan.FromSeconds(seconds), once);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        samples.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{writers} writers: {samples.Count / elapsed:F0}/s, p50 {Milliseconds(samples, 0.5):F2} ms, p99 {Milliseconds(samples, 0.99):F2} ms, "
            + $"max {Milliseconds(samples, 1):F1} ms, {cpu.TotalMicroseconds / samples.Count:F1} us CPU and {allocated / samples.Count} B allocated each"));
    }

    private static async Task<List<long>> LoopAsync(int writers, TimeSpan time, Func<Task> once)
    {
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        var results = await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            var samples = new List<long>();
            for (long now; (now = Stopwatch.GetTimestamp()) < end && samples.Count < MaxSamples / writers;)
            {
                await once();
                samples.Add(Stopwatch.GetTimestamp() - now);
            }
            return samples;
        })));
        return [.. results.SelectMany(samples => samples)];
    }

    private static double Milliseconds(List<long> sorted, double quantile) =>
        sorted[(int)Math.Min(sorted.Count - 1, quantile * sorted.Count)] * 1000.0 / Stopwatch.Frequency;
}
