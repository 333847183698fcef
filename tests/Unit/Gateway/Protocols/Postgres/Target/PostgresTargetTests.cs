using System.Buffers.Binary;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;
using Sallyport.Gateway.Transport.Tls;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Target;

/// <summary>What no honest server does: lies, garbage and silence.</summary>
public sealed class PostgresTargetTests : IAsyncDisposable
{
    private const string Password = "pencil-of-the-target";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly List<Exception> _faults = [];
    private readonly TransportEngine _engine;

    public PostgresTargetTests() => _engine = TransportEngine.Create(new TransportOptions { SessionFault = _faults.Add });

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        Assert.DoesNotContain(_faults, fault => fault is not IOException);
    }

    [Fact]
    public async Task Start_up_returns_what_the_server_said_and_what_came_behind()
    {
        var startup = "";
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            startup = await server.ExpectStartupAsync();
            await server.SendAsync([
                .. FakePostgres.Ready[..^6],
                .. FakePostgres.Message('N', "SNOTICE\0C00000\0Mhello\0\0"u8),
                .. FakePostgres.Status("TimeZone", "UTC"), .. FakePostgres.Status("TimeZone", "Europe/Vienna"),
                .. FakePostgres.Message('Z', "I"u8), .. "A behind"u8]);
            await server.ExpectEndAsync();
        });
        await RunAsync(async () =>
        {
            using var connection = await Target(listener).ConnectAsync([new("application_name", "x"), new("options", "")], default);
            Assert.Equal("user=gateway\ndatabase=clinic\napplication_name=x\noptions=", startup);
            Assert.Equal(16, connection.ServerVersion);
            Assert.Equal([new("server_version", "16.4 (Debian)"), new("TimeZone", "Europe/Vienna")], connection.Parameters);
            Assert.Equal(77, connection.BackendKey!.ProcessId);
            Assert.Equal([1, 2, 3, 4], connection.BackendKey.Secret.ToArray());
            Assert.DoesNotContain("Secret", connection.BackendKey.ToString());
            Assert.Equal("A behind", Encoding.ASCII.GetString(connection.Unread.Span));
        });
    }

    [Fact]
    public async Task Any_split_of_the_servers_bytes_is_understood()
    {
        var answer = FakePostgres.Ready;
        foreach (var split in Enumerable.Range(1, answer.Length - 1))
        {
            using var listener = FakePostgres.Listen(_engine, async server =>
            {
                await server.ExpectStartupAsync();
                await server.SendAsync(answer[..split]);
                await Task.Yield();
                await server.SendAsync(answer[split..]);
                await server.ExpectEndAsync();
            });
            await RunAsync(async () => (await Target(listener).ConnectAsync([], default)).Dispose());
        }
    }

    [Fact]
    public async Task A_server_that_closes_at_any_byte_of_start_up_is_a_refusal()
    {
        var answer = FakePostgres.Ready;
        foreach (var cut in Enumerable.Range(0, answer.Length))
        {
            using var listener = FakePostgres.Listen(_engine, async server =>
            {
                await server.ExpectStartupAsync();
                await server.SendAsync(answer[..cut]);
            });
            Assert.Equal(TargetFailure.Refused, (await RefusalAsync(Target(listener))).Failure);
        }
    }

    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "unknown message", FakePostgres.Message('D', 0, 0) },
        { "length below four", [(byte)'R', 0, 0, 0, 3] },
        { "negative length", [(byte)'R', 0xff, 0xff, 0xff, 0xff] },
        { "a gigabyte", [(byte)'R', 0x40, 0, 0, 0] },
        { "authentication without a code", FakePostgres.Message('R') },
        { "ready before authentication", FakePostgres.Message('Z', "I"u8) },
        { "parameters before authentication", FakePostgres.Status("server_version", "16") },
        { "a key before authentication", FakePostgres.Message('K', 0, 0, 0, 1, 0, 0, 0, 2) },
        { "ready in a transaction", [.. FakePostgres.Message('R', 0, 0, 0, 0), .. FakePostgres.Message('Z', "T"u8)] },
        { "no version", [.. FakePostgres.Message('R', 0, 0, 0, 0), .. FakePostgres.Message('Z', "I"u8)] },
        { "a parameter that does not end", [.. FakePostgres.Message('R', 0, 0, 0, 0), .. FakePostgres.Message('S', "name"u8)] },
        { "authenticated twice", [.. FakePostgres.Message('R', 0, 0, 0, 0), .. FakePostgres.Message('R', 0, 0, 0, 0)] },
        { "a step of SASL nobody began", FakePostgres.SaslStep(11, "r=x,s=eA==,i=1") },
        { "a negotiation of a version that was not asked for", FakePostgres.Message('v', 0, 3, 0, 2, 0, 0, 0, 0) },
        { "an endless secret", [.. FakePostgres.Message('R', 0, 0, 0, 0), .. FakePostgres.Message('K', new byte[300])] },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_is_a_broken_protocol(string what, byte[] garbage)
    {
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectStartupAsync();
            await server.SendAsync(garbage);
            await server.ExpectEndAsync();
        });
        var refusal = await RefusalAsync(Target(listener));
        Assert.True(refusal.Failure == TargetFailure.Protocol, $"{what}: {refusal.Failure}");
    }

    [Fact]
    public async Task Messages_without_end_are_ended()
    {
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectStartupAsync();
            await server.SendAsync([.. Enumerable.Repeat(FakePostgres.Message('N', "SNOTICE\0C00000\0Mmore\0\0"u8), 2_000).SelectMany(message => message)]);
            await server.ExpectEndAsync();
        });
        Assert.Equal(TargetFailure.Protocol, (await RefusalAsync(Target(listener))).Failure);

        using var parameters = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectStartupAsync();
            await server.SendAsync([
                .. FakePostgres.Message('R', 0, 0, 0, 0),
                .. Enumerable.Range(0, 500).SelectMany(i => FakePostgres.Status($"p{i}", "v")),
                .. FakePostgres.Ready[9..]]);
            await server.ExpectEndAsync();
        });
        Assert.Equal(TargetFailure.Protocol, (await RefusalAsync(Target(parameters))).Failure);
    }

    [Fact]
    public async Task A_server_that_repeats_version_3_0_may_do_so()
    {
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectStartupAsync();
            await server.SendAsync([.. FakePostgres.Message('v', 0, 3, 0, 0, 0, 0, 0, 0), .. FakePostgres.Ready]);
            await server.ExpectEndAsync();
        });
        await RunAsync(async () => (await Target(listener).ConnectAsync([], default)).Dispose());
    }

    [Fact]
    public async Task A_silent_server_is_given_up_in_time()
    {
        using var listener = FakePostgres.Listen(_engine, server => server.ExpectEndAsync());
        foreach (var mode in new[] { TargetTlsMode.Disable, TargetTlsMode.Require })
        {
            var target = Target(listener, options => options with { TlsMode = mode, StartupTimeout = TimeSpan.FromMilliseconds(100), ConnectTimeout = TimeSpan.FromMilliseconds(100) });
            Assert.Equal(TargetFailure.Timeout, (await RefusalAsync(target)).Failure);
        }
    }

    [Fact]
    public async Task A_server_that_dribbles_is_given_up_in_time()
    {
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectStartupAsync();
            while (true)
            {
                await server.SendAsync(FakePostgres.Message('N', "SNOTICE\0\0"u8));
                await Task.Delay(20);
            }
        });
        var target = Target(listener, options => options with { StartupTimeout = TimeSpan.FromMilliseconds(150), ConnectTimeout = TimeSpan.FromMilliseconds(150) });
        Assert.Equal(TargetFailure.Timeout, (await RefusalAsync(target)).Failure);
    }

    [Fact]
    public async Task Giving_up_is_a_cancellation_and_no_failure_of_the_target()
    {
        using var listener = FakePostgres.Listen(_engine, server => server.ExpectEndAsync());
        await RunAsync(async () =>
        {
            using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Target(listener).ConnectAsync([], stop.Token));
        });
    }

    [Fact]
    public async Task Plain_bytes_behind_the_answer_to_the_TLS_request_are_refused()
    {
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectSslRequestAsync();
            await server.SendAsync([(byte)'S', .. FakePostgres.Ready]);
            await server.ExpectEndAsync();
        });
        var refusal = await RefusalAsync(Target(listener, options => options with { TlsMode = TargetTlsMode.Require }));
        Assert.Equal(TargetFailure.Tls, refusal.Failure);
        Assert.Contains("unencrypted bytes", refusal.Message);
    }

    [Theory]
    [InlineData("N", TargetFailure.Tls)]
    [InlineData("E", TargetFailure.Protocol)]
    [InlineData("x", TargetFailure.Protocol)]
    public async Task Without_an_offer_of_TLS_nothing_is_sent(string answer, TargetFailure failure)
    {
        var end = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectSslRequestAsync();
            await server.SendAsync(Encoding.ASCII.GetBytes(answer));
            end.SetResult(await server.ReceiveAsync(new byte[1]));
        });
        Assert.Equal(failure, (await RefusalAsync(Target(listener, options => options with { TlsMode = TargetTlsMode.Require }))).Failure);
        Assert.Equal(0, await end.Task.WaitAsync(Limit));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(9)]
    [InlineData(99)]
    public async Task Another_way_of_authenticating_is_refused_by_name(int code)
    {
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectStartupAsync();
            await server.SendAsync(FakePostgres.Message('R', FakePostgres.Int32(code)));
            await server.ExpectEndAsync();
        });
        var refusal = await RefusalAsync(Target(listener));
        Assert.Equal(TargetFailure.Authentication, refusal.Failure);
        Assert.Contains($"code {code}", refusal.Message);
    }

    [Fact]
    public async Task The_servers_text_is_not_passed_on()
    {
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.ExpectStartupAsync();
            await server.SendAsync(FakePostgres.Error("53300", "Jane Roe, MRN 12345"));
            await server.ExpectEndAsync();
        });
        var refusal = await RefusalAsync(Target(listener));
        Assert.Equal((TargetFailure.Refused, "53300"), (refusal.Failure, refusal.SqlState));
        Assert.DoesNotContain("Jane", refusal.ToString());
    }

    [Fact]
    public async Task A_cancel_request_carries_the_key_and_waits_for_the_server()
    {
        var request = Array.Empty<byte>();
        using var listener = FakePostgres.Listen(_engine, async server => request = await server.ReceiveExactlyAsync(48));
        var key = new BackendKey(77, Enumerable.Range(0, 36).Select(i => (byte)i).ToArray());
        await RunAsync(async () => await Target(listener).CancelAsync(key));
        Assert.Equal(48, BinaryPrimitives.ReadInt32BigEndian(request));
        Assert.Equal(80877102, BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(4)));
        Assert.Equal(77, BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(8)));
        Assert.Equal(key.Secret.ToArray(), request[12..]);
    }

    [Fact]
    public async Task A_cancel_request_nobody_takes_ends_in_time()
    {
        using var listener = FakePostgres.Listen(_engine, server => server.ExpectEndAsync());
        await RunAsync(async () =>
        {
            var target = Target(listener, options => options with { CancelTimeout = TimeSpan.FromMilliseconds(100) });
            var refusal = await Assert.ThrowsAsync<TargetUnavailableException>(async () => await target.CancelAsync(new BackendKey(1, new byte[4])));
            Assert.Equal(TargetFailure.Timeout, refusal.Failure);
        });
    }

    [Theory]
    [InlineData("user")]
    [InlineData("database")]
    [InlineData("replication")]
    [InlineData("")]
    [InlineData("a\0b")]
    public async Task Start_up_parameters_cannot_replace_the_targets_own(string name)
    {
        using var listener = FakePostgres.Listen(_engine, server => server.ExpectEndAsync());
        await RunAsync(() => Assert.ThrowsAsync<ArgumentException>(async () => await Target(listener).ConnectAsync([new(name, "x")], default)));
    }

    [Fact]
    public async Task Channel_binding_is_used_when_it_is_offered_inside_TLS()
    {
        using var folder = new TemporaryFolder();
        using var authority = new TestAuthority(folder.Path);
        var (certificate, key) = authority.Issue("server", "localhost");
        var tls = TlsServerOptions.FromPem(certificate, key);
        var first = ("", "");
        using var listener = FakePostgres.Listen(_engine, async server =>
        {
            await server.AcceptTlsAsync(tls);
            await server.ExpectStartupAsync();
            await server.SendAsync(FakePostgres.Sasl("SCRAM-SHA-256-PLUS", "SCRAM-SHA-256"));
            first = await server.ExpectSaslFirstAsync();
            await server.SendAsync(FakePostgres.Error("28P01", "no"));
            await server.ExpectEndAsync();
        });
        await RefusalAsync(Target(listener, options => options with { Host = "localhost", TlsMode = TargetTlsMode.VerifyFull, CaFile = authority.AuthorityFile }));
        Assert.Equal("SCRAM-SHA-256-PLUS", first.Item1);
        Assert.StartsWith("p=tls-server-end-point,,n=,r=", first.Item2);
    }

    private PostgresTarget Target(IListener listener, Func<PostgresTargetOptions, PostgresTargetOptions>? change = null)
    {
        var options = new PostgresTargetOptions
        {
            Name = "clinic",
            Host = "127.0.0.1",
            Port = listener.LocalEndPoint.Port,
            Database = "clinic",
            User = "gateway",
            Password = CredentialSource.FromValue(Password),
            TlsMode = TargetTlsMode.Disable,
        };
        return new PostgresTarget(change?.Invoke(options) ?? options, _engine, TimeProvider.System);
    }

    private async Task<TargetUnavailableException> RefusalAsync(PostgresTarget target)
    {
        TargetUnavailableException? refusal = null;
        await RunAsync(async () => refusal = await Assert.ThrowsAsync<TargetUnavailableException>(async () => (await target.ConnectAsync([], default)).Dispose()));
        Assert.DoesNotContain(Password, refusal!.ToString());
        return refusal;
    }

    private Task RunAsync(Func<Task> session) => _engine.RunAsync(session).WaitAsync(Limit);
}
