using System.Buffers.Binary;
using System.Buffers.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>The column of a result that says whose row it is.</summary>
/// <param name="Ordinal">Position in the row, from 0.</param>
/// <param name="Type">Its type and format.</param>
public readonly record struct RowKey(int Ordinal, MaskedType Type)
{
    /// <summary>Longest key that is told apart, in bytes.</summary>
    internal const int MaxBytes = 256;

    /// <summary>Whether values of the type have one form that does not depend on width or format: integers, text, UUIDs.</summary>
    internal bool IsKnown => Type.Oid is TypeOids.Int2 or TypeOids.Int4 or TypeOids.Int8 or TypeOids.Uuid || TextShape.Of(Type) is not null;

    /// <summary>Writes that form.</summary>
    /// <returns>False when the value is not one of its type, or too long.</returns>
    internal bool TryWrite(ReadOnlySpan<byte> value, Span<byte> destination, out int written)
    {
        written = 0;
        if (TextShape.Of(Type) is { } shape)
        {
            var text = shape.Trim(value);
            written = text.Length;
            return text.TryCopyTo(destination);
        }

        if (!Type.IsBinary)
        {
            written = value.Length;
            return value.TryCopyTo(destination);
        }

        return (Type.Oid, value.Length) switch
        {
            (TypeOids.Int2, sizeof(short)) => Utf8Formatter.TryFormat(BinaryPrimitives.ReadInt16BigEndian(value), destination, out written),
            (TypeOids.Int4, sizeof(int)) => Utf8Formatter.TryFormat(BinaryPrimitives.ReadInt32BigEndian(value), destination, out written),
            (TypeOids.Int8, sizeof(long)) => Utf8Formatter.TryFormat(BinaryPrimitives.ReadInt64BigEndian(value), destination, out written),
            (TypeOids.Uuid, 16) => Utf8Formatter.TryFormat(new Guid(value, bigEndian: true), destination, out written),
            _ => false,
        };
    }
}
