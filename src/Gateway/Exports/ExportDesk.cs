using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Sallyport.Evidence.Log;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports.Fhir;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Exports;

/// <summary>All exports of the configuration in force, each on its own: one that fails or is slow holds up neither a command nor another export.</summary>
public sealed class ExportDesk : IAsyncDisposable
{
    private readonly Func<ExportConfiguration, IExportSender> _senders;
    private readonly Ledger _ledger;
    private readonly IExportStore _store;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private ImmutableArray<Exporter> _exporters = [];

    public ExportDesk(Ledger ledger, IExportStore store, GatewayMetrics metrics, TimeProvider time)
        : this(export => SenderFor(export, time), ledger, store, metrics, time)
    {
    }

    internal ExportDesk(Func<ExportConfiguration, IExportSender> senders, Ledger ledger, IExportStore store, GatewayMetrics metrics, TimeProvider time)
    {
        _senders = senders;
        _ledger = ledger;
        _store = store;
        _metrics = metrics;
        _time = time;
        metrics.ObserveGauges("sallyport.exports.waiting", "{record}", "Records of the ledger that an export has not looked at yet.", () => Measure(state => state.Waiting));
        metrics.ObserveGauges("sallyport.exports.lag", "s", "How long a receiver lacks what was recorded.", () => Measure(state => state.Lag.TotalSeconds));
        metrics.ObserveGauges("sallyport.exports.behind", "{export}", "1 when that is longer than the export's alarm.", () => Measure(state => state.IsBehind ? 1 : 0));
    }

    public ImmutableArray<Exporter> Exporters => _exporters;

    /// <summary>The sender of an export's kind.</summary>
    internal static IExportSender SenderFor(ExportConfiguration export, TimeProvider time) => export.Kind switch
    {
        ExportKind.Ndjson => new FileSender(export),
        ExportKind.Webhook => new WebhookSender(export, time),
        ExportKind.Syslog => new SyslogSender(export),
        ExportKind.Splunk => new SplunkSender(export),
        ExportKind.Otlp => new OtlpSender(export, time),
        ExportKind.Fhir => new FhirSender(export),
        _ => throw new ArgumentOutOfRangeException(nameof(export)),
    };

    /// <summary>Ends what runs, and starts the exports of another version of the configuration where those of the same names were.</summary>
    public async Task ConfigureAsync(IReadOnlyCollection<ExportConfiguration> configured)
    {
        await StopAsync();
        _exporters = [.. configured.Select(export => new Exporter(export, _senders(export), _ledger, _store, _time, _metrics.ExportChanged))];
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StopAsync()
    {
        var running = _exporters;
        _exporters = [];
        await Task.WhenAll(running.Select(exporter => exporter.DisposeAsync().AsTask()));
    }

    private IEnumerable<Measurement<double>> Measure(Func<ExportState, double> value) =>
        _exporters.Select(exporter => new Measurement<double>(value(exporter.State), new KeyValuePair<string, object?>("export", exporter.Configuration.Name)));
}
