using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

public sealed class MemoryWireTests
{
    [Fact]
    public async Task Bytes_come_out_as_they_went_in_however_they_are_cut()
    {
        var (client, server) = MemoryWire.Pair();
        var seen = new List<byte>();
        client.Received = piece => seen.AddRange(piece.Span);
        await server.SendAsync(new byte[] { 1, 2, 3 });
        await server.SendAsync(new byte[] { 4 });
        var buffer = new byte[2];
        Assert.Equal(2, await client.ReceiveAsync(buffer));
        Assert.Equal([1, 2], buffer);
        Assert.Equal(1, await client.ReceiveAsync(buffer));
        Assert.Equal(1, await client.ReceiveAsync(buffer));
        Assert.Equal(4, buffer[0]);
        Assert.Equal([1, 2, 3, 4], seen);
    }

    [Fact]
    public async Task An_aborted_wire_ends_both_directions()
    {
        var (client, server) = MemoryWire.Pair();
        client.Abort();
        Assert.Equal(0, await server.ReceiveAsync(new byte[1]));
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]));
        await Assert.ThrowsAsync<IOException>(async () => await server.SendAsync(new byte[1]));
        Assert.True(server.IsPeerGone);
        client.Abort();
    }
}
