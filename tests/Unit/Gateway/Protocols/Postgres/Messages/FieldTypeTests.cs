using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Messages;

public sealed class FieldTypeTests
{
    private static byte[] Description(short format)
    {
        var buffer = new MessageBuffer();
        buffer.Begin(BackendMessage.RowDescription).Int16(2);
        foreach (var name in new[] { "id", "ä\"x" })
        {
            buffer.CString(name).Int32(16384).Int16(1).Int32(25).Int16(-1).Int32(-1).Int16(format);
        }

        buffer.End();
        return buffer.Written.ToArray();
    }

    [Fact]
    public void A_description_in_binary_differs_in_the_formats_only() => Assert.Equal(Description(1), FieldType.InBinary(Description(0)));

    [Fact]
    public void No_description_stays_none() => Assert.Empty(FieldType.InBinary([]));
}
