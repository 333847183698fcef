using System.Net;
using System.Net.Sockets;
using Sallyport.Gateway.Transport;

namespace Sallyport.Unit.Gateway.Transport;

/// <summary>What every engine promises; one derived class per engine runs it.</summary>
public abstract partial class TransportContract : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    private TransportEngine _engine = null!;

    protected abstract TransportKind Kind { get; }

    protected virtual TransportOptions Options => new() { Kind = Kind };

    public ValueTask InitializeAsync()
    {
        _engine = TransportEngine.Create(Options with { SessionFault = exception => Assert.IsType<IOException>(exception) });
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Is_the_engine_that_was_asked_for() => Assert.Equal(Kind, _engine.Kind);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Echoes_over_a_port_the_system_chose(string address)
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Parse(address), 0), EchoAsync);
        Assert.NotEqual(0, listener.LocalEndPoint.Port);
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync(address, listener.LocalEndPoint.Port, Timeout, default);
            Assert.Equal(listener.LocalEndPoint, wire.RemoteEndPoint);
            await wire.SendAsync("ping"u8.ToArray());
            Assert.Equal("ping"u8.ToArray(), await ReceiveExactlyAsync(wire, 4));
        });
        Assert.Equal(1, _engine.Counters.Accepted);
        Assert.Equal(1, _engine.Counters.Connected);
    }

    [Fact]
    public async Task A_name_is_resolved()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("localhost", listener.LocalEndPoint.Port, Timeout, default);
            await wire.SendAsync("x"u8.ToArray());
            Assert.Equal(1, await wire.ReceiveAsync(new byte[10]));
        });
    }

    [Fact]
    public async Task Works_from_outside_a_session_too()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
        for (var i = 0; i < 100; i++)
        {
            await wire.SendAsync(new byte[] { (byte)i });
            await wire.WaitReadableAsync();
            Assert.Equal([(byte)i], await ReceiveExactlyAsync(wire, 1));
        }
    }

    [Fact]
    public async Task Half_close_ends_one_direction_only()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
        {
            var received = await ReceiveToEndAsync(wire);
            await wire.SendAsync(received);
            await wire.CloseSendAsync();
        });
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            await wire.SendAsync("all of it"u8.ToArray());
            await wire.CloseSendAsync();
            Assert.Equal("all of it"u8.ToArray(), await ReceiveToEndAsync(wire));
        });
    }

    [Fact]
    public async Task Abort_ends_a_pending_receive_wait_and_send()
    {
        var deaf = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), _ => deaf.Task);
        await RunAsync(async () =>
        {
            using var receiving = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            var receive = receiving.ReceiveAsync(new byte[16]).AsTask();
            var send = FillAsync(receiving);
            await Task.Yield();
            Assert.False(receive.IsCompleted);
            receiving.Abort();
            await Assert.ThrowsAsync<IOException>(() => receive);
            await Assert.ThrowsAsync<IOException>(() => send);
            receiving.Abort();

            using var waiting = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            var wait = waiting.WaitReadableAsync().AsTask();
            await Task.Yield();
            await Task.Run(waiting.Abort);
            await Assert.ThrowsAsync<IOException>(() => wait);
            await Assert.ThrowsAsync<IOException>(async () => await waiting.ReceiveAsync(new byte[1]));
            await Assert.ThrowsAsync<IOException>(async () => await waiting.SendAsync(new byte[1]));
            await Assert.ThrowsAsync<IOException>(async () => await waiting.WaitReadableAsync());
            deaf.SetResult();
        });
    }

    [Fact]
    public async Task A_peer_that_resets_is_an_IOException()
    {
        using var raw = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        raw.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        raw.Listen();
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", ((IPEndPoint)raw.LocalEndPoint!).Port, Timeout, default);
            var receive = wire.ReceiveAsync(new byte[1]).AsTask();
            using (var accepted = await raw.AcceptAsync())
            {
                accepted.LingerState = new LingerOption(enable: true, seconds: 0);
            }

            await Assert.ThrowsAsync<IOException>(() => receive);
            Assert.True(wire.IsPeerGone);
        });
    }

    [Fact]
    public async Task The_last_words_arrive_although_the_peers_bytes_were_not_read()
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
        {
            await sent.Task;
            await wire.WaitReadableAsync();
            await wire.SendAsync("last words"u8.ToArray());
        });
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            await wire.SendAsync(new byte[10_000]);
            sent.SetResult();
            while (!wire.IsPeerGone)
            {
                await Task.Yield();
            }

            Assert.Equal("last words"u8.ToArray(), await ReceiveToEndAsync(wire));
        });
    }

    [Fact]
    public async Task A_peer_that_left_is_seen_behind_its_unread_bytes()
    {
        var close = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
        {
            await wire.SendAsync("unread"u8.ToArray());
            await close.Task;
            await wire.CloseSendAsync();
            await ReceiveToEndAsync(wire);
        });
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            await wire.WaitReadableAsync();
            Assert.False(wire.IsPeerGone);
            close.SetResult();
            while (!wire.IsPeerGone)
            {
                await Task.Yield();
            }

            Assert.Equal("unread"u8.ToArray(), await ReceiveToEndAsync(wire));
            wire.Abort();
            Assert.True(wire.IsPeerGone);
        });
    }

    [Fact]
    public async Task Two_receives_at_once_are_refused()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            var first = wire.ReceiveAsync(new byte[1]).AsTask();
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await wire.ReceiveAsync(new byte[1]));
            await wire.SendAsync("x"u8.ToArray());
            Assert.Equal(1, await first);
        });
    }

    [Fact]
    public async Task Nobody_listening_is_refused_quickly()
    {
        int port;
        using (var closed = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync))
        {
            port = closed.LocalEndPoint.Port;
        }

        await RunAsync(async () =>
        {
            var exception = await Assert.ThrowsAsync<IOException>(async () => await _engine.ConnectAsync("127.0.0.1", port, Timeout, default));
            Assert.Contains("refused", exception.Message, StringComparison.OrdinalIgnoreCase);
            await Assert.ThrowsAsync<IOException>(async () => await _engine.ConnectAsync("no-such-host.invalid", port, Timeout, default));
        });
    }

    [Fact]
    public async Task A_silent_address_times_out_and_cancelling_stops_at_once()
    {
        // A listener whose backlog is full never answers the handshake.
        using var silent = new FullBacklog();
        await RunAsync(async () =>
        {
            await Assert.ThrowsAsync<TimeoutException>(async () => await _engine.ConnectAsync("127.0.0.1", silent.Port, TimeSpan.FromMilliseconds(200), default));
            using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _engine.ConnectAsync("127.0.0.1", silent.Port, Timeout, cancelled.Token));
        });
    }

    [Fact]
    public async Task An_address_in_use_cannot_be_listened_on()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), EchoAsync);
        Assert.Throws<IOException>(() => _engine.Listen(listener.LocalEndPoint, EchoAsync));
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_fault_of_a_session_closes_its_wire_and_is_counted()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), _ => throw new IOException("the session's own"));
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Timeout, default);
            Assert.Empty(await ReceiveToEndAsync(wire));
        });
        Assert.Equal(1, _engine.Counters.SessionFaults);
    }

    protected static async Task EchoAsync(Wire wire)
    {
        var buffer = new byte[64 * 1024];
        int received;
        while ((received = await wire.ReceiveAsync(buffer)) > 0)
        {
            await wire.SendAsync(buffer.AsMemory(0, received));
        }
    }

    protected Task RunAsync(Func<Task> session) => _engine.RunAsync(session).WaitAsync(Timeout);

    private static async Task FillAsync(Wire wire)
    {
        var chunk = new byte[1 << 20];
        while (true)
        {
            await wire.SendAsync(chunk);
        }
    }

    private static async Task<byte[]> ReceiveExactlyAsync(Wire wire, int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var received = await wire.ReceiveAsync(bytes.AsMemory(have));
            Assert.NotEqual(0, received);
            have += received;
        }

        return bytes;
    }

    private static async Task<byte[]> ReceiveToEndAsync(Wire wire)
    {
        var all = new MemoryStream();
        var buffer = new byte[4096];
        int received;
        while ((received = await wire.ReceiveAsync(buffer)) > 0)
        {
            all.Write(buffer, 0, received);
        }

        return all.ToArray();
    }
}
