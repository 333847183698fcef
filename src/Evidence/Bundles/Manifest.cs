using System.Buffers;
using System.Text.Json;

namespace Sallyport.Evidence.Bundles;

/// <summary>What a bundle claims to hold. Its SHA-256 is in the log, in the <c>export.created</c> record.</summary>
internal sealed record Manifest
{
    public const string CurrentFormat = "sallyport-evidence/1";

    private const int MaxBytes = 64 << 20;

    public required string Origin { get; init; }

    public required EvidenceFilter Filter { get; init; }

    public required string ExportedBy { get; init; }

    /// <summary>Records of the log that were considered.</summary>
    public required long LogSize { get; init; }

    public required long Records { get; init; }

    /// <summary>First record of the claimed range; earlier ones in the bundle are the policy and grants in force before it.</summary>
    public required long FirstRecord { get; init; }

    public required long LastRecord { get; init; }

    public required IReadOnlyList<ManifestSession> Sessions { get; init; }

    public required IReadOnlyList<ManifestFile> Files { get; init; }

    public byte[] Format()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteString("format", CurrentFormat);
            json.WriteString("origin", Origin);
            json.WriteString("session", Filter.Session);
            json.WriteString("from", Filter.From);
            json.WriteString("to", Filter.To);
            json.WriteString("agent", Filter.Agent);
            json.WriteString("exported_by", ExportedBy);
            json.WriteNumber("log_size", LogSize);
            json.WriteNumber("records", Records);
            json.WriteNumber("first_record", FirstRecord);
            json.WriteNumber("last_record", LastRecord);
            json.WriteStartArray("sessions");
            foreach (var session in Sessions)
            {
                session.Write(json);
            }
            json.WriteEndArray();
            json.WriteStartArray("files");
            foreach (var file in Files)
            {
                file.Write(json);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    /// <exception cref="FormatException">Not a manifest of this version.</exception>
    public static Manifest Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            if (json.Length > MaxBytes)
            {
                throw new FormatException("the manifest is too long");
            }
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 4 });
            var root = document.RootElement;
            if (!string.Equals(Text(root, "format"), CurrentFormat, StringComparison.Ordinal))
            {
                throw new FormatException("the manifest is of another version");
            }
            return new Manifest
            {
                Origin = Text(root, "origin"),
                Filter = EvidenceFilter.FromManifest(Text(root, "session"), Text(root, "from"), Text(root, "to"), Text(root, "agent")),
                ExportedBy = Text(root, "exported_by"),
                LogSize = root.GetProperty("log_size").GetInt64(),
                Records = root.GetProperty("records").GetInt64(),
                FirstRecord = root.GetProperty("first_record").GetInt64(),
                LastRecord = root.GetProperty("last_record").GetInt64(),
                Sessions = [.. root.GetProperty("sessions").EnumerateArray().Select(ManifestSession.Read)],
                Files = [.. root.GetProperty("files").EnumerateArray().Select(ManifestFile.Read)],
            };
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new FormatException("the manifest is not in its documented form", error);
        }
    }

    internal static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is missing");
}

/// <summary>One session in a bundle.</summary>
/// <param name="Session">Its id.</param>
/// <param name="FirstSequence">Sequence number of its first record here; not 0 when it began before the period.</param>
/// <param name="LastSequence">Sequence number of its last record here.</param>
/// <param name="Ended">Whether its end is here.</param>
internal sealed record ManifestSession(string Session, long FirstSequence, long LastSequence, bool Ended)
{
    public static ManifestSession From(SessionSummary summary) =>
        new(summary.Session, summary.FirstSequence, summary.LastSequence, summary.Ended.Length > 0);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("session", Session);
        json.WriteNumber("first_sequence", FirstSequence);
        json.WriteNumber("last_sequence", LastSequence);
        json.WriteNumber("ended", Ended ? 1 : 0);
        json.WriteEndObject();
    }

    public static ManifestSession Read(JsonElement json) => new(
        Manifest.Text(json, "session"), json.GetProperty("first_sequence").GetInt64(), json.GetProperty("last_sequence").GetInt64(),
        json.GetProperty("ended").GetInt64() == 1);
}

/// <summary>One file in a bundle.</summary>
internal sealed record ManifestFile(string Path, long Bytes, string Sha256)
{
    public static ManifestFile From(BundleFile file) => new(file.Path, file.Contents.Length, file.Sha256);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("path", Path);
        json.WriteNumber("bytes", Bytes);
        json.WriteString("sha256", Sha256);
        json.WriteEndObject();
    }

    public static ManifestFile Read(JsonElement json) =>
        new(Manifest.Text(json, "path"), json.GetProperty("bytes").GetInt64(), Manifest.Text(json, "sha256"));
}
