using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Sallyport.Server.Metrics;

/// <summary>One instrument in the Prometheus text exposition format 0.0.4.</summary>
internal sealed class MetricFamily
{
    /// <summary>Most label sets of one instrument; what comes later is counted under one set that says so.</summary>
    public const int MaxSeries = 1000;

    private const string OverflowLabels = "overflow=\"true\"";

    /// <summary>Upper bounds in seconds, made for waits between a disk sync and a stall.</summary>
    private static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

    private readonly ConcurrentDictionary<string, MetricSeries> _series = new(StringComparer.Ordinal);
    private readonly string _name;
    private readonly string _help;
    private readonly MetricKind _kind;

    public MetricFamily(Instrument instrument)
    {
        _kind = KindOf(instrument);
        _name = NameOf(instrument, _kind);
        _help = instrument.Description ?? instrument.Name;
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, bool isTotal)
    {
        var series = SeriesOf(Labels(tags));
        if (_kind == MetricKind.Histogram)
        {
            series.Observe(value, BucketOf(value));
        }
        else if (isTotal)
        {
            series.Set(value);
        }
        else
        {
            series.Add(value);
        }
    }

    public void WriteTo(StringBuilder text)
    {
        text.Append("# HELP ").Append(_name).Append(' ').Append(_help).Append('\n');
        text.Append("# TYPE ").Append(_name).Append(' ').Append(_kind.ToString().ToLowerInvariant()).Append('\n');
        foreach (var (_, series) in _series.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (_kind == MetricKind.Histogram)
            {
                WriteHistogram(text, series);
            }
            else
            {
                WriteSample(text, "", series.Labels, series.Value);
            }
        }
    }

    private void WriteHistogram(StringBuilder text, MetricSeries series)
    {
        var separator = series.Labels.Length > 0 ? "," : "";
        var cumulative = 0L;
        for (var index = 0; index < Bounds.Length; index++)
        {
            cumulative += series.Bucket(index);
            WriteSample(text, "_bucket", $"{series.Labels}{separator}le=\"{Bounds[index].ToString(CultureInfo.InvariantCulture)}\"", cumulative);
        }
        // A measurement that arrives between the reads must not make the last bucket smaller than those before.
        var count = Math.Max(cumulative, series.Count);
        WriteSample(text, "_bucket", $"{series.Labels}{separator}le=\"+Inf\"", count);
        WriteSample(text, "_sum", series.Labels, series.Value);
        WriteSample(text, "_count", series.Labels, count);
    }

    private void WriteSample(StringBuilder text, string suffix, string labels, double value)
    {
        text.Append(_name).Append(suffix);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }
        text.Append(' ').Append(value.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private MetricSeries SeriesOf(string labels)
    {
        if (_series.TryGetValue(labels, out var series))
        {
            return series;
        }
        var key = _series.Count < MaxSeries ? labels : OverflowLabels;
        return _series.GetOrAdd(key, static key => new MetricSeries(key, Bounds.Length));
    }

    private static int BucketOf(double value)
    {
        var index = Array.BinarySearch(Bounds, value);
        return index >= 0 ? index : ~index;
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(Sanitized(name)).Append("=\"").Append(Escaped(value?.ToString() ?? "")).Append('"');
        }
        return text.ToString();
    }

    private static string Escaped(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private static string Sanitized(string name) => name.Replace('.', '_').Replace('-', '_');

    private static MetricKind KindOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Counter<>) || type == typeof(ObservableCounter<>))
        {
            return MetricKind.Counter;
        }
        return type == typeof(Histogram<>) ? MetricKind.Histogram : MetricKind.Gauge;
    }

    private static string NameOf(Instrument instrument, MetricKind kind)
    {
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        return Sanitized(instrument.Name) + unit + (kind == MetricKind.Counter ? "_total" : "");
    }

    private enum MetricKind
    {
        Counter,
        Gauge,
        Histogram,
    }
}
