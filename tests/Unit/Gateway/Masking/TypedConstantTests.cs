using System.Text;
using System.Text.Json;
using Sallyport.Gateway.Masking;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class TypedConstantTests : IDisposable
{
    private readonly MaskRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory]
    [InlineData(25u, "withheld", "withheld", "7769746868656C64")]
    [InlineData(16u, "true", "t", "01")]
    [InlineData(16u, "yes", null, null)]
    [InlineData(21u, "-7", "-7", "FFF9")]
    [InlineData(21u, "70000", null, null)]
    [InlineData(23u, "42", "42", "0000002A")]
    [InlineData(20u, "42", "42", "000000000000002A")]
    [InlineData(26u, "42", "42", "0000002A")]
    [InlineData(700u, "0.5", "0.5", "3F000000")]
    [InlineData(701u, "-1e3", "-1000", "C08F400000000000")]
    [InlineData(1700u, "12345.6780", "12345.6780", "000300010000000400010929" + "1A7C")]
    [InlineData(1700u, "-0.05", "-0.05", "0001FFFF4000000201F4")]
    [InlineData(1700u, "0", "0", "0000000000000000")]
    [InlineData(1700u, "20000", "20000", "00010001000000000002")]
    [InlineData(1082u, "2000-01-02", "2000-01-02", "00000001")]
    [InlineData(1082u, "2000-02-30", null, null)]
    [InlineData(1083u, "00:00:01", "00:00:01", "00000000000F4240")]
    [InlineData(1114u, "2000-01-01 00:00:01", "2000-01-01 00:00:01", "00000000000F4240")]
    [InlineData(1184u, "2000-01-01", "2000-01-01 00:00:00+00", "0000000000000000")]
    [InlineData(2950u, "00000000-0000-8000-8000-000000000001", "00000000-0000-8000-8000-000000000001", "00000000000080008000000000000001")]
    [InlineData(114u, "{\"a\": 1}", "{\"a\": 1}", "7B2261223A20317D")]
    [InlineData(3802u, "1", "1", "0131")]
    [InlineData(114u, "n/a \"x\"", "\"n/a \\u0022x\\u0022\"", null)]
    [InlineData(3904u, "1", null, null)]
    [InlineData(869u, "1.2.3.4", null, null)]
    public void A_constant_is_written_as_its_type_writes_it_or_not_at_all(uint oid, string constant, string? text, string? binaryHex)
    {
        var operation = new MaskOperator.Constant(constant);
        Assert.Equal(text, _run.Text(operation, oid, "value"));
        var binary = _run.Apply(operation, new MaskedType(oid, -1, IsBinary: true), "value"u8);
        Assert.Equal(text is null, binary is null);
        if (binaryHex is not null)
        {
            Assert.Equal(binaryHex, Convert.ToHexString(binary!));
        }
    }

    [Fact]
    public void A_constant_that_is_too_long_for_its_column_becomes_stars()
    {
        Assert.Equal("****", _run.Text(new MaskOperator.Constant("withheld"), 1043, "value", 4 + 4));
        Assert.Equal("né  ", _run.Text(new MaskOperator.Constant("né"), 1042, "value", 4 + 4));
    }

    [Fact]
    public void A_constant_of_an_enum_must_be_one_of_its_labels()
    {
        var type = new MaskedType(20_000, -1, IsBinary: true) { Shape = TypeShape.Enum, Labels = ["low", "high"] };
        Assert.Equal("low"u8.ToArray(), _run.Apply(new MaskOperator.Constant("low"), type, "high"u8));
        Assert.Null(_run.Apply(new MaskOperator.Constant("withheld"), type, "high"u8));
        Assert.Null(_run.Apply(new MaskOperator.Sentinel(), type, "high"u8));
        Assert.Null(_run.Apply(new MaskOperator.Redact(), type, "high"u8));
    }

    [Theory]
    [InlineData(23u, "0", "00000000")]
    [InlineData(1700u, "0", "0000000000000000")]
    [InlineData(1082u, "1900-01-01", "FFFF7154")]
    [InlineData(2950u, "00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000")]
    [InlineData(869u, "0.0.0.0", "0220000400000000")]
    [InlineData(3904u, "empty", "01")]
    [InlineData(4451u, "{}", "00000000")]
    [InlineData(2249u, null, null)]
    [InlineData(99_999u, null, null)]
    public void A_sentinel_is_the_types_plainest_value(uint oid, string? text, string? hex)
    {
        Assert.Equal(text, _run.Text(new MaskOperator.Sentinel(), oid, "value"));
        Assert.Equal(hex, _run.Apply(new MaskOperator.Sentinel(), new MaskedType(oid, -1, IsBinary: true), "value"u8) is { } binary ? Convert.ToHexString(binary) : null);
    }

    [Fact]
    public void A_sentinel_of_bits_has_as_many_as_the_column()
    {
        var type = new MaskedType(1560, 11, IsBinary: false);
        Assert.Equal("00000000000"u8.ToArray(), _run.Apply(new MaskOperator.Sentinel(), type, "10101010101"u8));
        Assert.Equal([0, 0, 0, 11, 0, 0], _run.Apply(new MaskOperator.Sentinel(), type with { IsBinary = true }, [0, 0, 0, 11, 0xFF, 0xE0]));
    }

    [Fact]
    public void Types_that_users_make_have_sentinels_by_their_shape()
    {
        var type = new MaskedType(20_000, -1, IsBinary: true);
        Assert.Equal([1], _run.Apply(new MaskOperator.Sentinel(), type with { Shape = TypeShape.Range }, [2]));
        Assert.Equal(new byte[4], _run.Apply(new MaskOperator.Sentinel(), type with { Shape = TypeShape.Multirange }, [2]));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x4E, 0x21], _run.Apply(new MaskOperator.Sentinel(), type with { Shape = TypeShape.Array, ElementOid = 20_001 }, [2]));
    }

    [Theory]
    [InlineData(1009u, -1, "{[NAME]}")]
    [InlineData(1015u, 4 + 20, "{[NAME]}")]
    [InlineData(1015u, 4 + 3, "{***}")]
    [InlineData(1014u, 4 + 8, "{\"[NAME]  \"}")]
    [InlineData(1003u, -1, "{[NAME]}")]
    public void An_array_of_text_becomes_one_element_however_many_it_had(uint oid, int modifier, string expected)
    {
        foreach (var kind in new[] { MaskKind.Redact, MaskKind.Token, MaskKind.Sentinel })
        {
            Assert.Equal(expected, _run.Text(MaskOperator.Of(kind), oid, "{a,b,c}", modifier));
            var binary = _run.Apply(MaskOperator.Of(kind), new MaskedType(oid, modifier, IsBinary: true), "anything"u8)!;
            var element = expected.Trim('{', '}').Trim('"');
            Assert.Equal(24 + element.Length, binary.Length);
            Assert.Equal(element, Encoding.UTF8.GetString(binary[24..]));
        }
    }

    [Theory]
    [InlineData(23u, "0")]
    [InlineData(25u, "[NAME]")]
    [InlineData(114u, "\"[NAME]\"")]
    [InlineData(1009u, "{[NAME]}")]
    public void A_derived_value_under_sentinel_is_the_types_constant(uint oid, string expected)
    {
        var mask = ColumnMaskFactory.CreateDerived("NAME", new MaskOperator.Sentinel(), new MaskedType(oid, -1, IsBinary: false));
        Assert.True(mask.HidesNull);
        Assert.Equal(expected, Encoding.UTF8.GetString(MaskRun.Apply(mask, "x"u8)!));
        Assert.Equal(expected, Encoding.UTF8.GetString(MaskRun.Apply(mask, ""u8)!));
    }

    [Fact]
    public void What_is_written_into_json_is_json()
    {
        foreach (var constant in new[] { "a\"b\\", "<é>", "12", "12x", "null" })
        {
            using var parsed = JsonDocument.Parse(_run.Text(new MaskOperator.Constant(constant), 114, "{}")!);
            Assert.Contains(parsed.RootElement.ValueKind, new[] { JsonValueKind.String, JsonValueKind.Number, JsonValueKind.Null });
        }
    }
}
