using System.Buffers.Binary;
using System.Buffers.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>An age becomes whole years, and every age over 89 is 90 (45 CFR 164.514(b)(2)(i)(C)); <c>90+</c> in text columns. What is no age becomes NULL.</summary>
internal sealed class AgeMask(uint typeOid, TextShape? shape, bool isBinary) : ColumnMask
{
    private const int Oldest = 90;
    private const int MaxDigits = 20;
    private const int NumericBytes = 10;

    public override int MaxBytes => shape?.PaddedBytes(1, NumericBytes) ?? NumericBytes;

    public static bool Knows(MaskedType column) =>
        column.Oid is TypeOids.Int2 or TypeOids.Int4 or TypeOids.Int8 or TypeOids.Float4 or TypeOids.Float8 or TypeOids.Numeric;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var years = shape is { } text ? YearsOf(text.Trim(value)) : isBinary ? BinaryYears(value) : YearsOf(value);
        return years switch
        {
            null => -1,
            _ when shape is { } column => WriteText(column, years.Value, destination),
            _ when isBinary => WriteBinary(years.Value, destination),
            _ => WriteDigits(years.Value, destination),
        };
    }

    /// <summary>Reads digits, and a fraction that is cut off.</summary>
    private static int? YearsOf(ReadOnlySpan<byte> text)
    {
        var point = text.IndexOf((byte)'.');
        var whole = point < 0 ? text : text[..point];
        if (whole.Length is 0 or > MaxDigits || whole.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            || (point >= 0 && text[(point + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9')))
        {
            return null;
        }

        var years = 0;
        foreach (var digit in whole)
        {
            years = Math.Min((years * 10) + digit - '0', Oldest);
        }

        return years;
    }

    private int? BinaryYears(ReadOnlySpan<byte> value) => (typeOid, value.Length) switch
    {
        (TypeOids.Int2, 2) => Years(BinaryPrimitives.ReadInt16BigEndian(value)),
        (TypeOids.Int4, 4) => Years(BinaryPrimitives.ReadInt32BigEndian(value)),
        (TypeOids.Int8, 8) => Years(BinaryPrimitives.ReadInt64BigEndian(value)),
        (TypeOids.Float4, 4) => Years(BinaryPrimitives.ReadSingleBigEndian(value)),
        (TypeOids.Float8, 8) => Years(BinaryPrimitives.ReadDoubleBigEndian(value)),
        (TypeOids.Numeric, _) => NumericForm.WholePart(value, Oldest),
        _ => null,
    };

    private static int? Years(double age) => age >= 0 && double.IsFinite(age) ? (int)Math.Min(age, Oldest) : null;

    private static int WriteText(TextShape column, int years, Span<byte> destination)
    {
        var digits = WriteDigits(years, destination);
        if (years == Oldest)
        {
            destination[digits++] = (byte)'+';
        }

        return digits <= column.MaxChars ? column.Pad(destination, digits, digits) : -1;
    }

    private static int WriteDigits(int years, Span<byte> destination) => Utf8Formatter.TryFormat(years, destination, out var written) ? written : -1;

    private int WriteBinary(int years, Span<byte> destination)
    {
        switch (typeOid)
        {
            case TypeOids.Int2:
                BinaryPrimitives.WriteInt16BigEndian(destination, (short)years);
                return sizeof(short);
            case TypeOids.Int4:
                BinaryPrimitives.WriteInt32BigEndian(destination, years);
                return sizeof(int);
            case TypeOids.Int8:
                BinaryPrimitives.WriteInt64BigEndian(destination, years);
                return sizeof(long);
            case TypeOids.Float4:
                BinaryPrimitives.WriteSingleBigEndian(destination, years);
                return sizeof(float);
            case TypeOids.Float8:
                BinaryPrimitives.WriteDoubleBigEndian(destination, years);
                return sizeof(double);
            default:
                return WriteNumeric(years, destination);
        }
    }

    /// <summary>One digit of base 10,000, or none for zero.</summary>
    private static int WriteNumeric(int years, Span<byte> destination)
    {
        var digits = years == 0 ? 0 : 1;
        destination[..NumericBytes].Clear();
        BinaryPrimitives.WriteInt16BigEndian(destination, (short)digits);
        BinaryPrimitives.WriteInt16BigEndian(destination[(NumericBytes - 2)..], (short)years);
        return NumericBytes - 2 + (digits * 2);
    }
}
