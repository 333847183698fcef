using System.Text.Json;

namespace Sallyport.Gateway.Exports;

/// <summary>A record with its place: <c>{"origin", "index", "leaf", "record"}</c>, where <c>leaf</c> is the hash of the record's exact bytes.</summary>
internal static class RecordEnvelope
{
    public static void Write(Utf8JsonWriter json, string origin, ExportedRecord record)
    {
        json.WriteStartObject();
        json.WriteString("origin", origin);
        json.WriteNumber("index", record.Index);
        json.WriteString("leaf", record.Hash);
        json.WritePropertyName("record");
        // The bytes of the ledger as they are: their hash can be computed again.
        json.WriteRawValue(record.Leaf.Span, skipInputValidation: true);
        json.WriteEndObject();
    }
}
