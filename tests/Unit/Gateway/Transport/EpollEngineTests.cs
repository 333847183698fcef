using System.Net;
using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

public sealed class EpollEngineTests : TransportContract
{
    protected override TransportKind Kind => TransportKind.Epoll;

    [Fact]
    public async Task A_round_trip_allocates_nothing()
    {
        const int Rounds = 2_000;
        await using var engine = TransportEngine.Create(new TransportOptions { Kind = Kind, Loops = 1 });
        using var listener = engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        await engine.RunAsync(async () =>
        {
            using var wire = await engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, TimeSpan.FromSeconds(10), default);
            var message = new byte[100];
            await RoundTripsAsync(wire, message, Rounds);
            var before = GC.GetAllocatedBytesForCurrentThread();
            await RoundTripsAsync(wire, message, Rounds);

            // Client and server run on this one thread. The async method itself and its promotion allocate once.
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000);
        });
    }

    [Fact]
    public async Task A_stalled_loop_is_counted()
    {
        await using var engine = TransportEngine.Create(new TransportOptions { Kind = Kind, Loops = 1 });
        await engine.RunAsync(() =>
        {
            SpinWait.SpinUntil(() => false, TimeSpan.FromMilliseconds(20));
            return Task.CompletedTask;
        });

        // The stall is noted right after the turn that caused it, before anything else runs on the loop.
        await engine.RunAsync(() => Task.CompletedTask);
        Assert.NotEqual(0, engine.Counters.Stalls);
        Assert.True(engine.Counters.LongestStallMicroseconds >= 15_000);
    }

    private static async Task RoundTripsAsync(Wire wire, byte[] message, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            await wire.SendAsync(message);
            for (var have = 0; have < message.Length;)
            {
                await wire.WaitReadableAsync();
                have += await wire.ReceiveAsync(message.AsMemory(have));
            }
        }
    }
}
