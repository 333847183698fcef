using System.Text.Encodings.Web;
using System.Text.Json;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports.Ocsf;

namespace Sallyport.Gateway.Exports;

/// <summary>What records look like as JSON.</summary>
internal static class RecordFormats
{
    /// <summary>No HTML is written, so only what JSON itself must escape is.</summary>
    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void Write(Utf8JsonWriter json, ExportFormat format, string origin, ExportedRecord record)
    {
        switch (format)
        {
            case ExportFormat.Record:
                RecordEnvelope.Write(json, origin, record);
                break;
            case ExportFormat.Ocsf:
                OcsfEvent.Write(json, origin, record);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(format));
        }
    }
}
