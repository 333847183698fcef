using System.Buffers.Binary;

namespace Sallyport.Gateway.Masking;

/// <summary>The binary form of <c>numeric</c> (numeric_send): digits of base 10,000, weight of the first, sign, and digits shown behind the point.</summary>
internal static class NumericForm
{
    private const int HeaderBytes = 8;
    private const int Base = 10_000;
    private const ushort Negative = 0x4000;

    /// <summary>The whole part of a value of at least 0, cut off at <paramref name="limit"/> (below 10,000); null for a negative, an infinite or a malformed one.</summary>
    public static int? WholePart(ReadOnlySpan<byte> value, int limit)
    {
        if (value.Length < HeaderBytes)
        {
            return null;
        }

        var digits = BinaryPrimitives.ReadInt16BigEndian(value);
        var weight = BinaryPrimitives.ReadInt16BigEndian(value[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(value[4..]);
        if (digits < 0 || value.Length != HeaderBytes + (digits * 2) || sign != 0)
        {
            return null;
        }

        if (digits == 0 || weight < 0)
        {
            return 0;
        }

        var first = BinaryPrimitives.ReadInt16BigEndian(value[HeaderBytes..]);
        return first is <= 0 or >= Base ? null : weight > 0 ? limit : Math.Min(first, limit);
    }

    public static byte[] Write(decimal value)
    {
        var scale = (decimal.GetBits(value)[3] >> 16) & 0xFF;
        var magnitude = Math.Abs(value);
        var whole = decimal.Truncate(magnitude);
        var digits = new List<short>();
        for (var rest = whole; rest > 0; rest = decimal.Truncate(rest / Base))
        {
            digits.Insert(0, (short)(rest % Base));
        }

        var weight = digits.Count - 1;
        var fraction = magnitude - whole;
        for (var shown = 0; shown < scale; shown += 4)
        {
            fraction *= Base;
            var digit = decimal.Truncate(fraction);
            digits.Add((short)digit);
            fraction -= digit;
        }

        // The server keeps no zero digits at either end.
        while (digits.Count > 0 && digits[0] == 0)
        {
            digits.RemoveAt(0);
            weight--;
        }

        while (digits.Count > 0 && digits[^1] == 0)
        {
            digits.RemoveAt(digits.Count - 1);
        }

        var bytes = new byte[HeaderBytes + (digits.Count * 2)];
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)digits.Count);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(2), (short)(digits.Count == 0 ? 0 : weight));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(4), value < 0 ? Negative : (ushort)0);
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(6), (short)scale);
        for (var at = 0; at < digits.Count; at++)
        {
            BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(HeaderBytes + (at * 2)), digits[at]);
        }

        return bytes;
    }
}
