using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// The built-in constant of each type, in both formats, as the type's own output functions write it: something a driver reads without question
/// and a person knows for what it is. Types without an entry have none.
/// </summary>
internal static class Sentinels
{
    /// <summary>Longest <c>bit(n)</c> that is filled with zeros.</summary>
    private const int MaxBits = 1_024;

    private const int DayOf1900 = -36_524;
    private const long MicrosecondsPerDay = 86_400_000_000;

    private static readonly byte[] EmptyArrayText = "{}"u8.ToArray();
    private static readonly byte[] EmptyRangeText = "empty"u8.ToArray();
    private static readonly byte[] EmptyRange = [1];

    private static readonly FrozenDictionary<uint, (byte[] Text, byte[] Binary)> Scalars = Entries()
        .SelectMany(static entry => entry.Oids.Select(oid => KeyValuePair.Create(oid, (Encoding.ASCII.GetBytes(entry.Text), entry.Binary))))
        .ToFrozenDictionary();

    /// <summary>The constant of a type that is neither text nor JSON, or null when it has none.</summary>
    public static byte[]? Of(MaskedType column)
    {
        if (Scalars.TryGetValue(column.Oid, out var scalar))
        {
            return column.IsBinary ? scalar.Binary : scalar.Text;
        }

        return column switch
        {
            { Oid: TypeOids.Bit } => Bits(column),
            { Shape: TypeShape.Array } => column.IsBinary ? EmptyArray(column.ElementOid) : EmptyArrayText,
            { Shape: TypeShape.Range } => column.IsBinary ? EmptyRange : EmptyRangeText,
            { Shape: TypeShape.Multirange } => column.IsBinary ? new byte[sizeof(int)] : EmptyArrayText,
            _ => null,
        };
    }

    /// <summary>No dimensions, no NULLs (array_send).</summary>
    private static byte[] EmptyArray(uint element)
    {
        var bytes = new byte[3 * sizeof(int)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(2 * sizeof(int)), element);
        return bytes;
    }

    /// <summary>As many zeros as the type asks for; the modifier is their number.</summary>
    private static byte[]? Bits(MaskedType column)
    {
        if (column.Modifier is < 1 or > MaxBits)
        {
            return null;
        }

        if (!column.IsBinary)
        {
            return Encoding.ASCII.GetBytes(new string('0', column.Modifier));
        }

        var bytes = new byte[sizeof(int) + ((column.Modifier + 7) / 8)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, column.Modifier);
        return bytes;
    }

    private static IEnumerable<(string Text, byte[] Binary, uint[] Oids)> Entries()
    {
        yield return ("f", new byte[1], [TypeOids.Bool]);
        yield return ("\\x", [], [TypeOids.Bytea]);
        yield return ("0", new byte[2], [TypeOids.Int2]);
        yield return ("0", new byte[4], [TypeOids.Int4, TypeOids.Oid, TypeOids.Float4, 28, 29, 2203]); // xid, cid, regoper
        yield return ("0", new byte[8], [TypeOids.Int8, TypeOids.Float8, TypeOids.Numeric, 5069]); // xid8
        yield return ("-", new byte[4], [24, 2202, 2205, 2206, 3734, 3769, 4089, 4096, 4191]); // regproc and its kin
        yield return ("0", new byte[4], [2204]); // regoperator
        yield return ("(0,0)", new byte[6], [27]); // tid
        yield return ("<masked/>", "<masked/>"u8.ToArray(), [142]); // xml
        foreach (var entry in Geometry().Concat(Addresses()).Concat(Times()))
        {
            yield return entry;
        }

        yield return ("$0.00", new byte[8], [790]); // money
        yield return ("", new byte[4], [1562, 3614, 3615]); // varbit, tsvector, tsquery
        yield return ("", [], [3642]); // gtsvector
        yield return ("00000000-0000-0000-0000-000000000000", new byte[16], [TypeOids.Uuid]);
        yield return ("0/0", new byte[8], [3220]); // pg_lsn
        yield return ("1:1:", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1], [2970, 5038]); // snapshots
        yield return ("$", [1, (byte)'$'], [4072]); // jsonpath, version 1
        yield return ("empty", EmptyRange, [3904, 3906, 3908, 3910, 3912, 3926]);
        yield return ("{}", new byte[4], [4451, 4532, 4533, 4534, 4535, 4536]); // multiranges
    }

    private static IEnumerable<(string Text, byte[] Binary, uint[] Oids)> Geometry()
    {
        byte[] onePoint = [0, 0, 0, 1, .. new byte[16]];
        yield return ("(0,0)", new byte[16], [600]);
        yield return ("[(0,0),(0,0)]", new byte[32], [601]);
        yield return ("((0,0))", [1, .. onePoint], [602]); // a closed path
        yield return ("(0,0),(0,0)", new byte[32], [603]);
        yield return ("((0,0))", onePoint, [604]);
        yield return ("{0,1,0}", [.. new byte[8], 0x3F, 0xF0, .. new byte[14]], [628]); // a line needs A or B
        yield return ("<(0,0),0>", new byte[24], [718]);
    }

    /// <summary>Family 2 is IPv4; then bits, whether it is a network, and length of the address.</summary>
    private static IEnumerable<(string Text, byte[] Binary, uint[] Oids)> Addresses()
    {
        yield return ("0.0.0.0", [2, 32, 0, 4, 0, 0, 0, 0], [869]);
        yield return ("0.0.0.0/32", [2, 32, 1, 4, 0, 0, 0, 0], [650]);
        yield return ("00:00:00:00:00:00", new byte[6], [829]);
        yield return ("00:00:00:00:00:00:00:00", new byte[8], [774]);
    }

    private static IEnumerable<(string Text, byte[] Binary, uint[] Oids)> Times()
    {
        yield return ("1900-01-01", BigEndian(DayOf1900), [TypeOids.Date]);
        yield return ("1900-01-01 00:00:00", BigEndian(DayOf1900 * MicrosecondsPerDay), [TypeOids.Timestamp]);
        // Noon lies on the same day in nearly every zone.
        yield return ("1900-01-01 12:00:00+00", BigEndian((DayOf1900 * MicrosecondsPerDay) + (MicrosecondsPerDay / 2)), [TypeOids.Timestamptz]);
        yield return ("00:00:00", new byte[8], [TypeOids.Time]);
        yield return ("00:00:00", new byte[16], [1186]); // interval
        yield return ("00:00:00+00", new byte[12], [1266]); // timetz
    }

    private static byte[] BigEndian(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] BigEndian(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
