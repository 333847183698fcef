using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Server.Metrics;

/// <summary>Sends the gateway's metrics by OTLP over HTTP when configuration names a collector.</summary>
internal static class OtlpMetrics
{
    private const string MetricsPath = "v1/metrics";
    private const int IntervalMilliseconds = 15_000;
    private const int TimeoutMilliseconds = 10_000;

    /// <param name="collector">The collector's base address, e.g. <c>http://127.0.0.1:4318</c>.</param>
    public static MeterProvider Start(Uri collector)
    {
        var address = new Uri(collector.AbsoluteUri.EndsWith('/') ? collector : new Uri(collector.AbsoluteUri + "/"), MetricsPath);
        return Sdk.CreateMeterProviderBuilder()
            .ConfigureResource(static resource => resource.AddAttributes([new("service.name", "sallyport")]))
            .AddMeter(GatewayMetrics.MeterName, "System.Runtime")
            .AddOtlpExporter((exporter, reader) =>
            {
                exporter.Endpoint = address;
                exporter.Protocol = OtlpExportProtocol.HttpProtobuf;
                exporter.TimeoutMilliseconds = TimeoutMilliseconds;
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = IntervalMilliseconds;
            })
            .Build();
    }
}
