using System.Buffers.Binary;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Messages;

public sealed class StartupPacketTests
{
    private static byte[] Startup(int version, string parameters) =>
        [.. BitConverter.GetBytes(BinaryPrimitives.ReverseEndianness(version)), .. Encoding.UTF8.GetBytes(parameters)];

    [Fact]
    public void A_startup_message_gives_version_and_parameters_in_order()
    {
        var packet = Assert.IsType<StartupPacket.Startup>(StartupPacket.Read(Startup(3 << 16, "user\0ann\0database\0clinic\0\0")));
        Assert.Equal((3, 0), (packet.Major, packet.Minor));
        Assert.Equal("clinic", packet.Get("database"));
        Assert.Equal("", packet.Get("options"));
    }

    [Fact]
    public void Requests_are_told_apart_by_their_codes()
    {
        Assert.IsType<StartupPacket.SslRequest>(StartupPacket.Read(Startup(80877103, "")));
        Assert.IsType<StartupPacket.GssEncRequest>(StartupPacket.Read(Startup(80877104, "")));
        var cancel = Assert.IsType<StartupPacket.Cancel>(StartupPacket.Read([.. Startup(80877102, ""), 0, 0, 0, 7, 1, 2, 3, 4]));
        Assert.Equal(7, cancel.ProcessId);
        Assert.Equal([1, 2, 3, 4], cancel.Secret);
    }

    [Theory]
    [InlineData("user\0ann\0")]
    [InlineData("user\0ann")]
    [InlineData("user\0ann\0\0more")]
    [InlineData("")]
    public void A_startup_message_that_does_not_end_as_it_must_is_refused(string parameters) =>
        Assert.Throws<PostgresProtocolException>(() => StartupPacket.Read(Startup(3 << 16, parameters)));

    [Fact]
    public void Too_many_parameters_are_refused() =>
        Assert.Throws<PostgresProtocolException>(() =>
            StartupPacket.Read(Startup(3 << 16, string.Concat(Enumerable.Range(0, 65).Select(i => $"p{i}\0v\0")) + "\0")));

    [Fact]
    public void Any_bytes_give_a_packet_or_the_protocols_own_exception()
    {
        var random = new SeededBytes(20261121);
        var valid = Startup(3 << 16, "user\0ann\0database\0clinic\0options\0-c x=y\0\0");
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = i % 2 == 0 ? random.Mutate(valid) : random.Bytes(random.Next(64));
            try
            {
                Assert.NotNull(StartupPacket.Read(bytes));
            }
            catch (PostgresProtocolException)
            {
                // The allowed answer to garbage.
            }
        }
    }
}
