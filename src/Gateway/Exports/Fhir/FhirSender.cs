using System.Net.Http.Headers;
using System.Text.Json;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports.Fhir;

/// <summary>Pushes AuditEvents to a FHIR R4 server, as transactions: it has all of one or nothing, so what is sent again is not there twice.</summary>
internal sealed class FhirSender(ExportConfiguration export) : IExportSender
{
    private const string MediaType = "application/fhir+json";

    private readonly HttpPoster _poster = new(export);

    public async Task SendAsync(ExportBatch batch, CancellationToken cancellationToken)
    {
        var token = export.Secret is null ? null : new AuthenticationHeaderValue("Bearer", _poster.Secret());
        var answer = await _poster.PostForAnswerAsync(
            export.Url!,
            Bundle(batch),
            MediaType,
            headers =>
            {
                headers.Authorization = token;
                headers.Accept.ParseAdd(MediaType);
                headers.Add("Prefer", "return=minimal");
            },
            cancellationToken);
        CheckAnswer(answer, batch.Records.Count);
    }

    public void Dispose() => _poster.Dispose();

    private static byte[] Bundle(ExportBatch batch)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, RecordFormats.Options))
        {
            json.WriteStartObject();
            json.WriteString("resourceType", "Bundle");
            json.WriteString("type", "transaction");
            json.WriteStartArray("entry");
            foreach (var record in batch.Records)
            {
                json.WriteStartObject();
                json.WritePropertyName("resource");
                AuditEvent.Write(json, batch.Origin, record);
                json.WriteStartObject("request");
                json.WriteString("method", "POST");
                json.WriteString("url", "AuditEvent");
                json.WriteEndObject();
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void CheckAnswer(byte[] answer, int expected)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var statuses = document.RootElement.GetProperty("entry").EnumerateArray().Select(entry => entry.GetProperty("response").GetProperty("status").GetString() ?? "").ToList();
            if (statuses.Count != expected || statuses.Any(status => !status.StartsWith('2')))
            {
                throw new ExportFailedException("rejected");
            }
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ExportFailedException("answer", problem);
        }
    }
}
