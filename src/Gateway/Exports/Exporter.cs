using System.Security.Cryptography;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>
/// Carries the ledger's records to one receiver: reads what is durable, hands it over, and only then remembers how far it is. A receiver that takes
/// nothing is asked again for ever; the ledger is the queue, so nothing is lost and nothing is held but one batch.
/// </summary>
public sealed class Exporter : IAsyncDisposable
{
    /// <summary>How often it looks for new records.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>How often it does where every batch costs a connection.</summary>
    public static readonly TimeSpan LongLookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Longest time of one attempt.</summary>
    public static readonly TimeSpan AttemptTime = TimeSpan.FromSeconds(60);

    /// <summary>The place is stored at most this often; what was sent since may be sent again after a crash.</summary>
    public static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);

    private const int JitterPercent = 25;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LastSave = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private readonly IExportSender _sender;
    private readonly Ledger _ledger;
    private readonly IExportStore _store;
    private readonly TimeProvider _time;
    private readonly Action<string, string, long> _happened;
    private readonly Lock _gate = new();
    private readonly Task _running;
    private LedgerCursor? _cursor;
    private ExportBatch? _unsent;
    private ExportState _state;
    private bool _isPlaced;
    private long _saved;
    private long _savedAt;
    private (long End, long At) _look;
    private long _completeAt;

    /// <param name="configuration">What it sends, and where.</param>
    /// <param name="sender">How.</param>
    /// <param name="ledger">The ledger it reads.</param>
    /// <param name="store">Remembers how far it is.</param>
    /// <param name="time">The clock of pauses.</param>
    /// <param name="happened">Told the export's name, what happened (sent, failed) and to how many (records, attempts).</param>
    internal Exporter(
        ExportConfiguration configuration, IExportSender sender, Ledger ledger, IExportStore store, TimeProvider time, Action<string, string, long> happened)
    {
        Configuration = configuration;
        _sender = sender;
        _ledger = ledger;
        _store = store;
        _time = time;
        _happened = happened;
        _state = new ExportState();
        _savedAt = _completeAt = time.GetTimestamp();
        _running = Task.Run(() => RunAsync(_stop.Token));
    }

    public ExportConfiguration Configuration { get; }

    public ExportState State
    {
        get
        {
            lock (_gate)
            {
                var waiting = Math.Max(0, _ledger.DurableRecords - _state.Next);
                // A cursor behind the end of the ledger has lost its way, and lacks everything to come.
                var lag = waiting > 0 || _state.Failing > 0 ? _time.GetElapsedTime(_completeAt) : TimeSpan.Zero;
                return _state with { Waiting = waiting, Lag = lag, IsBehind = lag > Configuration.AlarmAfter };
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _cursor?.Dispose();
        _sender.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var pause = FirstPause;
        try
        {
            while (true)
            {
                var problem = await StepAsync(stop);
                if (problem is null)
                {
                    pause = FirstPause;
                    continue;
                }
                Failed(problem);
                await Task.Delay(pause + (pause * RandomNumberGenerator.GetInt32(JitterPercent) / 100), _time, stop);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        finally
        {
            using var limit = new CancellationTokenSource(LastSave);
            await SaveAsync(limit.Token);
        }
    }

    /// <summary>Sends what there is, or waits for more.</summary>
    /// <returns>Null, or the code of what went wrong.</returns>
    private async Task<string?> StepAsync(CancellationToken stop)
    {
        try
        {
            if (!_isPlaced)
            {
                await FindPlaceAsync(stop);
            }
            var batch = _unsent ??= Read();
            if (batch.Records.Count > 0)
            {
                await SendAsync(batch, stop);
            }
            _unsent = null;
            Advance(batch);
            if (_saved < batch.To && _time.GetElapsedTime(_savedAt) >= SaveInterval)
            {
                await SaveAsync(stop);
            }
            if (batch.To >= _ledger.DurableRecords || batch.To == batch.From)
            {
                await Task.Delay(Configuration.Kind == ExportKind.Syslog ? LongLookInterval : LookInterval, _time, stop);
            }
            return null;
        }
        catch (Exception problem) when (problem is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            if (_unsent is null)
            {
                // What was read on the way to the failure is read again.
                _cursor?.Dispose();
                _cursor = null;
            }
            return CodeOf(problem);
        }
    }

    /// <summary>A fault must not end the export for good; it is counted and shown like any other failure.</summary>
    private static string CodeOf(Exception problem) => problem switch
    {
        ExportFailedException failed => failed.Code,
        LedgerCorruptException => "ledger",
        OperationCanceledException => "timeout",
        _ => "fault",
    };

    /// <summary>A store that cannot be read is a failure like any other: without the place nothing is sent, and the alarm says so.</summary>
    private async Task FindPlaceAsync(CancellationToken stop)
    {
        try
        {
            var next = await _store.FindAsync(Configuration.Name, _ledger.Origin, stop);
            if (next is null)
            {
                next = Configuration.FromNow ? _ledger.DurableRecords : 0;
                // "From now on" is decided once: what is recorded while the receiver is down belongs to it.
                await _store.SaveAsync(Configuration.Name, _ledger.Origin, next.Value, stop);
            }
            lock (_gate)
            {
                _state = _state with { Next = next.Value };
                _saved = next.Value;
                _look = (next.Value, _completeAt);
                _isPlaced = true;
            }
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            throw new ExportFailedException("store", problem);
        }
    }

    private async Task SendAsync(ExportBatch batch, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(AttemptTime, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        await _sender.SendAsync(batch, either.Token);
    }

    private ExportBatch Read()
    {
        _cursor ??= new LedgerCursor(_ledger, _state.Next);
        var from = _cursor.Next;
        if (from >= _look.End)
        {
            _look = (_ledger.DurableRecords, _time.GetTimestamp());
        }
        var records = new List<ExportedRecord>();
        var bytes = 0;
        var lookedAt = 0;
        var most = Configuration.Kind == ExportKind.Fhir ? ExportBatch.MaxResources : ExportBatch.MaxRecords;
        _cursor.Read((index, leaf) =>
        {
            if (Configuration.Takes(Evidence.Records.RecordGlance.At(leaf.Span).Kind))
            {
                records.Add(new ExportedRecord(index, leaf.ToArray()));
                bytes += leaf.Length;
            }
            lookedAt++;
            return records.Count < most && bytes < ExportBatch.FullBytes && lookedAt < ExportBatch.MaxLookedAt;
        });
        return new ExportBatch(_ledger.Origin, from, _cursor.Next, records);
    }

    private void Advance(ExportBatch batch)
    {
        lock (_gate)
        {
            _state = _state with { Next = batch.To, Failing = 0 };
            if (batch.Records.Count > 0)
            {
                _state = _state with { Sent = _state.Sent + batch.Records.Count, LastSentAt = _time.GetUtcNow() };
            }
            if (batch.To >= _look.End)
            {
                // Everything that was durable at that look has arrived.
                _completeAt = _look.At;
            }
        }
        if (batch.Records.Count > 0)
        {
            _happened(Configuration.Name, "sent", batch.Records.Count);
        }
    }

    private void Failed(string code)
    {
        lock (_gate)
        {
            _state = _state with { Failing = _state.Failing + 1, LastProblem = code, LastProblemAt = _time.GetUtcNow() };
        }
        _happened(Configuration.Name, "failed", 1);
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        var next = _state.Next;
        if (next == _saved)
        {
            return;
        }
        _savedAt = _time.GetTimestamp();
        try
        {
            await _store.SaveAsync(Configuration.Name, _ledger.Origin, next, cancellationToken);
            _saved = next;
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            throw new ExportFailedException("store", problem);
        }
    }
}
