using System.Text.Json;

namespace Sallyport.Evidence.Records;

/// <summary>One parsed record line. The exact bytes stay the evidence; this is only a view of them.</summary>
public sealed class RecordLine
{
    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = RecordLimits.MaxDepth,
        AllowDuplicateProperties = false,
    };

    private readonly JsonElement _root;

    private RecordLine(JsonElement root, RecordHeader header)
    {
        _root = root;
        Header = header;
    }

    public RecordHeader Header { get; }

    public string Kind => Header.Kind;

    /// <summary>Parses and checks one line without its newline.</summary>
    /// <exception cref="RecordFormatException">Not one JSON object on one line, a duplicate key, a number that is no
    /// 64-bit integer, a value that is neither integer, string, array nor object, or a wrong header.</exception>
    public static RecordLine Parse(ReadOnlyMemory<byte> leaf)
    {
        if (leaf.Length is 0 or > RecordLimits.MaxLeafBytes)
        {
            throw new RecordFormatException($"A record has 1 to {RecordLimits.MaxLeafBytes} bytes.");
        }
        var bytes = leaf.Span;
        if (bytes[0] != (byte)'{' || bytes[^1] != (byte)'}' || bytes.ContainsAny((byte)'\n', (byte)'\r'))
        {
            throw new RecordFormatException("A record is one JSON object on one line.");
        }
        try
        {
            var root = JsonElement.Parse(bytes, Strict);
            CheckValues(root);
            return new RecordLine(root, RecordHeader.From(root));
        }
        catch (JsonException error)
        {
            throw new RecordFormatException($"Not valid JSON at byte {error.BytePositionInLine}.", error);
        }
        catch (InvalidOperationException error)
        {
            throw new RecordFormatException("A string is not valid UTF-8.", error);
        }
    }

    /// <summary>The string <paramref name="name"/>, or an empty one when the record does not have it.</summary>
    public string Text(string name) =>
        _root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    /// <summary>The integer <paramref name="name"/>, or null when the record does not have it.</summary>
    public long? Integer(string name) =>
        _root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    /// <summary>The elements of the array <paramref name="name"/>, or none when the record does not have it.</summary>
    public IEnumerable<JsonElement> Items(string name) =>
        _root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [];

    private static void CheckValues(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var field in value.EnumerateObject())
                {
                    CheckValues(field.Value);
                }
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    CheckValues(item);
                }
                break;
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Number when value.TryGetInt64(out _) && !value.GetRawText().AsSpan().ContainsAny('.', 'e', 'E'):
                break;
            default:
                throw new RecordFormatException("Values are integers, strings, arrays and objects.");
        }
    }
}
