using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;

namespace Sallyport.Gateway.Recording;

/// <summary>
/// The records that make silence and absence visible: a heartbeat every ten seconds with the number of sessions so far, what the kernel says
/// about the clock, and at the end of each day what the day's sessions were.
/// </summary>
internal sealed class GatewayPulse : IAsyncDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Sessions in one period; more close it before the day is over.</summary>
    public const int MaxSessionsPerPeriod = 100_000;

    private const int BeatsPerClockStatus = 30;
    private const long StepMicroseconds = 100_000;

    private readonly RecordChain _gateway;
    private readonly RecordClock _clock;
    private readonly SessionNumbers _sessions;
    private readonly PopulationKeeper _population;
    private readonly DiskGuard _disk;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private PeriodDigest? _unwritten;
    private long _clockOffset;
    private long _beats;
    private bool _stopped;

    public GatewayPulse(RecordChain gateway, RecordClock clock, SessionNumbers sessions, PopulationKeeper population, DiskGuard disk, TimeProvider time)
    {
        _gateway = gateway;
        _clock = clock;
        _sessions = sessions;
        _population = population;
        _disk = disk;
        _clockOffset = clock.WallMinusMonotonicMicroseconds();
        _timer = time.CreateTimer(_ => Beat(), state: null, Interval, Interval);
    }

    /// <summary>Records what the clock is like at the start of the run, and the disk if it is not well.</summary>
    /// <exception cref="LedgerUnavailableException">Nothing can be recorded.</exception>
    public void RecordStatus()
    {
        lock (_gate)
        {
            ClockStatus(step: 0);
            CheckDisk();
        }
    }

    /// <summary>Ends the pulse, with a last look at the clock. No record of it comes afterwards.</summary>
    /// <exception cref="LedgerUnavailableException">Nothing can be recorded.</exception>
    public async ValueTask StopAsync()
    {
        await _timer.DisposeAsync();
        lock (_gate)
        {
            if (!_stopped)
            {
                _stopped = true;
                CheckClock(due: false);
            }
        }
    }

    /// <summary>Ends the pulse without a word.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        lock (_gate)
        {
            _stopped = true;
        }
    }

    private void Beat()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }
            try
            {
                CheckDisk();
                Heartbeat();
                CheckClock(due: ++_beats % BeatsPerClockStatus == 0);
                ClosePeriod();
            }
            catch (LedgerUnavailableException)
            {
                // Whatever else needs a record is refused for the same reason, and the gateway is not ready; the gap in the heartbeats stays as its trace.
            }
        }
    }

    private void Heartbeat()
    {
        // Under the same lock that numbers sessions, so that the count is exact at this place of the log.
        lock (_sessions.Gate)
        {
            lock (_gateway.Gate)
            {
                var line = _gateway.Begin("heartbeat"u8);
                line.Field("sessions"u8, _sessions.Started);
                _gateway.AppendLazily(line);
            }
        }
    }

    private void CheckDisk()
    {
        if (!_disk.Look())
        {
            return;
        }
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("log.status"u8);
            line.Field("disk"u8, KebabCase.Of(_disk.State));
            line.Field("free_bytes"u8, _disk.FreeBytes);
            _gateway.AppendLazily(line);
        }
    }

    private void CheckClock(bool due)
    {
        var offset = _clock.WallMinusMonotonicMicroseconds();
        var step = offset - _clockOffset;
        if (due || Math.Abs(step) > StepMicroseconds)
        {
            ClockStatus(step);
            _clockOffset = offset;
        }
    }

    private void ClockStatus(long step)
    {
        var kernel = KernelClock.Read();
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("clock.status"u8);
            line.Field("source"u8, "kernel");
            line.Field("sync"u8, kernel.Synchronised);
            line.Field("offset_us"u8, kernel.OffsetMicroseconds);
            line.Field("max_error_us"u8, kernel.MaxErrorMicroseconds);
            line.Field("step_us"u8, step);
            _gateway.AppendLazily(line);
        }
    }

    private void ClosePeriod()
    {
        _unwritten ??= _population.CloseIfOver(_clock.Now, MaxSessionsPerPeriod);
        if (_unwritten is not { } period)
        {
            return;
        }
        lock (_gateway.Gate)
        {
            var line = _gateway.Begin("period.close"u8);
            line.Field("day"u8, period.Day);
            line.Field("from"u8, period.From);
            line.Field("to"u8, period.To);
            line.Field("sessions"u8, period.Sessions);
            line.Field("population"u8, period.Sha256);
            _gateway.AppendLazily(line);
        }
        _unwritten = null;
    }
}
