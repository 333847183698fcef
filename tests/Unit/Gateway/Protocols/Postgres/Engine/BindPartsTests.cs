using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class BindPartsTests
{
    private static byte[] Body()
    {
        var buffer = new MessageBuffer();
        buffer.CString("portal").CString("statement").Int16(1).Int16(1).Int16(2).Int32(3).Bytes([9, 8, 7]).Int32(-1).Int16(2).Int16(0).Int16(1);
        return buffer.Written.ToArray();
    }

    [Fact]
    public void The_parts_lie_where_the_message_puts_them()
    {
        var body = Body();
        var parts = BindParts.Read(body);
        Assert.Equal("portal"u8.ToArray(), body[parts.Portal]);
        Assert.Equal("statement"u8.ToArray(), body[parts.Statement]);
        Assert.Equal([0, 1], parts.ResultFormats(body));
        Assert.True(parts.FormatsFit(2));
        Assert.False(parts.FormatsFit(3));
        Assert.Equal(body.Length - parts.AfterNames - 6, body[parts.Parameters].Length);
    }

    [Fact]
    public void A_message_cut_anywhere_is_refused()
    {
        var body = Body();
        for (var length = 0; length < body.Length; length++)
        {
            Assert.Throws<PostgresProtocolException>(() => BindParts.Read(body.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Any_bytes_give_parts_or_the_protocols_own_exception()
    {
        var random = new SeededBytes(7);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = random.Mutate(Body());
            try
            {
                var parts = BindParts.Read(bytes);
                Assert.True(parts.ResultFormats(bytes).Length <= FieldType.MaxFields);
            }
            catch (PostgresProtocolException)
            {
                // The allowed answer to garbage.
            }
        }
    }
}
