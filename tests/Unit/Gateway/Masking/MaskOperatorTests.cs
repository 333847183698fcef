using System.Buffers.Binary;
using Sallyport.Gateway.Masking;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class MaskOperatorTests : IDisposable
{
    private const uint Text = 25;
    private const uint Varchar = 1043;
    private const uint Bpchar = 1042;
    private const uint Int2 = 21;
    private const uint Int4 = 23;
    private const uint Int8 = 20;
    private const uint Float4 = 700;
    private const uint Float8 = 701;
    private const uint Numeric = 1700;

    private readonly MaskRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData("02139", "021")]
    [InlineData("02139-1234", "021")]
    [InlineData("021391234", "021")]
    [InlineData("021", "021")]
    [InlineData("03601", "000")]
    [InlineData("89301-0001", "000")]
    [InlineData("82001", "820")]
    [InlineData("0213", "[NAME]")]
    [InlineData("02139 1234", "[NAME]")]
    [InlineData("0213٩", "[NAME]")]
    [InlineData("SW1A 1AA", "[NAME]")]
    [InlineData("", "[NAME]")]
    public void Zip3_keeps_the_area_unless_few_people_live_there(string value, string expected) =>
        Assert.Equal(expected, _run.Text(new MaskOperator.Zip3(), Text, value));

    [Fact]
    public void Zip3_fits_its_type_and_takes_another_list()
    {
        Assert.Equal("021  ", _run.Text(new MaskOperator.Zip3(), Bpchar, "02139", 4 + 5));
        Assert.Equal("021       ", _run.Text(new MaskOperator.Zip3(), Bpchar, "02139     ", 4 + 10));
        Assert.Equal("**", _run.Text(new MaskOperator.Zip3(), Varchar, "02139", 4 + 2));
        Assert.Null(_run.Text(new MaskOperator.Zip3(), Int4, "2139"));
        var other = new MaskOperator.Zip3(SparseZips.Parse("021 # Cambridge\n")!);
        Assert.Equal("000", _run.Text(other, Text, "02139"));
        Assert.Equal("036", _run.Text(other, Text, "03601"));
    }

    [Fact]
    public void The_built_in_list_has_the_seventeen_areas_of_its_census()
    {
        Assert.Equal("036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893", SparseZips.Census2000.ToString());
        Assert.Equal(SparseZips.Census2000, SparseZips.Parse("# any order\n" + string.Join('\n', SparseZips.Census2000.ToString().Split(' ').Reverse())));
        Assert.Null(SparseZips.Parse("36"));
        Assert.Null(SparseZips.Parse("# nothing"));
        Assert.Null(SparseZips.Parse("0360"));
    }

    [Theory]
    [InlineData("0", "0")]
    [InlineData("89", "89")]
    [InlineData("89.99", "89")]
    [InlineData("90", "90+")]
    [InlineData("104", "90+")]
    [InlineData("99999999999999999999", "90+")]
    [InlineData("-1", null)]
    [InlineData("12 years", null)]
    [InlineData("1e3", null)]
    [InlineData("NaN", null)]
    [InlineData("", null)]
    public void Age_shows_nothing_above_eighty_nine(string value, string? expected)
    {
        Assert.Equal(expected, _run.Text(new MaskOperator.Age(), Text, value));
        Assert.Equal(expected?.TrimEnd('+'), _run.Text(new MaskOperator.Age(), Numeric, value));
        Assert.Equal(expected?.TrimEnd('+'), _run.Text(new MaskOperator.Age(), Int4, value));
    }

    [Fact]
    public void Age_of_binary_numbers_says_the_same()
    {
        for (var age = -3; age < 200; age++)
        {
            var expected = age < 0 ? (int?)null : Math.Min(age, 90);
            Assert.Equal(expected, BinaryAge(Int2, 2, b => BinaryPrimitives.WriteInt16BigEndian(b, (short)age), b => BinaryPrimitives.ReadInt16BigEndian(b)));
            Assert.Equal(expected, BinaryAge(Int4, 4, b => BinaryPrimitives.WriteInt32BigEndian(b, age), b => BinaryPrimitives.ReadInt32BigEndian(b)));
            Assert.Equal(expected, BinaryAge(Int8, 8, b => BinaryPrimitives.WriteInt64BigEndian(b, age), b => (int)BinaryPrimitives.ReadInt64BigEndian(b)));
            var part = age < 0 ? 0 : 0.75;
            Assert.Equal(expected, BinaryAge(Float4, 4, b => BinaryPrimitives.WriteSingleBigEndian(b, (float)(age + part)), b => (int)BinaryPrimitives.ReadSingleBigEndian(b)));
            Assert.Equal(expected, BinaryAge(Float8, 8, b => BinaryPrimitives.WriteDoubleBigEndian(b, age + part), b => (int)BinaryPrimitives.ReadDoubleBigEndian(b)));
            var numeric = NumericForm.Write(age + (decimal)part);
            Assert.Equal(expected, BinaryAge(Numeric, numeric.Length, b => numeric.CopyTo(b), b => NumericForm.WholePart(b, 9_999) ?? -1));
        }

        Assert.Equal(90, BinaryAge(Int8, 8, b => BinaryPrimitives.WriteInt64BigEndian(b, long.MaxValue), b => (int)BinaryPrimitives.ReadInt64BigEndian(b)));
        Assert.Null(BinaryAge(Float8, 8, b => BinaryPrimitives.WriteDoubleBigEndian(b, double.NaN), _ => 0));
        Assert.Null(BinaryAge(Float8, 8, b => BinaryPrimitives.WriteDoubleBigEndian(b, double.PositiveInfinity), _ => 0));
        Assert.Null(BinaryAge(Int4, 3, _ => { }, _ => 0));
        var large = NumericForm.Write(123_456_789m);
        Assert.Equal(90, BinaryAge(Numeric, large.Length, b => large.CopyTo(b), b => NumericForm.WholePart(b, 9_999) ?? -1));
    }

    [Theory]
    [InlineData("123-45-6789", "000-00-0000")]
    [InlineData("A12 bc", "X00 XX")]
    [InlineData("Zoë Müller", "XXX XXXXXX")]
    [InlineData("٣x", "0X")]
    [InlineData("a\tb\u0001", "XXXX")]
    [InlineData("😀.", "X.")]
    [InlineData("", "")]
    public void Same_shape_keeps_length_and_separators(string value, string expected) =>
        Assert.Equal(expected, _run.Text(new MaskOperator.SameShape(), Text, value));

    [Fact]
    public void Same_shape_keeps_padding_and_nothing_of_broken_text()
    {
        Assert.Equal("XX-0  ", _run.Text(new MaskOperator.SameShape(), Bpchar, "ab-7  ", 4 + 6));
        Assert.Null(_run.Apply(new MaskOperator.SameShape(), new MaskedType(Text, -1, IsBinary: false), [(byte)'a', 0xFF]));
    }

    [Theory]
    [InlineData("ada@clinic.example", "******@clinic.example")]
    [InlineData("a@b.co", "******@b.co")]
    [InlineData("a@b.c", "******")]
    [InlineData("ada", "******")]
    [InlineData("@clinic.example", "******")]
    [InlineData("ada@localhost", "******")]
    [InlineData("Ada <ada@clinic.example>", "******")]
    [InlineData("ada@müller.example", "******@müller.example")]
    public void Partial_can_keep_the_domain_of_a_mail_address(string value, string expected)
    {
        Assert.Equal(expected, _run.Text(new MaskOperator.Partial(KeepsDomain: true), Text, value));
        Assert.Equal("*****", _run.Text(new MaskOperator.Partial(KeepsDomain: true), Varchar, value, 4 + 5));
    }

    [Theory]
    [InlineData(1, "123-45-6789", "******9")]
    [InlineData(1, "123456", "******6")]
    [InlineData(3, "123-45-6789", "******789")]
    [InlineData(3, "12345678", "******78")]
    [InlineData(4, "12345", "******")]
    public void Partial_keeps_no_more_than_it_is_told(int keep, string value, string expected) =>
        Assert.Equal(expected, _run.Text(new MaskOperator.Partial(keep), Text, value));

    private int? BinaryAge(uint oid, int length, Action<byte[]> write, Func<byte[], int> read)
    {
        var value = new byte[length];
        write(value);
        return _run.Apply(new MaskOperator.Age(), new MaskedType(oid, -1, IsBinary: true), value) is { } masked ? read(masked) : null;
    }
}
