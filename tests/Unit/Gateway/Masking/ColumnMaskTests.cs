using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Masking;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class ColumnMaskTests : IDisposable
{
    private const uint Text = 25;
    private const uint Varchar = 1043;
    private const uint Bpchar = 1042;
    private const uint Name = 19;
    private const uint Json = 114;
    private const uint Jsonb = 3802;
    private const uint Uuid = 2950;
    private const uint Date = 1082;
    private const uint Timestamp = 1114;
    private const uint Timestamptz = 1184;

    /// <summary>The operators that need no setting.</summary>
    private static readonly MaskKind[] Kinds = [.. Enum.GetValues<MaskKind>().Where(kind => kind is not (MaskKind.Constant or MaskKind.DateShift))];

    /// <summary>Other built-in types an ordinary table has, ranges and composites among them.</summary>
    private static readonly uint[] OtherTypes =
    [
        16, 17, 20, 21, 23, 26, 142, 600, 603, 700, 701, 718, 790, 829, 869, 650, 1000, 1007, 1082 + 1, 1115, 1182, 1185, 1186, 1231, 1266,
        1560, 1562, 1700, 2249, 2278, 2950 + 1, 3614, 3802 + 5, 3904, 3912, 4072, 4451, 16_384, 99_999,
    ];

    private static readonly DateOnly Epoch = new(2000, 1, 1);

    private readonly ManualTime _clock = new();
    private readonly MaskKeys _keys = MaskKeys.ForSession();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(Text, -1, "[NAME]")]
    [InlineData(Varchar, -1, "[NAME]")]
    [InlineData(Varchar, 4 + 6, "[NAME]")]
    [InlineData(Varchar, 4 + 5, "*****")]
    [InlineData(Bpchar, 4 + 9, "[NAME]   ")]
    [InlineData(Bpchar, 4 + 2, "**")]
    [InlineData(Bpchar, -1, "[NAME]")]
    [InlineData(Name, -1, "[NAME]")]
    [InlineData(705u, -1, "[NAME]")]
    [InlineData(Json, -1, "\"[NAME]\"")]
    public void Redact_writes_the_tag(uint oid, int modifier, string expected)
    {
        foreach (var binary in new[] { false, true })
        {
            Assert.Equal(expected, MaskText(MaskKind.Redact, oid, modifier, binary, "Ada Lovelace"));
        }
    }

    [Theory]
    [InlineData(MaskKind.Redact, "[NAME]")]
    [InlineData(MaskKind.Token, "[NAME]")]
    [InlineData(MaskKind.Partial, "[NAME]")]
    [InlineData(MaskKind.Null, null)]
    public void A_computed_value_is_a_constant_under_every_operator_and_hides_whether_it_is_null(MaskKind kind, string? expected)
    {
        var mask = ColumnMaskFactory.CreateDerived("NAME", MaskOperator.Of(kind), new MaskedType(Text, -1, IsBinary: false));
        Assert.True(mask.HidesNull);
        Assert.Equal(expected, Apply(mask, "Ada"u8) is { } some ? Encoding.UTF8.GetString(some) : null);
        Assert.Equal(expected, Apply(mask, ""u8) is { } none ? Encoding.UTF8.GetString(none) : null);
    }

    [Fact]
    public void Redacted_jsonb_is_jsonb_in_both_formats()
    {
        Assert.Equal("\"[NAME]\"", MaskText(MaskKind.Redact, Jsonb, -1, binary: false, "{}"));
        Assert.Equal("\u0001\"[NAME]\"", MaskText(MaskKind.Redact, Jsonb, -1, binary: true, "\u0001{}"));
    }

    [Fact]
    public void What_has_no_valid_masked_form_becomes_null()
    {
        uint[] all = [.. OtherTypes, Text, Varchar, Bpchar, Name, Json, Jsonb, Uuid, Date, Timestamp, Timestamptz];
        foreach (var (oid, binary) in all.SelectMany(oid => new[] { (oid, false), (oid, true) }))
        {
            Assert.Null(Apply(MaskKind.Null, oid, -1, binary, "x"u8));
        }

        foreach (var (oid, binary) in OtherTypes.SelectMany(oid => new[] { (oid, false), (oid, true) }))
        {
            foreach (var kind in Kinds.Where(kind => kind is not (MaskKind.Sentinel or MaskKind.Age)))
            {
                Assert.Null(Apply(kind, oid, -1, binary, "12345678"u8));
                Assert.Null(Apply(kind, oid, -1, binary, [0, 0, 0, 1, 2, 3, 4, 5]));
            }
        }

        Assert.Null(Apply(MaskKind.Year, Text, -1, binary: false, "1990-01-31"u8));
        Assert.Null(Apply(MaskKind.Token, Date, -1, binary: false, "1990-01-31"u8));
        Assert.Null(Apply(MaskKind.Partial, Uuid, -1, binary: false, "1990-01-31"u8));
    }

    [Fact]
    public void A_type_of_an_extension_that_is_text_is_masked_as_text()
    {
        foreach (var binary in new[] { false, true })
        {
            var citext = new MaskedType(16_500, -1, binary, IsTextLike: true);
            Assert.Equal("[NAME]"u8.ToArray(), Apply(ColumnMaskFactory.Create("NAME", MaskOperator.Of(MaskKind.Redact), citext, _keys, _clock), "x"u8));
            Assert.Null(Apply(ColumnMaskFactory.Create("NAME", MaskOperator.Of(MaskKind.Redact), citext with { IsTextLike = false }, _keys, _clock), "x"u8));
        }
    }

    [Theory]
    [InlineData(Text, -1, 31)]
    [InlineData(Varchar, 4 + 31, 31)]
    [InlineData(Varchar, 4 + 30, 16)]
    [InlineData(Varchar, 4 + 11, 11)]
    [InlineData(Varchar, 4 + 8, 8)]
    [InlineData(Bpchar, 4 + 11, 11)]
    [InlineData(Bpchar, 4 + 36, 36)]
    [InlineData(Name, -1, 31)]
    public void A_token_fits_its_type(uint oid, int modifier, int length)
    {
        var token = MaskText(MaskKind.Token, oid, modifier, binary: false, "Ada");
        Assert.Equal(length, token.Length);
        Assert.Matches(length >= 31 ? "^tok_name_s[a-p]{4}_[a-z2-7]{16} *$" : "^[a-z2-7]+$", token);
    }

    [Fact]
    public void A_type_too_short_for_a_token_gets_stars() => Assert.Equal("*******", MaskText(MaskKind.Token, Varchar, 4 + 7, binary: false, "Ada"));

    [Fact]
    public void Equal_values_share_a_token_across_formats_text_types_and_padding()
    {
        var token = MaskText(MaskKind.Token, Text, -1, binary: false, "Ada");
        Assert.Equal(token, MaskText(MaskKind.Token, Text, -1, binary: true, "Ada"));
        Assert.Equal(token, MaskText(MaskKind.Token, Varchar, -1, binary: true, "Ada"));
        Assert.Equal(token, MaskText(MaskKind.Token, Bpchar, -1, binary: false, "Ada   "));
        Assert.Equal(token, MaskText(MaskKind.Token, Bpchar, 4 + 36, binary: false, "Ada   ").TrimEnd());
        Assert.NotEqual(token, MaskText(MaskKind.Token, Text, -1, binary: false, "Ada "));
        Assert.NotEqual(token, MaskText(MaskKind.Token, Text, -1, binary: false, "ada"));
    }

    [Fact]
    public void Tags_and_sessions_have_tokens_of_their_own()
    {
        var token = MaskText(MaskKind.Token, Text, -1, binary: false, "Ada");
        using var others = MaskKeys.ForSession();
        var column = new MaskedType(Text, -1, IsBinary: false);
        Assert.NotEqual(token, Encoding.UTF8.GetString(Apply(ColumnMaskFactory.Create("NAME", MaskOperator.Of(MaskKind.Token), column, others, _clock), "Ada"u8)!));
        var mrn = Encoding.UTF8.GetString(Apply(ColumnMaskFactory.Create("MRN", MaskOperator.Of(MaskKind.Token), column, _keys, _clock), "Ada"u8)!);
        Assert.NotEqual(token[^16..], mrn[^16..]);
    }

    [Fact]
    public void An_odd_tag_never_reaches_the_value()
    {
        var column = new MaskedType(Json, -1, IsBinary: false);
        Assert.Equal("\"[PHI]\"", Encoding.UTF8.GetString(Apply(ColumnMaskFactory.Create("a\"b", MaskOperator.Of(MaskKind.Redact), column, _keys, _clock), "{}"u8)!));
    }

    [Fact]
    public void A_uuid_becomes_the_same_other_uuid_in_both_formats()
    {
        var uuid = Guid.Parse("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", CultureInfo.InvariantCulture);
        var text = Guid.ParseExact(MaskText(MaskKind.Token, Uuid, -1, binary: false, uuid.ToString()), "D");
        var binary = new Guid(Apply(MaskKind.Token, Uuid, -1, binary: true, uuid.ToByteArray(bigEndian: true))!, bigEndian: true);
        Assert.Equal(text, binary);
        Assert.NotEqual(uuid, text);
        Assert.Equal(8, text.Version);
        Assert.Null(Apply(MaskKind.Token, Uuid, -1, binary: false, "{0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0}"u8));
        Assert.Null(Apply(MaskKind.Token, Uuid, -1, binary: false, "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1fg"u8));
        Assert.Null(Apply(MaskKind.Token, Uuid, -1, binary: true, new byte[15]));
    }

    [Theory]
    [InlineData("123-45-6789", "******6789")]
    [InlineData("123456789", "******6789")]
    [InlineData("12345678", "******78")]
    [InlineData("123456", "******56")]
    [InlineData("12345", "******")]
    [InlineData("", "******")]
    [InlineData("Zoë Müller-Ångström", "******tröm")]
    [InlineData("ab😀cd😀ef😀", "******😀ef😀")]
    public void Partial_keeps_a_short_tail(string value, string expected)
    {
        Assert.Equal(expected, MaskText(MaskKind.Partial, Text, -1, binary: false, value));
        Assert.Equal(expected, MaskText(MaskKind.Partial, Text, -1, binary: true, value));
    }

    [Theory]
    [InlineData(Varchar, 4 + 9, "123456789", "*****6789")]
    [InlineData(Varchar, 4 + 1, "1", "*")]
    [InlineData(Bpchar, 4 + 11, "123-45-6789", "******6789 ")]
    [InlineData(Bpchar, 4 + 11, "1234       ", "******     ")]
    [InlineData(Bpchar, 4 + 9, "é23456789", "*****6789")]
    public void Partial_fits_its_type(uint oid, int modifier, string value, string expected) =>
        Assert.Equal(expected, MaskText(MaskKind.Partial, oid, modifier, binary: false, value));

    [Fact]
    public void Partial_of_broken_text_is_null() => Assert.Null(Apply(MaskKind.Partial, Text, -1, binary: false, [(byte)'a', (byte)'b', (byte)'c', (byte)'d', (byte)'e', (byte)'f', (byte)'g', (byte)'h', (byte)'i', 0xFF]));

    [Theory]
    [InlineData(Date, "1990-07-31", "1990-01-01")]
    [InlineData(Date, "2026-11-21", "2026-01-01")]
    [InlineData(Date, "1937-01-01", "1937-01-01")]
    [InlineData(Date, "1936-12-31", "1936-01-01")]
    [InlineData(Date, "1935-12-31", "1936-01-01")]
    [InlineData(Date, "0001-01-01", "1936-01-01")]
    [InlineData(Date, "0044-03-15 BC", "1936-01-01")]
    [InlineData(Date, "9999-12-31", "9999-01-01")]
    [InlineData(Date, "10000-01-01", null)]
    [InlineData(Date, "infinity", null)]
    [InlineData(Date, "-infinity", null)]
    [InlineData(Date, "07/31/1990", null)]
    [InlineData(Date, "31.07.1990", null)]
    [InlineData(Date, "07-31-1990", null)]
    [InlineData(Date, "1990-13-01", null)]
    [InlineData(Date, "1990-02-30", null)]
    [InlineData(Date, "1990-07-31 00:00:00", null)]
    [InlineData(Date, "", null)]
    [InlineData(Timestamp, "1990-07-31 23:59:59.999999", "1990-01-01 00:00:00")]
    [InlineData(Timestamp, "1990-07-31 23:59:59", "1990-01-01 00:00:00")]
    [InlineData(Timestamp, "0044-03-15 12:00:00 BC", "1936-01-01 00:00:00")]
    [InlineData(Timestamp, "1990-07-31", null)]
    [InlineData(Timestamp, "1990-07-31 24:00:00", null)]
    [InlineData(Timestamp, "1990-07-31 23:59:59.", null)]
    [InlineData(Timestamp, "1990-07-31 23:59:59+00", null)]
    [InlineData(Timestamp, "Tue Jul 31 23:59:59 1990", null)]
    [InlineData(Timestamptz, "1990-07-31 23:59:59+02", "1990-01-01 12:00:00+00")]
    [InlineData(Timestamptz, "1990-12-31 22:00:00-05", "1991-01-01 12:00:00+00")]
    [InlineData(Timestamptz, "1991-01-01 05:29:59.5+05:30", "1990-01-01 12:00:00+00")]
    [InlineData(Timestamptz, "1991-01-01 05:30:00+05:30", "1991-01-01 12:00:00+00")]
    [InlineData(Timestamptz, "1880-01-01 00:19:32+00:19:32", "1936-01-01 12:00:00+00")]
    [InlineData(Timestamptz, "1990-07-31 23:59:59", null)]
    [InlineData(Timestamptz, "1990-07-31 23:59:59 CEST", null)]
    public void Year_of_text(uint oid, string value, string? expected)
    {
        var masked = Apply(MaskKind.Year, oid, -1, binary: false, Encoding.UTF8.GetBytes(value));
        Assert.Equal(expected, masked is null ? null : Encoding.UTF8.GetString(masked));
    }

    [Fact]
    public void Year_of_binary_values_says_the_same_as_of_text()
    {
        for (var day = new DateOnly(1900, 1, 1); day < new DateOnly(2040, 1, 1); day = day.AddDays(17))
        {
            var days = day.DayNumber - Epoch.DayNumber;
            var text = Encoding.ASCII.GetBytes(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
            Assert.Equal(Encoding.ASCII.GetString(Apply(MaskKind.Year, Date, -1, binary: false, text)!), DateText(Apply(MaskKind.Year, Date, -1, binary: true, Int32(days))!));

            var micros = (days * 86_400_000_000L) + 86_399_999_999L;
            byte[] stamp = [.. text, .. " 23:59:59.999999"u8];
            Assert.Equal(Encoding.ASCII.GetString(Apply(MaskKind.Year, Timestamp, -1, binary: false, stamp)!), TimestampText(Apply(MaskKind.Year, Timestamp, -1, binary: true, Int64(micros))!));
            byte[] zoned = [.. stamp, .. "+00"u8];
            Assert.Equal(
                Encoding.ASCII.GetString(Apply(MaskKind.Year, Timestamptz, -1, binary: false, zoned)!),
                TimestampText(Apply(MaskKind.Year, Timestamptz, -1, binary: true, Int64(micros))!) + "+00");
        }
    }

    [Fact]
    public void Binary_dates_at_the_edges_are_bucketed_or_null()
    {
        Assert.Equal("1936-01-01", DateText(Apply(MaskKind.Year, Date, -1, binary: true, Int32(int.MinValue + 1))!));
        Assert.Equal("1936-01-01 00:00:00", TimestampText(Apply(MaskKind.Year, Timestamp, -1, binary: true, Int64(long.MinValue + 1))!));
        Assert.Null(Apply(MaskKind.Year, Date, -1, binary: true, Int32(int.MaxValue)));
        Assert.Null(Apply(MaskKind.Year, Date, -1, binary: true, Int32(int.MinValue)));
        Assert.Null(Apply(MaskKind.Year, Date, -1, binary: true, Int32(int.MaxValue - 1)));
        Assert.Null(Apply(MaskKind.Year, Timestamp, -1, binary: true, Int64(long.MaxValue)));
        Assert.Null(Apply(MaskKind.Year, Timestamp, -1, binary: true, Int64(long.MinValue)));
        Assert.Null(Apply(MaskKind.Year, Timestamp, -1, binary: true, Int64(long.MaxValue - 1)));
        Assert.Null(Apply(MaskKind.Year, Date, -1, binary: true, new byte[3]));
        Assert.Null(Apply(MaskKind.Year, Timestamptz, -1, binary: true, new byte[4]));
    }

    [Fact]
    public void The_bucket_moves_with_the_clock()
    {
        var mask = ColumnMaskFactory.Create("DATE", MaskOperator.Of(MaskKind.Year), new MaskedType(Date, -1, IsBinary: false), _keys, _clock);
        Assert.Equal("1936-01-01", Encoding.ASCII.GetString(Apply(mask, "1936-06-01"u8)!));
        _clock.Advance(TimeSpan.FromDays(60));
        Assert.Equal("1937-01-01", Encoding.ASCII.GetString(Apply(mask, "1936-06-01"u8)!));
    }

    [Fact]
    public void No_input_breaks_a_mask_or_passes_through_it() => Prop.ForAll<byte[]>(value =>
    {
        foreach (var (kind, oid, binary) in AllMasks())
        {
            // Apply checks the promised size; what is left of a value may only be its last characters.
            var masked = Apply(kind, oid, -1, binary, value);
            var known = kind switch { MaskKind.Partial => 16, MaskKind.SameShape => int.MaxValue, _ => 0 };
            if (masked is not null && value.Length > Math.Max(known, 3) && masked.AsSpan().IndexOf(value) >= 0)
            {
                return false;
            }
        }

        return true;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Masking_a_row_allocates_nothing()
    {
        var value = "1990-07-31"u8;
        var destination = new byte[128];
        ColumnMask[] masks = [.. AllMasks().Select(mask => ColumnMaskFactory.Create("NAME", MaskOperator.Of(mask.Kind), new MaskedType(mask.Oid, -1, mask.Binary), _keys, _clock))];
        foreach (var mask in masks)
        {
            mask.Write(value, destination);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var row = 0; row < 100; row++)
        {
            foreach (var mask in masks)
            {
                mask.Write(value, destination);
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static IEnumerable<(MaskKind Kind, uint Oid, bool Binary)> AllMasks() =>
        from kind in Kinds
        from oid in new[] { Text, Varchar, Bpchar, Name, Json, Jsonb, Uuid, Date, Timestamp, Timestamptz, 16u, 23u, 1700u, 1009u }
        from binary in new[] { false, true }
        select (kind, oid, binary);

    private static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Int64(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }

    private static string DateText(byte[] value) =>
        Epoch.AddDays(BinaryPrimitives.ReadInt32BigEndian(value)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string TimestampText(byte[] value) => Epoch.ToDateTime(TimeOnly.MinValue)
        .AddTicks(BinaryPrimitives.ReadInt64BigEndian(value) * 10).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private string MaskText(MaskKind kind, uint oid, int modifier, bool binary, string value) =>
        Encoding.UTF8.GetString(Apply(kind, oid, modifier, binary, Encoding.UTF8.GetBytes(value))!);

    private byte[]? Apply(MaskKind kind, uint oid, int modifier, bool binary, ReadOnlySpan<byte> value) =>
        Apply(ColumnMaskFactory.Create("NAME", MaskOperator.Of(kind), new MaskedType(oid, modifier, binary), _keys, _clock), value);

    private static byte[]? Apply(ColumnMask mask, ReadOnlySpan<byte> value)
    {
        // Exactly the promised room: a mask that writes more fails here.
        var destination = new byte[Math.Max(mask.MaxBytes, value.Length)];
        var length = mask.Write(value, destination);
        return length < 0 ? null : destination[..length];
    }
}
