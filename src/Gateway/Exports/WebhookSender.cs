using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>Posts records, signed as Standard Webhooks 1.0 says. The same batch has the same id however often it is sent.</summary>
internal sealed class WebhookSender(ExportConfiguration export, TimeProvider time) : IExportSender
{
    private const int IdChars = 24;

    private readonly HttpPoster _poster = new(export);

    public Task SendAsync(ExportBatch batch, CancellationToken cancellationToken)
    {
        var body = Body(batch);
        return _poster.PostAsync(export.Url!, body, "application/json", headers => Sign(headers, batch, body), cancellationToken);
    }

    public void Dispose() => _poster.Dispose();

    private byte[] Body(ExportBatch batch)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, RecordFormats.Options))
        {
            json.WriteStartObject();
            json.WriteString("type", "ledger.records");
            json.WriteString("timestamp", time.GetUtcNow().UtcDateTime);
            json.WriteStartObject("data");
            json.WriteString("origin", batch.Origin);
            json.WriteNumber("first", batch.Records[0].Index);
            json.WriteNumber("last", batch.Records[^1].Index);
            json.WriteStartArray("records");
            foreach (var record in batch.Records)
            {
                RecordFormats.Write(json, export.Format, batch.Origin, record);
            }
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private void Sign(HttpRequestHeaders headers, ExportBatch batch, byte[] body)
    {
        try
        {
            WebhookSignature.Sign(headers, IdOf(batch), time.GetUtcNow(), body, _poster.Secret());
        }
        catch (InvalidOperationException problem)
        {
            throw new ExportFailedException("no-secret", problem);
        }
    }

    private static string IdOf(ExportBatch batch)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{batch.Origin}\n{batch.Records[0].Index}\n{batch.Records[^1].Index}");
        return "msg_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..IdChars];
    }
}
