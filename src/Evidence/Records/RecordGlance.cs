using System.Text.Json;

namespace Sallyport.Evidence.Records;

/// <summary>The three header fields a tally needs, read without parsing the rest of a line we wrote ourselves.</summary>
/// <param name="Kind"><c>k</c>.</param>
/// <param name="Time"><c>t</c>.</param>
/// <param name="Session"><c>sid</c>.</param>
public readonly record struct RecordGlance(string Kind, string Time, string Session)
{
    private const int MaxFields = 8;

    /// <exception cref="RecordFormatException">The line does not start with a record's header.</exception>
    public static RecordGlance At(ReadOnlySpan<byte> leaf)
    {
        string? kind = null;
        string? time = null;
        var reader = new Utf8JsonReader(leaf);
        reader.Read();
        for (var field = 0; field < MaxFields && reader.Read() && reader.TokenType == JsonTokenType.PropertyName; field++)
        {
            var isKind = reader.ValueTextEquals("k"u8);
            var isTime = reader.ValueTextEquals("t"u8);
            var isSession = reader.ValueTextEquals("sid"u8);
            reader.Read();
            kind = isKind ? reader.GetString() : kind;
            time = isTime ? reader.GetString() : time;
            if (isSession && kind is not null && time is not null)
            {
                return new RecordGlance(kind, time, reader.GetString() ?? "");
            }
        }
        throw new RecordFormatException("A record starts with its header.");
    }
}
