using System.Buffers.Binary;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Wire;

/// <summary>A client that floods, stalls or lies hurts itself only.</summary>
public sealed class HostileClientTests(HostileClientTests.Fixture fixture) : IClassFixture<HostileClientTests.Fixture>
{
    private const int MiB = 1024 * 1024;

    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);


    [Fact]
    public async Task A_statement_of_nine_mebibytes_is_refused_and_the_session_goes_on()
    {
        using var other = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var answers = await client.RoundTripAsync(RawClient.Query("SELECT '" + new string('x', 9 * MiB) + "'"));
        Assert.Equal("54000", Assert.Single(answers, m => m.Type == 'E').Field('C'));
        await client.RoundTripAsync(RawClient.Query("ROLLBACK"));
        Assert.Contains(await client.RoundTripAsync(RawClient.Query("SELECT 1")), m => m.Type == 'D');
        Assert.Contains(await other.RoundTripAsync(RawClient.Query("SELECT 1")), m => m.Type == 'D');
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(0)]
    public async Task A_length_that_lies_ends_the_session_without_taking_memory(int length)
    {
        using var other = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var before = Memory();
        var header = new byte[5];
        header[0] = (byte)'Q';
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(1), length);
        await client.SendAsync(header);
        Assert.Contains(await client.ReadToEndAsync(), m => m.Type == 'E' && m.Field('S') == "FATAL");
        Assert.InRange(Memory() - before, -1000, 64);
        Assert.Contains(await other.RoundTripAsync(RawClient.Query("SELECT 1")), m => m.Type == 'D');
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(4)]
    [InlineData(100_000_000)]
    public async Task A_start_up_length_that_lies_is_refused_at_once(int length)
    {
        using var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
        var header = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(header, length);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), 3 << 16);
        await client.SendAsync(header);
        Assert.DoesNotContain(await client.ReadToEndAsync(), m => m.Type is 'R' or 'Z');
    }

    [Fact]
    public async Task A_flood_of_half_open_start_ups_ends_by_itself_and_does_not_stop_who_is_in()
    {
        using var inside = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        var flood = new List<RawClient>();
        for (var i = 0; i < 300; i++)
        {
            var client = await RawClient.ConnectAsync(fixture.Gateway.PostgresPort);
            flood.Add(client);
            if (i % 3 == 0)
            {
                await client.SendAsync([0, 0, 0]);
            }
        }

        Assert.Contains(await inside.RoundTripAsync(RawClient.Query("SELECT 1")), m => m.Type == 'D');

        // After the start-up timeout all of them are gone, and new ones get in.
        var ends = await Task.WhenAll(flood.Select(client => client.ReadToEndAsync()));
        Assert.All(ends, messages => Assert.DoesNotContain(messages, m => m.Type == 'Z'));
        using var newcomer = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        flood.ForEach(client => client.Dispose());
    }

    [Fact]
    public async Task A_client_that_does_not_read_holds_no_memory_and_nobody_up()
    {
        using var slow = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        await slow.SendAsync(RawClient.Query("SELECT repeat('x', 1000) FROM generate_series(1, 300000)"));
        await Task.Delay(1000);
        var before = Memory();
        using var other = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        for (var i = 0; i < 50; i++)
        {
            Assert.Contains(await other.RoundTripAsync(RawClient.Query($"SELECT {i}")), m => m.Type == 'D');
        }

        Assert.InRange(Memory() - before, -1000, 64);
        slow.Reset();
        Assert.Contains(await other.RoundTripAsync(RawClient.Query("SELECT 1")), m => m.Type == 'D');
    }

    [Fact]
    public async Task A_large_result_streams_in_constant_memory()
    {
        using var client = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        await client.RoundTripAsync(RawClient.Query("SELECT 1"));
        var before = Memory();
        await client.SendAsync(RawClient.Query("SELECT repeat('x', 100000) FROM generate_series(1, 4000)"));
        long bytes = 0, most = 0;
        while (await client.ReadAsync() is { Type: not 'Z' } message)
        {
            bytes += message.Body.Length;
            if (message.Type == 'D' && bytes / MiB % 50 == 0)
            {
                most = Math.Max(most, Memory() - before);
            }
        }

        Assert.InRange(bytes, 400_000_000, 410_000_000);
        Assert.InRange(most, 0, 96);
    }

    [Fact]
    public async Task A_thousand_idle_connections_do_not_slow_another_down()
    {
        var idle = new List<RawClient>();
        for (var batch = 0; batch < 40; batch++)
        {
            idle.AddRange(await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token))));
        }

        using var other = await RawClient.SignInAsync(fixture.Gateway.PostgresPort, _token);
        for (var i = 0; i < 200; i++)
        {
            Assert.Contains(await other.RoundTripAsync(RawClient.Query("SELECT patient_id FROM clinic.patients WHERE patient_id = 7")), m => m.Type == 'D');
        }

        Assert.Contains(await idle[500].RoundTripAsync(RawClient.Query("SELECT 'still here'")), m => m.Type == 'D');
        idle.ForEach(client => client.Dispose());
        await TestRun.UntilAsync("their sessions at the target are gone", async () =>
            (long)(await fixture.Server.ScalarAsync("SELECT count(*) FROM pg_stat_activity WHERE usename = 'sallyport'"))! < 10);
    }

    [Fact]
    public async Task Too_many_sessions_of_one_agent_are_refused_while_others_get_in()
    {
        await using var gateway = await GatewayProcess.StartAsync(GatewaySettings.For(fixture.Server, Shared.Issuer) with { Rules = "", Limits = "{sessionsPerPrincipal: 3, sessions: 10}" });
        var inside = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RawClient.SignInAsync(gateway.PostgresPort, _token)));
        using var fourth = await RawClient.ConnectAsync(gateway.PostgresPort);
        await fourth.SendAsync(RawClient.Startup("agent-1", "clinic"));
        await fourth.SendAsync(RawClient.Password(_token));
        Assert.Contains(await fourth.ReadToEndAsync(), m => m.Type == 'E' && m.Field('C') == "53300");
        using var other = await RawClient.SignInAsync(gateway.PostgresPort, Shared.Issuer.Agent("agent-2"));
        foreach (var client in inside)
        {
            client.Dispose();
        }
    }

    /// <summary>Resident memory of the gateway in MiB.</summary>
    private long Memory() => long.Parse(File.ReadLines($"/proc/{fixture.Gateway.ProcessId}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024;

    public sealed class Fixture : IAsyncLifetime
    {
        private GatewayProcess? _gateway;
        private PostgresServer? _server;

        internal GatewayProcess Gateway => _gateway!;

        internal PostgresServer Server => _server!;

        public async ValueTask InitializeAsync()
        {
            _server = await PostgresServer.StartAsync(15, "max_connections=1200");
            _gateway = await GatewayProcess.StartAsync(GatewaySettings.For(_server, Shared.Issuer) with
            {
                Rules = "",
                Limits = "{sessionsPerPrincipal: 1100, startupTimeout: 5s, pendingStartups: 64}",
            });
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
