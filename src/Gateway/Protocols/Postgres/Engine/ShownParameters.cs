using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The parameters of a Bind as a reviewer may read them. Text values stand as they are; binary ones as hexadecimal digits with every reading they
/// allow, because the message does not say what type they have. Each value stays on one line. For the reviewer's eyes only, never stored.
/// </summary>
internal static class ShownParameters
{
    private const int MaxShown = 1000;
    private const int MaxTextBytes = 4096;
    private const int MaxHexBytes = 64;
    private const short TextFormat = 0;

    /// <param name="parameters">Formats and values of a checked Bind; empty for a statement without parameters.</param>
    public static ImmutableArray<string> Of(ReadOnlySpan<byte> parameters)
    {
        if (parameters.IsEmpty)
        {
            return [];
        }

        var reader = new MessageReader(parameters);
        var formats = new short[reader.Int16()];
        for (var i = 0; i < formats.Length; i++)
        {
            formats[i] = reader.Int16();
        }

        var count = reader.Int16();
        var shown = ImmutableArray.CreateBuilder<string>(Math.Min((int)count, MaxShown));
        for (var i = 0; i < count && shown.Count < MaxShown; i++)
        {
            var length = reader.Int32();
            shown.Add(length < 0 ? "NULL" : Show(reader.Bytes(length), FormatOf(formats, i)));
        }

        if (shown.Count < count)
        {
            shown.Add($"and {count - shown.Count} more parameters, not shown");
        }

        return shown.DrainToImmutable();
    }

    /// <summary>No format means text for all, one is for all, else each has its own.</summary>
    private static short FormatOf(short[] formats, int index) => formats.Length switch
    {
        0 => TextFormat,
        1 => formats[0],
        _ => index < formats.Length ? formats[index] : TextFormat,
    };

    private static string Show(ReadOnlySpan<byte> value, short format)
    {
        if (format == TextFormat)
        {
            return Quoted(value);
        }

        var hex = Convert.ToHexStringLower(value[..Math.Min(value.Length, MaxHexBytes)]);
        var text = $"binary {hex}{(value.Length > MaxHexBytes ? $"... ({value.Length} bytes)" : "")}";
        if (IntegerOf(value) is { } integer)
        {
            text += string.Create(CultureInfo.InvariantCulture, $", as integer {integer}");
        }

        return Utf8.IsValid(value) && value.IndexOfAnyInRange((byte)0, (byte)0x1F) < 0 ? $"{text}, as text {Quoted(value)}" : text;
    }

    private static long? IntegerOf(ReadOnlySpan<byte> value) => value.Length switch
    {
        1 => value[0],
        2 => BinaryPrimitives.ReadInt16BigEndian(value),
        4 => BinaryPrimitives.ReadInt32BigEndian(value),
        8 => BinaryPrimitives.ReadInt64BigEndian(value),
        _ => null,
    };

    private static string Quoted(ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder("'");
        foreach (var character in Encoding.UTF8.GetString(value[..Math.Min(value.Length, MaxTextBytes)]))
        {
            // A line break or an escape sequence must not make one value look like something else.
            text.Append(char.IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString());
        }

        return text.Append(value.Length > MaxTextBytes ? $"'... ({value.Length} bytes)" : "'").ToString();
    }
}
