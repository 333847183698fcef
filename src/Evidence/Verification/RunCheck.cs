using System.Globalization;
using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Follows each run of the gateway through a log, or a part of one that has every record: sessions are numbered without gaps and counted by every heartbeat, heartbeats come in time,
/// and each record's time agrees with the monotonic clock unless a <c>clock.status</c> says that the clock was set.
/// </summary>
internal sealed class RunCheck(Findings findings, List<Finding> notes, string file)
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>Time may differ this much from the monotonic clock: the two are read one after the other, with a pause of the machine in between at worst.</summary>
    private const long ToleranceNanoseconds = 5_000 * NanosecondsPerMillisecond;

    /// <summary>Heartbeats that may be late before silence is worth a note.</summary>
    private const int QuietBeats = 6;

    private const int MaxNotes = 20;

    private readonly Dictionary<string, Run> _runs = new(StringComparer.Ordinal);

    public void Add(long index, RecordLine record)
    {
        var header = record.Header;
        if (!_runs.TryGetValue(header.Boot, out var run))
        {
            // A run whose start is not here is followed from the first count that is.
            run = new Run { Name = header.Boot, LastBeat = header.MonotonicNanoseconds, Sessions = record.Kind is RecordKinds.GatewayStart ? 0 : null };
            _runs.Add(header.Boot, run);
        }
        CheckTime(index, record, run);
        CheckCounts(index, record, run);
    }

    /// <summary>Reports times that nothing in the rest of the log explained.</summary>
    public void Finish()
    {
        foreach (var run in _runs.Values)
        {
            ReportDeviation(run);
        }
    }

    private void CheckCounts(long index, RecordLine record, Run run)
    {
        switch (record.Kind)
        {
            case RecordKinds.GatewayStart:
                run.BeatMilliseconds = record.Integer("heartbeat_ms") ?? 0;
                break;
            case RecordKinds.SessionStart when record.Integer("no") is { } number:
                if (run.Sessions is { } expected && number != expected)
                {
                    findings.Add(At(index), $"gateway run {run.Name}: session number {expected} is missing; this one has number {number}");
                }
                run.Sessions = number + 1;
                break;
            case RecordKinds.Heartbeat or RecordKinds.GatewayStop:
                CheckBeat(index, record, run);
                break;
        }
    }

    private void CheckBeat(long index, RecordLine record, Run run)
    {
        if (record.Integer("sessions") is { } sessions)
        {
            if (run.Sessions is { } counted && sessions != counted)
            {
                findings.Add(At(index), $"gateway run {run.Name}: {sessions} sessions had begun, but {counted} are there");
            }
            run.Sessions = sessions;
        }
        var quiet = (record.Header.MonotonicNanoseconds - run.LastBeat) / NanosecondsPerMillisecond;
        if (run.BeatMilliseconds > 0 && quiet > QuietBeats * run.BeatMilliseconds && notes.Count < MaxNotes)
        {
            notes.Add(new Finding(At(index), $"gateway run {run.Name}: no heartbeat for {quiet / 1000} s"));
        }
        run.LastBeat = record.Header.MonotonicNanoseconds;
    }

    private void CheckTime(long index, RecordLine record, Run run)
    {
        if (!TryNanoseconds(record.Header.Time, out var time))
        {
            findings.Add(At(index), "its time is not RFC 3339 in UTC");
            return;
        }
        var offset = time - record.Header.MonotonicNanoseconds;
        if (run.Offset is not { } usual)
        {
            run.Offset = offset;
            return;
        }
        if (string.Equals(record.Kind, RecordKinds.ClockStatus, StringComparison.Ordinal))
        {
            if (run.Deviation is { } step && Differs(step.Offset, offset))
            {
                ReportDeviation(run);
            }
            run.Offset = offset;
            run.Deviation = null;
            return;
        }
        if (!Differs(usual, offset))
        {
            ReportDeviation(run);
            return;
        }
        run.Deviation ??= (index, offset);
    }

    private void ReportDeviation(Run run)
    {
        if (run.Deviation is not { } deviation || run.Offset is not { } usual)
        {
            return;
        }
        var seconds = (deviation.Offset - usual) / (1000 * NanosecondsPerMillisecond);
        findings.Add(At(deviation.Index), $"gateway run {run.Name}: its time is {Math.Abs(seconds)} s {(seconds < 0 ? "before" : "after")} what the gateway's clock was");
        run.Deviation = null;
    }

    private static bool Differs(long first, long second) => Math.Abs(first - second) > ToleranceNanoseconds;

    private static bool TryNanoseconds(string time, out long nanoseconds)
    {
        nanoseconds = 0;
        if (!DateTimeOffset.TryParseExact(
            time, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var parsed))
        {
            return false;
        }
        nanoseconds = (parsed - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        return true;
    }

    private string At(long index) => $"{file}, record {index}";

    private sealed class Run
    {
        public required string Name { get; init; }

        public long BeatMilliseconds { get; set; }

        public long LastBeat { get; set; }

        public long? Sessions { get; set; }

        public long? Offset { get; set; }

        public (long Index, long Offset)? Deviation { get; set; }
    }
}
