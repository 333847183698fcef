using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sallyport.Gateway.Masking;

/// <summary>Writes a constant of the configuration as a value of a type, or not at all where the type cannot hold it for certain.</summary>
internal static class TypedConstant
{
    private const NumberStyles Exact = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
    private const NumberStyles Approximate = Exact | NumberStyles.AllowExponent;
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    private static readonly DateTime Epoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public static byte[]? Of(string constant, MaskedType column)
    {
        var text = Encoding.UTF8.GetBytes(constant);
        if (TextShape.Of(column) is { } shape)
        {
            return shape.Fit(text);
        }

        return column.Oid switch
        {
            TypeOids.Json => Json(constant, text),
            TypeOids.Jsonb => column.IsBinary ? [1, .. Json(constant, text)] : Json(constant, text),
            _ when column.Shape == TypeShape.Enum => column.Labels?.Contains(constant, StringComparer.Ordinal) == true ? text : null,
            _ => Scalar(constant, column),
        };
    }

    /// <summary>The constant itself where it is JSON, else a JSON string of it.</summary>
    private static byte[] Json(string constant, byte[] text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return text;
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(constant)}\"");
        }
    }

    private static byte[]? Scalar(string constant, MaskedType column) => (column.Oid, column.IsBinary) switch
    {
        (TypeOids.Bool, var binary) when constant is "true" or "false" => binary ? [constant == "true" ? (byte)1 : (byte)0] : Ascii(constant[..1]),
        (TypeOids.Int2, var binary) when short.TryParse(constant, CultureInfo.InvariantCulture, out var number) =>
            binary ? Bytes(2, b => BinaryPrimitives.WriteInt16BigEndian(b, number)) : Ascii($"{number}"),
        (TypeOids.Int4, var binary) when int.TryParse(constant, CultureInfo.InvariantCulture, out var number) =>
            binary ? Bytes(4, b => BinaryPrimitives.WriteInt32BigEndian(b, number)) : Ascii($"{number}"),
        (TypeOids.Int8, var binary) when long.TryParse(constant, CultureInfo.InvariantCulture, out var number) =>
            binary ? Bytes(8, b => BinaryPrimitives.WriteInt64BigEndian(b, number)) : Ascii($"{number}"),
        (TypeOids.Oid, var binary) when uint.TryParse(constant, CultureInfo.InvariantCulture, out var number) =>
            binary ? Bytes(4, b => BinaryPrimitives.WriteUInt32BigEndian(b, number)) : Ascii($"{number}"),
        (TypeOids.Float4, var binary) when float.TryParse(constant, Approximate, CultureInfo.InvariantCulture, out var number) && float.IsFinite(number) =>
            binary ? Bytes(4, b => BinaryPrimitives.WriteSingleBigEndian(b, number)) : Ascii($"{number:R}"),
        (TypeOids.Float8, var binary) when double.TryParse(constant, Approximate, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) =>
            binary ? Bytes(8, b => BinaryPrimitives.WriteDoubleBigEndian(b, number)) : Ascii($"{number:R}"),
        (TypeOids.Numeric, var binary) when decimal.TryParse(constant, Exact, CultureInfo.InvariantCulture, out var number) =>
            binary ? NumericForm.Write(number) : Ascii($"{number}"),
        (TypeOids.Uuid, var binary) when Guid.TryParseExact(constant, "D", out var uuid) => binary ? uuid.ToByteArray(bigEndian: true) : Ascii($"{uuid:D}"),
        _ => Time(constant, column),
    };

    private static byte[]? Time(string constant, MaskedType column)
    {
        switch (column.Oid)
        {
            case TypeOids.Date when DateOnly.TryParseExact(constant, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date):
                var days = date.DayNumber - DateOnly.FromDateTime(Epoch).DayNumber;
                return column.IsBinary ? Bytes(4, b => BinaryPrimitives.WriteInt32BigEndian(b, days)) : Ascii(constant);
            case TypeOids.Time when TimeOnly.TryParseExact(constant, "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time):
                return column.IsBinary ? Bytes(8, b => BinaryPrimitives.WriteInt64BigEndian(b, time.Ticks / TicksPerMicrosecond)) : Ascii(constant);
            case TypeOids.Timestamp or TypeOids.Timestamptz when Instant(constant) is { } instant:
                var micros = (instant - Epoch).Ticks / TicksPerMicrosecond;
                return column.IsBinary
                    ? Bytes(8, b => BinaryPrimitives.WriteInt64BigEndian(b, micros))
                    : Ascii($"{instant:yyyy-MM-dd HH:mm:ss}{(column.Oid == TypeOids.Timestamptz ? "+00" : "")}");
            default:
                return null;
        }
    }

    /// <summary>A date, or a date and a time; in UTC where the type has a zone.</summary>
    private static DateTime? Instant(string constant) =>
        DateTime.TryParseExact(
            constant,
            ["yyyy-MM-dd", "yyyy-MM-dd HH:mm:ss"],
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var instant)
            ? instant
            : null;

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);

    private static byte[] Bytes(int length, Action<Span<byte>> write)
    {
        var bytes = new byte[length];
        write(bytes);
        return bytes;
    }
}
