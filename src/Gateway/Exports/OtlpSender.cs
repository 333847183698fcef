using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>Posts log records to an OpenTelemetry collector: OTLP/HTTP with JSON (https://opentelemetry.io/docs/specs/otlp/).</summary>
internal sealed class OtlpSender(ExportConfiguration export, TimeProvider time) : IExportSender
{
    private const string LogsPath = "v1/logs";
    private const long NanosecondsPerTick = 100;

    private static readonly string Version = typeof(OtlpSender).Assembly.GetName().Version?.ToString(3) ?? "0";
    private static readonly string[] Shown = ["class", "decision", "rule", "reason", "status", "sqlstate", "approval", "request", "grant", "by"];

    private readonly HttpPoster _poster = new(export);
    private readonly Uri _address = HttpPoster.Below(export.Url!, LogsPath);

    public async Task SendAsync(ExportBatch batch, CancellationToken cancellationToken)
    {
        var token = export.Secret is null ? null : new AuthenticationHeaderValue("Bearer", _poster.Secret());
        var answer = await _poster.PostForAnswerAsync(_address, Body(batch), "application/json", headers => headers.Authorization = token, cancellationToken);
        if (Rejected(answer))
        {
            throw new ExportFailedException("rejected");
        }
    }

    public void Dispose() => _poster.Dispose();

    /// <summary>A collector may say 200 and that it took only a part.</summary>
    private static bool Rejected(byte[] answer)
    {
        if (answer.Length == 0)
        {
            return false;
        }
        try
        {
            using var document = JsonDocument.Parse(answer);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("partialSuccess", out var part)
                && part.ValueKind == JsonValueKind.Object
                && part.TryGetProperty("rejectedLogRecords", out var count)
                && count.ToString() is not ("0" or "");
        }
        catch (JsonException problem)
        {
            throw new ExportFailedException("answer", problem);
        }
    }

    private byte[] Body(ExportBatch batch)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, RecordFormats.Options))
        {
            json.WriteStartObject();
            json.WriteStartArray("resourceLogs");
            json.WriteStartObject();
            json.WriteStartObject("resource");
            json.WriteStartArray("attributes");
            WriteAttribute(json, "service.name", "sallyport");
            WriteAttribute(json, "service.version", Version);
            WriteAttribute(json, "host.name", batch.Records[0].Line.Header.Node);
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartArray("scopeLogs");
            json.WriteStartObject();
            json.WriteStartObject("scope");
            json.WriteString("name", "sallyport.ledger");
            json.WriteEndObject();
            json.WriteStartArray("logRecords");
            foreach (var record in batch.Records)
            {
                WriteRecord(json, batch.Origin, record);
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private void WriteRecord(Utf8JsonWriter json, string origin, ExportedRecord record)
    {
        var line = record.Line;
        var (number, text) = RecordMeaning.GravityOf(line) switch
        {
            Gravity.Error => (17, "ERROR"),
            Gravity.Warning => (13, "WARN"),
            Gravity.Notice => (10, "INFO2"),
            _ => (9, "INFO"),
        };
        json.WriteStartObject();
        // 64-bit integers are texts in this encoding.
        json.WriteString("timeUnixNano", Nanoseconds(RecordMeaning.TimeOf(line)));
        json.WriteString("observedTimeUnixNano", Nanoseconds(time.GetUtcNow()));
        json.WriteNumber("severityNumber", number);
        json.WriteString("severityText", text);
        json.WriteString("eventName", "sallyport." + line.Kind);
        json.WriteStartObject("body");
        json.WriteString("stringValue", Encoding.UTF8.GetString(record.Leaf.Span));
        json.WriteEndObject();
        json.WriteStartArray("attributes");
        WriteAttribute(json, "sallyport.origin", origin);
        WriteAttribute(json, "sallyport.index", record.Index);
        WriteAttribute(json, "sallyport.leaf", record.Hash);
        WriteAttribute(json, "sallyport.kind", line.Kind);
        WriteAttribute(json, "sallyport.session", RecordMeaning.SessionOf(line));
        WriteAttribute(json, "sallyport.principal", RecordMeaning.WhoOf(line));
        WriteAttribute(json, "sallyport.agent", line.Header.Agent);
        WriteAttribute(json, "sallyport.target", RecordMeaning.TargetOf(line));
        foreach (var name in Shown)
        {
            WriteAttribute(json, "sallyport." + name, line.Text(name));
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Nanoseconds(DateTimeOffset instant) =>
        ((instant.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * NanosecondsPerTick).ToString(CultureInfo.InvariantCulture);

    private static void WriteAttribute(Utf8JsonWriter json, string key, string value)
    {
        if (value.Length > 0)
        {
            WriteAttribute(json, key, "stringValue", value);
        }
    }

    private static void WriteAttribute(Utf8JsonWriter json, string key, long value) => WriteAttribute(json, key, "intValue", value.ToString(CultureInfo.InvariantCulture));

    private static void WriteAttribute(Utf8JsonWriter json, string key, string type, string value)
    {
        json.WriteStartObject();
        json.WriteString("key", key);
        json.WriteStartObject("value");
        json.WriteString(type, value);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
