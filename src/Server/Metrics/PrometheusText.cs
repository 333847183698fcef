using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Server.Metrics;

/// <summary>Listens to the gateway's meter and the runtime's, and writes both as Prometheus text.</summary>
internal sealed class PrometheusText : IDisposable
{
    public const string MediaType = "text/plain; version=0.0.4; charset=utf-8";

    private const string RuntimeMeterName = "System.Runtime";

    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _oneScrapeAtATime = new();

    public PrometheusText(GatewayMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (metrics.Owns(instrument) || instrument.Meter.Name == RuntimeMeterName)
            {
                listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, static instrument => new MetricFamily(instrument)));
            }
        };
        _listener.SetMeasurementEventCallback<long>(static (instrument, value, tags, family) => Record(instrument, value, tags, family));
        _listener.SetMeasurementEventCallback<int>(static (instrument, value, tags, family) => Record(instrument, value, tags, family));
        _listener.SetMeasurementEventCallback<double>(static (instrument, value, tags, family) => Record(instrument, value, tags, family));
        _listener.Start();
    }

    public string Write()
    {
        lock (_oneScrapeAtATime)
        {
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var (_, family) in _families.OrderBy(pair => pair.Key.Name, StringComparer.Ordinal))
            {
                family.WriteTo(text);
            }
            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();

    private static void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? family)
    {
        Debug.Assert(family is MetricFamily, "Every enabled instrument has its family.");
        ((MetricFamily)family).Record(value, tags, isTotal: instrument.IsObservable);
    }
}
