using System.Text.Json;

namespace Sallyport.Evidence.Records;

/// <summary>The fields every record starts with, in this order.</summary>
/// <param name="Kind"><c>k</c>: one of <see cref="RecordKinds"/>, or a kind of a later version.</param>
/// <param name="Nonce"><c>n</c>: 16 random bytes in hex, so that a leaf hash alone reveals nothing.</param>
/// <param name="Node"><c>node</c>: the gateway that wrote it.</param>
/// <param name="Boot"><c>boot</c>: the run of that gateway.</param>
/// <param name="Time"><c>t</c>: RFC 3339 UTC with microseconds. Order is the index, never the time.</param>
/// <param name="MonotonicNanoseconds"><c>mono</c>: since the start of the run.</param>
/// <param name="Session"><c>sid</c>: the session, or empty for records of the gateway itself.</param>
/// <param name="Sequence"><c>seq</c>: from 0 within the session, or within the run for records of the gateway itself.</param>
/// <param name="Subject"><c>sub</c>: the principal's opaque id, or empty.</param>
/// <param name="Agent"><c>ag</c>: the agent and its run, or empty.</param>
/// <param name="Connection"><c>conn</c>: the target, or empty.</param>
/// <param name="Previous"><c>prev</c>: hex leaf hash of the record with the sequence number before this one, or empty.</param>
public sealed record RecordHeader(
    string Kind,
    string Nonce,
    string Node,
    string Boot,
    string Time,
    long MonotonicNanoseconds,
    string Session,
    long Sequence,
    string Subject,
    string Agent,
    string Connection,
    string Previous)
{
    /// <summary>Names in the order they must appear.</summary>
    internal static readonly string[] Order = ["v", "k", "n", "node", "boot", "t", "mono", "sid", "seq", "sub", "ag", "conn", "prev"];

    internal static RecordHeader From(JsonElement line)
    {
        var position = 0;
        foreach (var field in line.EnumerateObject())
        {
            if (position == Order.Length)
            {
                break;
            }
            if (!field.NameEquals(Order[position]))
            {
                throw new RecordFormatException($"Header field {position + 1} must be '{Order[position]}'.");
            }
            position++;
        }
        if (position < Order.Length)
        {
            throw new RecordFormatException($"The header ends before '{Order[position]}'.");
        }
        if (Integer(line, "v") != RecordLimits.Version)
        {
            throw new RecordFormatException("Unknown record version.");
        }
        return new RecordHeader(
            Text(line, "k"), Text(line, "n"), Text(line, "node"), Text(line, "boot"), Text(line, "t"), Integer(line, "mono"),
            Text(line, "sid"), Integer(line, "seq"), Text(line, "sub"), Text(line, "ag"), Text(line, "conn"), Text(line, "prev"));
    }

    private static string Text(JsonElement line, string name) =>
        line.GetProperty(name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw new RecordFormatException($"'{name}' must be a string.");

    private static long Integer(JsonElement line, string name) =>
        line.GetProperty(name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt64() : throw new RecordFormatException($"'{name}' must be an integer.");
}
