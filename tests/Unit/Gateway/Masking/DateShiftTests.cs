using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class DateShiftTests : IDisposable
{
    private const uint Int4 = 23;
    private const uint Int8 = 20;
    private const uint Text = 25;
    private const uint Date = 1082;
    private const uint Timestamp = 1114;
    private const uint Timestamptz = 1184;

    private static readonly MaskOperator Shift = new MaskOperator.DateShift("clinic.patients.patient_id");
    private static readonly DateOnly Epoch = new(2000, 1, 1);

    private readonly ManualTime _clock = new();
    private readonly MaskKeys _keys = Keys("clinic");

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void All_dates_of_a_person_move_by_the_same_weeks()
    {
        var shifts = new HashSet<int>();
        for (var person = 1; person <= 500; person++)
        {
            var mask = Mask(Date, binary: false, Int4, keyIsBinary: false);
            mask.UseKey(Encoding.ASCII.GetBytes($"{person}"), isNull: false);
            var days = DaysBetween("1990-07-31", TextOf(mask, "1990-07-31"));
            Assert.Equal(days, DaysBetween("2015-02-28", TextOf(mask, "2015-02-28")));
            Assert.Equal(0, days % 7);
            Assert.InRange(Math.Abs(days), 7, 364);
            shifts.Add(days);
        }

        Assert.InRange(shifts.Count, 90, 104);
    }

    [Fact]
    public void The_form_of_key_and_date_makes_no_difference()
    {
        var expected = DaysBetween("1990-07-31", Shifted("1990-07-31", Int4, keyIsBinary: false, "4711"u8));
        Assert.Equal(expected, DaysBetween("1990-07-31", Shifted("1990-07-31", Int4, keyIsBinary: true, [0, 0, 0x12, 0x67])));
        Assert.Equal(expected, DaysBetween("1990-07-31", Shifted("1990-07-31", Int8, keyIsBinary: true, [0, 0, 0, 0, 0, 0, 0x12, 0x67])));
        Assert.Equal(expected, DaysBetween("1990-07-31", Shifted("1990-07-31", Text, keyIsBinary: true, "4711"u8)));

        var mask = Mask(Date, binary: true, Int4, keyIsBinary: false);
        mask.UseKey("4711"u8, isNull: false);
        var stored = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(stored, new DateOnly(1990, 7, 31).DayNumber - Epoch.DayNumber);
        Assert.Equal(expected, BinaryPrimitives.ReadInt32BigEndian(MaskRun.Apply(mask, stored)) - BinaryPrimitives.ReadInt32BigEndian(stored));
    }

    [Theory]
    [InlineData(Timestamp, "1990-07-31 23:59:59.123456")]
    [InlineData(Timestamptz, "1990-07-31 23:59:59+02")]
    [InlineData(Timestamptz, "1990-07-31 00:00:00.5-05:30")]
    public void The_time_of_day_stays(uint oid, string value)
    {
        var mask = Mask(oid, binary: false, Int4, keyIsBinary: false);
        mask.UseKey("1"u8, isNull: false);
        var shifted = TextOf(mask, value);
        Assert.Equal(value[10..], shifted[10..]);
        Assert.NotEqual(value[..10], shifted[..10]);
    }

    [Fact]
    public void Without_a_key_only_the_year_is_left()
    {
        var mask = Mask(Date, binary: false, Int4, keyIsBinary: false);
        mask.UseKey("1"u8, isNull: false);
        Assert.NotEqual("1990-01-01", TextOf(mask, "1990-07-31"));
        mask.UseKey(default, isNull: true);
        Assert.Equal("1990-01-01", TextOf(mask, "1990-07-31"));
        mask.UseKey(new byte[RowKey.MaxBytes + 1], isNull: false);
        Assert.Equal("1990-01-01", TextOf(mask, "1990-07-31"));
        Assert.Equal("1990-01-01", TextOf(ColumnMaskFactory.Create("DATE", Shift, new MaskedType(Date, -1, IsBinary: false), _keys, _clock), "1990-07-31"));
        // A key whose form depends on width or format would move one date in two ways.
        Assert.Equal("1990-01-01", TextOf(Mask(Date, binary: false, 1700, keyIsBinary: false), "1990-07-31"));
        Assert.Null(MaskRun.Apply(Mask(Text, binary: false, Int4, keyIsBinary: false), "1990-07-31"u8));
    }

    [Fact]
    public void No_moved_date_tells_an_age_over_eighty_nine()
    {
        for (var person = 1; person <= 200; person++)
        {
            var mask = Mask(Date, binary: false, Int4, keyIsBinary: false);
            mask.UseKey(Encoding.ASCII.GetBytes($"{person}"), isNull: false);
            Assert.Equal("1936-01-01", TextOf(mask, "1936-12-31"));
            Assert.Equal("1936-01-01", TextOf(mask, "1899-05-05"));
            var near = TextOf(mask, "1937-01-15");
            Assert.True(near == "1937-01-01" || string.CompareOrdinal(near, "1937-01-01") > 0, near);
        }

        var any = Mask(Date, binary: false, Int4, keyIsBinary: false);
        any.UseKey("1"u8, isNull: false);
        Assert.Null(MaskRun.Apply(any, "infinity"u8));
        Assert.Null(MaskRun.Apply(any, "31.07.1990"u8));
        Assert.Equal("1936-01-01", TextOf(any, "0044-03-15 BC"));
    }

    [Fact]
    public void Targets_move_dates_by_different_weeks()
    {
        using var other = Keys("lab");
        var differs = Enumerable.Range(1, 20).Any(person =>
        {
            var key = Encoding.ASCII.GetBytes($"{person}");
            return Shifted("1990-07-31", Int4, keyIsBinary: false, key) != Shifted("1990-07-31", Int4, keyIsBinary: false, key, other);
        });
        Assert.True(differs);
    }

    private static MaskKeys Keys(string target) =>
        MaskKeys.ForSession(MaskKeyRing.Parse("1 " + new string('a', 64)), new TokenVaults(new ManualTime()), target, "p_1", "");

    private ColumnMask Mask(uint oid, bool binary, uint keyOid, bool keyIsBinary, MaskKeys? keys = null) =>
        ColumnMaskFactory.Create("DATE", Shift, new MaskedType(oid, -1, binary), keys ?? _keys, _clock, new RowKey(1, new MaskedType(keyOid, -1, keyIsBinary)));

    private string Shifted(string date, uint keyOid, bool keyIsBinary, ReadOnlySpan<byte> key, MaskKeys? keys = null)
    {
        var mask = Mask(Date, binary: false, keyOid, keyIsBinary, keys);
        Assert.Equal(1, mask.KeyOrdinal);
        mask.UseKey(key, isNull: false);
        return TextOf(mask, date);
    }

    private static string TextOf(ColumnMask mask, string value) => Encoding.ASCII.GetString(MaskRun.Apply(mask, Encoding.ASCII.GetBytes(value))!);

    private static int DaysBetween(string before, string after) =>
        DateOnly.ParseExact(after, "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber - DateOnly.ParseExact(before, "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber;
}
