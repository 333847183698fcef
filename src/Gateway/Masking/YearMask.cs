using System.Buffers.Binary;
using System.Buffers.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// A date or timestamp becomes 1 January of its year. Years 90 or more before today's are all written as the year 90 before today's, so that
/// no age over 89 can be told (45 CFR 164.514(b)(2)(i)(C)). Values with a time zone become noon UTC, which lies in the same year in every zone.
/// </summary>
internal sealed class YearMask(uint typeOid, bool isBinary, TimeProvider clock) : ColumnMask
{
    private const int BucketYears = 90;
    private const long MicrosecondsPerDay = 86_400_000_000;
    private const int DateBytes = 4;
    private const int TimestampBytes = 8;

    /// <summary>Day 0 of PostgreSQL is 1 January 2000.</summary>
    private static readonly int Epoch = new DateOnly(2000, 1, 1).DayNumber;

    /// <summary>Room for the year's first day, and for any date moved within the years of four digits.</summary>
    public override int MaxBytes => "2000-01-01 12:00:00.000000+00:00:00".Length;

    /// <summary>Whether a value can be read and lies after the bucket, so that it tells no age over 89.</summary>
    public bool IsYounger(ReadOnlySpan<byte> value) => YearOf(value) > Oldest;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var oldest = Oldest;
        var year = YearOf(value);
        return year switch
        {
            null => -1,
            _ when isBinary => WriteBinary(Math.Max(year.Value, oldest), destination),
            _ => WriteText(Math.Max(year.Value, oldest), destination),
        };
    }

    private int Oldest => clock.GetUtcNow().Year - BucketYears;

    private int? YearOf(ReadOnlySpan<byte> value) => isBinary ? BinaryYear(value) : IsoDate.YearOf(value, typeOid);

    /// <summary>The year, 0 for any before Christ, or null when the value is infinite, malformed, or past 9999.</summary>
    private int? BinaryYear(ReadOnlySpan<byte> value)
    {
        long day;
        if (typeOid == TypeOids.Date)
        {
            if (value.Length != DateBytes || BinaryPrimitives.ReadInt32BigEndian(value) is var days && days is int.MaxValue or int.MinValue)
            {
                return null;
            }

            day = days;
        }
        else
        {
            if (value.Length != TimestampBytes || BinaryPrimitives.ReadInt64BigEndian(value) is var time && time is long.MaxValue or long.MinValue)
            {
                return null;
            }

            day = Math.DivRem(time, MicrosecondsPerDay, out var rest) - (rest < 0 ? 1 : 0);
        }

        day += Epoch;
        return day < 0 ? 0 : day <= DateOnly.MaxValue.DayNumber ? DateOnly.FromDayNumber((int)day).Year : null;
    }

    private int WriteBinary(int year, Span<byte> destination)
    {
        var day = new DateOnly(year, 1, 1).DayNumber - Epoch;
        if (typeOid == TypeOids.Date)
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, day);
            return DateBytes;
        }

        var noon = typeOid == TypeOids.Timestamptz ? MicrosecondsPerDay / 2 : 0;
        BinaryPrimitives.WriteInt64BigEndian(destination, (day * MicrosecondsPerDay) + noon);
        return TimestampBytes;
    }

    private int WriteText(int year, Span<byte> destination)
    {
        Utf8Formatter.TryFormat(year, destination, out var written, new System.Buffers.StandardFormat('D', 4));
        var rest = typeOid switch
        {
            TypeOids.Date => "-01-01"u8,
            TypeOids.Timestamp => "-01-01 00:00:00"u8,
            _ => "-01-01 12:00:00+00"u8,
        };
        rest.CopyTo(destination[written..]);
        return written + rest.Length;
    }
}
