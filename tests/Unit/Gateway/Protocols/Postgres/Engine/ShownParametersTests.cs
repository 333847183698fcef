using System.Buffers.Binary;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class ShownParametersTests
{
    [Fact]
    public void A_statement_without_a_Bind_has_none() => Assert.Empty(ShownParameters.Of([]));

    [Fact]
    public void Text_values_stand_as_they_are_on_one_line() =>
        Assert.Equal(["'7'", "NULL", @"'a\u000ab'"], ShownParameters.Of(Bind([], "7"u8.ToArray(), null, "a\nb"u8.ToArray())));

    [Fact]
    public void Binary_values_stand_with_every_reading_they_allow() =>
        Assert.Equal(
            ["binary 0000002a, as integer 42", "binary 61626364, as integer 1633837924, as text 'abcd'", "binary 68656c6c6f, as text 'hello'", "binary ff00fe"],
            ShownParameters.Of(Bind([1], [0, 0, 0, 42], "abcd"u8.ToArray(), "hello"u8.ToArray(), [0xff, 0, 0xfe])));

    [Fact]
    public void Each_value_may_have_its_own_format() =>
        Assert.Equal(["'1'", "binary 0001, as integer 1"], ShownParameters.Of(Bind([0, 1], "1"u8.ToArray(), [0, 1])));

    [Fact]
    public void Long_values_and_long_lists_are_marked_as_cut()
    {
        var text = Assert.Single(ShownParameters.Of(Bind([], Encoding.ASCII.GetBytes(new string('x', 5000)))));
        Assert.EndsWith("'... (5000 bytes)", text, StringComparison.Ordinal);
        var many = ShownParameters.Of(Bind([], [.. Enumerable.Repeat("1"u8.ToArray(), 1500)]));
        Assert.Equal("and 500 more parameters, not shown", many[^1]);
    }

    private static byte[] Bind(short[] formats, params byte[]?[] values)
    {
        var bytes = new List<byte>();
        Append(bytes, (short)formats.Length);
        foreach (var format in formats)
        {
            Append(bytes, format);
        }
        Append(bytes, (short)values.Length);
        foreach (var value in values)
        {
            var length = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(length, value?.Length ?? -1);
            bytes.AddRange(length);
            bytes.AddRange(value ?? []);
        }
        return [.. bytes];
    }

    private static void Append(List<byte> bytes, short number)
    {
        var two = new byte[sizeof(short)];
        BinaryPrimitives.WriteInt16BigEndian(two, number);
        bytes.AddRange(two);
    }
}
