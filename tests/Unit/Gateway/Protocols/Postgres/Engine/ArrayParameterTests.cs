using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class ArrayParameterTests
{
    [Theory]
    [InlineData("{a,tok,NULL}", "{\"a\",\"st\"\"ored\",NULL}")]
    [InlineData("{\"tok\",\"a,b\",\"c\\\"d\\\\e\"}", "{\"st\"\"ored\",\"a,b\",\"c\\\"d\\\\e\"}")]
    [InlineData("{\"NULL\",tok}", "{\"NULL\",\"st\"\"ored\"}")]
    [InlineData("{\"\",tok}", "{\"\",\"st\"\"ored\"}")]
    [InlineData("{a,b}", null)]
    [InlineData("{}", null)]
    public void Elements_of_a_text_array_are_exchanged_one_by_one(string array, string? expected)
    {
        Assert.True(ArrayParameter.TryExchange(Encoding.UTF8.GetBytes(array), isBinary: false, Exchange, out var result));
        Assert.False(result.IsUnknown);
        Assert.Equal(expected?.Replace("st\"\"ored", "st\\\"ored", StringComparison.Ordinal), result.Value is { } value ? Encoding.UTF8.GetString(value) : null);
    }

    [Theory]
    [InlineData("{{tok}}")]
    [InlineData("[1:1]={tok}")]
    [InlineData("{tok")]
    [InlineData("tok")]
    [InlineData("{\"tok}")]
    [InlineData("{tok,}")]
    [InlineData("{tok, a}")]
    public void What_is_no_plain_array_is_left_to_the_server(string array) =>
        Assert.False(ArrayParameter.TryExchange(Encoding.UTF8.GetBytes(array), isBinary: false, Exchange, out _));

    [Fact]
    public void Elements_of_a_binary_array_are_exchanged_one_by_one()
    {
        Assert.True(ArrayParameter.TryExchange(Binary("a", "tok", null), isBinary: true, Exchange, out var result));
        Assert.Equal(Binary("a", "st\"ored", null), result.Value);
        Assert.True(ArrayParameter.TryExchange(Binary("a", null), isBinary: true, Exchange, out result));
        Assert.Null(result.Value);
        Assert.False(ArrayParameter.TryExchange(Binary("a").AsSpan(0, 24), isBinary: true, Exchange, out _));
        Assert.False(ArrayParameter.TryExchange(new byte[12], isBinary: true, Exchange, out _));
    }

    [Fact]
    public void One_unknown_token_makes_the_array_unknown()
    {
        Assert.True(ArrayParameter.TryExchange("{tok,bad}"u8, isBinary: false, Exchange, out var result));
        Assert.True(result.IsUnknown);
        Assert.Null(result.Value);
    }

    [Fact]
    public void Any_bytes_are_an_array_or_none() => Prop.ForAll<byte[]>(bytes =>
    {
        foreach (var binary in new[] { false, true })
        {
            ArrayParameter.TryExchange(bytes, binary, Exchange, out _);
            ArrayParameter.TryExchange([(byte)'{', .. bytes, (byte)'}'], binary, Exchange, out _);
        }
    }).QuickCheckThrowOnFailure();

    private static TokenExchange Exchange(ReadOnlySpan<byte> element) => Encoding.UTF8.GetString(element) switch
    {
        "tok" => new TokenExchange { Value = "st\"ored"u8.ToArray() },
        "bad" => new TokenExchange { IsUnknown = true },
        _ => default,
    };

    private static byte[] Binary(params string?[] elements)
    {
        var bytes = new List<byte>();
        foreach (var number in new[] { 1, 0, 25, elements.Length, 1 })
        {
            Add(bytes, number);
        }

        foreach (var element in elements)
        {
            Add(bytes, element?.Length ?? -1);
            bytes.AddRange(Encoding.UTF8.GetBytes(element ?? ""));
        }

        return [.. bytes];
    }

    private static void Add(List<byte> bytes, int number)
    {
        var four = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(four, number);
        bytes.AddRange(four);
    }
}
