using System.Buffers.Binary;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Messages;

public sealed class ArrayElementsTests
{
    [Theory]
    [InlineData("{}", "")]
    [InlineData("{a}", "a")]
    [InlineData(" { a , b } ", "a|b")]
    [InlineData("{\"a,b\",\"c\\\"d\",e\\,f}", "a,b|c\"d|e,f")]
    [InlineData("{a,NULL,\"NULL\",\"\"}", "a|NULL|")]
    [InlineData("{{a,b},{c,d}}", "a|b|c|d")]
    [InlineData("[0:1]={a,b}", "a|b")]
    [InlineData("{a b}", "a b")]
    public void Text_is_taken_apart(string text, string elements) => Assert.Equal(elements, Joined(ArrayElements.Read(Encoding.UTF8.GetBytes(text), isBinary: false, 10)));

    [Theory]
    [InlineData("")]
    [InlineData("a,b")]
    [InlineData("1 2 3")]
    [InlineData("{a")]
    [InlineData("{\"a}")]
    [InlineData("{a,b,c,d}")]
    public void What_is_no_array_or_too_long_has_no_elements(string text) => Assert.Null(ArrayElements.Read(Encoding.UTF8.GetBytes(text), isBinary: false, 3));

    [Fact]
    public void Binary_is_taken_apart()
    {
        Assert.Equal("a|bc", Joined(ArrayElements.Read(Binary("a", null, "bc"), isBinary: true, 2)));
        Assert.Null(ArrayElements.Read(Binary("a", "b", "c"), isBinary: true, 2));
        Assert.Equal("", Joined(ArrayElements.Read(new byte[12], isBinary: true, 2)));
        Assert.Null(ArrayElements.Read(Encoding.UTF8.GetBytes("{a,b,c,d,e,f}"), isBinary: true, 100));
        Assert.Null(ArrayElements.Read(Binary("a", "b").AsMemory(0, 29), isBinary: true, 100));
    }

    [Fact]
    public void Any_bytes_are_read_without_an_exception()
    {
        var random = new SeededBytes(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = random.Mutate(i % 2 == 0 ? Binary("ab", "c") : "{\"a\\\"b\",{c},NULL}"u8.ToArray());
            Assert.True((ArrayElements.Read(bytes, isBinary: i % 2 == 0, 5)?.Count ?? 0) <= 5);
        }
    }

    private static string? Joined(List<ReadOnlyMemory<byte>>? elements) => elements is null ? null : string.Join('|', elements.Select(e => Encoding.UTF8.GetString(e.Span)));

    private static byte[] Binary(params string?[] elements)
    {
        var bytes = new List<byte>([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, (byte)elements.Length, 0, 0, 0, 1]);
        foreach (var element in elements)
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, element?.Length ?? -1);
            bytes.AddRange(length);
            bytes.AddRange(Encoding.UTF8.GetBytes(element ?? ""));
        }

        return [.. bytes];
    }
}
