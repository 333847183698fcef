using System.Net;
using System.Security.Cryptography;
using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

public abstract partial class TransportContract
{
    private const int Megabyte = 1 << 20;

    /// <summary>Repeated as often as needed; its length fits no buffer.</summary>
    private static readonly byte[] Pattern = RandomNumberGenerator.GetBytes(Megabyte + 3);

    [Fact]
    public async Task Any_split_of_the_bytes_arrives_as_sent()
    {
        var message = RandomNumberGenerator.GetBytes(200);
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            for (var split = 1; split < message.Length; split++)
            {
                await wire.SendAsync(message.AsMemory(0, split));
                await wire.SendAsync(message.AsMemory(split));
                var received = new byte[message.Length];
                for (var have = 0; have < received.Length;)
                {
                    // A different room each time: short reads, exact reads and leftovers.
                    var room = Math.Min(1 + (split % 7 * 31), received.Length - have);
                    await wire.WaitReadableAsync();
                    have += await wire.ReceiveAsync(received.AsMemory(have, room));
                }

                Assert.Equal(message, received);
            }
        });
    }

    [Fact]
    public async Task Sixty_four_megabytes_each_way_with_a_slow_reader()
    {
        const int Room = 16 * 1024;
        const int Total = 64 * Megabyte;
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
        {
            var sending = SendPatternAsync(wire, Total);
            await ReceivePatternAsync(wire, Room, pauseEvery: 64);
            await sending;
        });
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            var sending = SendPatternAsync(wire, Total);
            Assert.Equal(Total, await ReceivePatternAsync(wire, Room, pauseEvery: 50));
            await sending;
        });
    }

    [Fact]
    public async Task A_busy_session_does_not_keep_the_others_waiting()
    {
        using var flood = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), FillAsync);
        using var echo = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        var swallowed = 0L;
        var stop = false;
        var busy = _engine.RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", flood.LocalEndPoint.Port, Timeout, default);
            var buffer = new byte[1024];
            while (!Volatile.Read(ref stop))
            {
                Interlocked.Add(ref swallowed, await wire.ReceiveAsync(buffer));
            }
        });
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", echo.LocalEndPoint.Port, Timeout, default);
            for (var i = 0; i < 200; i++)
            {
                await wire.SendAsync("ping"u8.ToArray());
                await ReceiveExactlyAsync(wire, 4);
            }
        });
        // On a machine that does much else the flood may begin after the pings have ended.
        using (var limit = new CancellationTokenSource(Timeout))
        {
            while (Interlocked.Read(ref swallowed) == 0)
            {
                await Task.Delay(1, limit.Token);
            }
        }

        Volatile.Write(ref stop, true);
        await busy.WaitAsync(Timeout);
    }

    [Fact]
    public async Task Two_thousand_idle_connections_do_not_hurt_the_one_that_works()
    {
        const int Idle = 2_000;
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        await RunAsync(async () =>
        {
            var idle = new List<Wire>();
            var waiting = new List<Task>();
            for (var i = 0; i < Idle; i++)
            {
                idle.Add(await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default));
                waiting.Add(idle[i].WaitReadableAsync().AsTask());
            }

            using var busy = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            for (var i = 0; i < 1_000; i++)
            {
                await busy.SendAsync("ping"u8.ToArray());
                await ReceiveExactlyAsync(busy, 4);
            }

            Assert.DoesNotContain(waiting, wait => wait.IsCompleted);
            await idle[Idle / 2].SendAsync("x"u8.ToArray());
            await waiting[Idle / 2];
            Assert.Equal("x"u8.ToArray(), await ReceiveExactlyAsync(idle[Idle / 2], 1));
            idle.ForEach(wire => wire.Abort());
            foreach (var wait in waiting.Where((_, index) => index != Idle / 2))
            {
                await Assert.ThrowsAsync<IOException>(() => wait);
            }
        });
        Assert.Equal(Idle + 1, _engine.Counters.Accepted);
    }

    [Fact]
    public async Task Code_of_one_session_never_runs_in_two_places_at_once()
    {
        const int Sessions = 40;
        const int Rounds = 200;
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        var sessions = Enumerable.Range(0, Sessions).Select(_ => _engine.RunAsync(async () =>
        {
            var context = SynchronizationContext.Current;
            var inside = 0;
            var counted = 0;
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);

            // Three flows of one session: what wakes them comes from the wire, the thread pool and the context itself.
            await Task.WhenAll(SendAsync(), ReceiveAsync(), ElsewhereAsync());
            Assert.Equal(3 * Rounds, counted);

            async Task SendAsync()
            {
                for (var i = 0; i < Rounds; i++)
                {
                    await wire.SendAsync(new byte[500]);
                    Visit();
                    await Task.Yield();
                }
            }

            async Task ReceiveAsync()
            {
                var buffer = new byte[500];
                for (var i = 0; i < Rounds; i++)
                {
                    for (var have = 0; have < buffer.Length;)
                    {
                        have += await wire.ReceiveAsync(buffer.AsMemory(have));
                    }

                    Visit();
                }
            }

            async Task ElsewhereAsync()
            {
                for (var i = 0; i < Rounds; i++)
                {
                    await Task.Run(() => i);
                    Visit();
                }
            }

            void Visit()
            {
                Assert.Equal(1, Interlocked.Increment(ref inside));
                Assert.Same(context, SynchronizationContext.Current);
                counted++;
                Thread.SpinWait(20);
                Interlocked.Decrement(ref inside);
            }
        })).ToArray();
        await Task.WhenAll(sessions).WaitAsync(Timeout);
    }

    [Fact]
    public async Task Aborting_at_any_moment_ends_every_session()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        for (var round = 0; round < 40; round++)
        {
            Wire? shared = null;
            var session = _engine.RunAsync(async () =>
            {
                using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
                Volatile.Write(ref shared, wire);
                var sending = FillAsync(wire);
                await Assert.ThrowsAsync<IOException>(() => ReceiveToEndAsync(wire));
                await Assert.ThrowsAsync<IOException>(() => sending);
            });
            SpinWait.SpinUntil(() => Volatile.Read(ref shared) is not null, Timeout);
            Thread.SpinWait(round * 500);
            shared!.Abort();
            await session.WaitAsync(Timeout);
        }
    }

    [Fact]
    public async Task Stopping_the_engine_ends_its_sessions()
    {
        await using var engine = TransportEngine.Create(Options);
        var listener = engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var session = engine.RunAsync(async () =>
        {
            var wire = await engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            var receive = wire.ReceiveAsync(new byte[1]).AsTask();
            waiting.SetResult();
            await receive;
        });
        await waiting.Task.WaitAsync(Timeout);
        await engine.DisposeAsync();

        // Its own wire was aborted, or it saw the end of its peer's first.
        Assert.True(await Record.ExceptionAsync(() => session.WaitAsync(Timeout)) is null or IOException);
        listener.Dispose();
    }

    [Fact]
    public async Task A_wire_that_outlives_its_engine_is_an_aborted_one()
    {
        await using var engine = TransportEngine.Create(Options);
        using var listener = engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        Wire? wire = null;
        await engine.RunAsync(async () => wire = await engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default));
        await engine.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => wire!.SendAsync(new byte[1]).AsTask().WaitAsync(Timeout));
        await Assert.ThrowsAsync<IOException>(() => wire!.ReceiveAsync(new byte[1]).AsTask().WaitAsync(Timeout));
        await Assert.ThrowsAsync<IOException>(() => wire!.WaitReadableAsync().AsTask().WaitAsync(Timeout));
        await Assert.ThrowsAsync<IOException>(() => wire!.CloseSendAsync().AsTask().WaitAsync(Timeout));
        wire!.Abort();
    }

    [Fact]
    public async Task Connections_over_the_limit_are_closed_at_once()
    {
        await using var engine = TransportEngine.Create(Options with { MaxAcceptedConnections = 2 });
        using var listener = engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        await engine.RunAsync(async () =>
        {
            using var first = await engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            using var second = await engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            using var third = await engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            Assert.Equal(0, await third.ReceiveAsync(new byte[1]));
            await second.SendAsync("x"u8.ToArray());
            Assert.Equal(1, await second.ReceiveAsync(new byte[1]));
            first.Abort();
            while (engine.Counters.AcceptedOpen == 2)
            {
                await Task.Yield();
            }

            using var fourth = await engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            await fourth.SendAsync("x"u8.ToArray());
            Assert.Equal(1, await fourth.ReceiveAsync(new byte[1]));
        }).WaitAsync(Timeout);
        Assert.Equal(1, engine.Counters.Refused);
    }

    private static async Task SendPatternAsync(Wire wire, int total)
    {
        for (var sent = 0; sent < total;)
        {
            var count = Math.Min(Pattern.Length, total - sent);
            await wire.SendAsync(Pattern.AsMemory(0, count));
            sent += count;
        }

        await wire.CloseSendAsync();
    }

    private static async Task<int> ReceivePatternAsync(Wire wire, int room, int pauseEvery)
    {
        var buffer = new byte[room];
        var total = 0;
        for (var i = 0; ; i++)
        {
            var received = await wire.ReceiveAsync(buffer);
            if (received == 0)
            {
                return total;
            }

            var first = Math.Min(received, Pattern.Length - (total % Pattern.Length));
            Assert.True(buffer.AsSpan(0, first).SequenceEqual(Pattern.AsSpan(total % Pattern.Length, first)));
            Assert.True(buffer.AsSpan(first, received - first).SequenceEqual(Pattern.AsSpan(0, received - first)));
            total += received;
            if (i % pauseEvery == 0)
            {
                await Task.Delay(1);
            }
        }
    }
}
