using System.Collections.Concurrent;
using System.Text;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Evidence.Log;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Exports;

/// <summary>A ledger with records in it, a receiver that does as a test says, and a store in memory.</summary>
internal sealed class ExportFixture : IExportSender, IExportStore, IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string, string), long> _places = new();
    private TestLedger _ledger = null!;

    public Recorder Recorder { get; private set; } = null!;

    public Ledger Ledger => Recorder.Ledger;

    public ManualTime Time { get; } = new();

    public Exporter? Exporter { get; private set; }

    /// <summary>What was taken.</summary>
    public ConcurrentQueue<ExportedRecord> Taken { get; } = new();

    /// <summary>Batches that were offered.</summary>
    public ConcurrentQueue<ExportBatch> Offered { get; } = new();

    /// <summary>Called for each batch before it is taken.</summary>
    public Func<ExportBatch, CancellationToken, Task> OnBatch { get; set; } = static (_, _) => Task.CompletedTask;

    public static ExportConfiguration Configuration { get; } = new() { Name = "copy", Kind = ExportKind.Ndjson, Format = ExportFormat.Record };

    public static async Task<ExportFixture> CreateAsync(int sessions = 2, int commands = 3)
    {
        var fixture = new ExportFixture { _ledger = new TestLedger() };
        fixture.Recorder = await fixture._ledger.StartAsync();
        await TestLedger.WriteSessionsAsync(fixture.Recorder, sessions, commands);
        return fixture;
    }

    public string PathOf(string name) => _ledger.PathOf(name);

    /// <summary>Writes a secret and gives its source.</summary>
    public SecretSource Secret(string text)
    {
        File.WriteAllText(PathOf("secret"), text);
        return new SecretSource.FromFile(PathOf("secret"));
    }

    public void Start(ExportConfiguration? configuration = null, IExportSender? sender = null) => Exporter = new Exporter(
        configuration ?? Configuration, sender ?? this, Ledger, this, Time, static (_, _, _) => { });

    public long? Place => _places.TryGetValue(("copy", Ledger.Origin), out var next) ? next : null;

    public void PutPlace(long next) => _places[("copy", Ledger.Origin)] = next;

    /// <summary>Lets time pass until something holds.</summary>
    public async Task UntilAsync(Func<ExportState, bool> holds)
    {
        while (!holds(Exporter!.State))
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Delay(1, TestContext.Current.CancellationToken);
            Time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    public async Task StopAsync()
    {
        await Exporter!.DisposeAsync();
        Exporter = null;
    }

    /// <summary>Every record of the ledger, as a batch.</summary>
    public ExportBatch Everything()
    {
        var records = new List<ExportedRecord>();
        using var cursor = new LedgerCursor(Ledger, 0);
        cursor.Read((index, leaf) =>
        {
            records.Add(new ExportedRecord(index, leaf.ToArray()));
            return true;
        });
        return new ExportBatch(Ledger.Origin, 0, cursor.Next, records);
    }

    public async Task SendAsync(ExportBatch batch, CancellationToken cancellationToken)
    {
        Offered.Enqueue(batch);
        await OnBatch(batch, cancellationToken);
        foreach (var record in batch.Records)
        {
            Taken.Enqueue(record);
        }
    }

    /// <summary>Whether the store fails.</summary>
    public bool StoreIsDown { get; set; }

    public Task<long?> FindAsync(string name, string origin, CancellationToken cancellationToken) => StoreIsDown
        ? throw new InvalidOperationException("the store is down")
        : Task.FromResult(_places.TryGetValue((name, origin), out var next) ? next : (long?)null);

    public Task SaveAsync(string name, string origin, long next, CancellationToken cancellationToken)
    {
        if (StoreIsDown)
        {
            throw new InvalidOperationException("the store is down");
        }
        _places[(name, origin)] = next;
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        // What was taken is looked at after the exporter's end.
    }

    public async ValueTask DisposeAsync()
    {
        if (Exporter is not null)
        {
            await Exporter.DisposeAsync();
        }
        await Recorder.DisposeAsync();
        _ledger.Dispose();
    }

    public static string Text(ExportedRecord record) => Encoding.UTF8.GetString(record.Leaf.Span);
}
