using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>Posts events to Splunk's HTTP Event Collector: one JSON object after the other, in one body.</summary>
internal sealed class SplunkSender(ExportConfiguration export) : IExportSender
{
    private const string CollectorPath = "services/collector/event";
    private const int MillisecondsPerSecond = 1000;

    private readonly HttpPoster _poster = new(export);
    private readonly Uri _address = HttpPoster.Below(export.Url!, CollectorPath);

    public Task SendAsync(ExportBatch batch, CancellationToken cancellationToken)
    {
        var token = new AuthenticationHeaderValue("Splunk", _poster.Secret());
        return _poster.PostAsync(_address, Body(batch), "application/json", headers => headers.Authorization = token, cancellationToken);
    }

    public void Dispose() => _poster.Dispose();

    private byte[] Body(ExportBatch batch)
    {
        using var stream = new MemoryStream();
        foreach (var record in batch.Records)
        {
            using (var json = new Utf8JsonWriter(stream, RecordFormats.Options))
            {
                WriteEvent(json, batch.Origin, record);
            }
            stream.WriteByte((byte)'\n');
        }
        return stream.ToArray();
    }

    private void WriteEvent(Utf8JsonWriter json, string origin, ExportedRecord record)
    {
        var milliseconds = RecordMeaning.TimeOf(record.Line).ToUnixTimeMilliseconds();
        json.WriteStartObject();
        json.WritePropertyName("time");
        json.WriteRawValue(string.Create(CultureInfo.InvariantCulture, $"{milliseconds / MillisecondsPerSecond}.{milliseconds % MillisecondsPerSecond:D3}"));
        json.WriteString("host", record.Line.Header.Node);
        json.WriteString("source", origin);
        json.WriteString("sourcetype", export.Format == ExportFormat.Ocsf ? "sallyport:ocsf" : "sallyport:record");
        json.WritePropertyName("event");
        RecordFormats.Write(json, export.Format, origin, record);
        json.WriteStartObject("fields");
        json.WriteString("index", record.Index.ToString(CultureInfo.InvariantCulture));
        json.WriteString("kind", record.Kind);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
