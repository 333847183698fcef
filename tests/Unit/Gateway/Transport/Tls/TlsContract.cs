using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sallyport.Gateway.Transport;
using Sallyport.Gateway.Transport.Tls;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Transport.Tls;

/// <summary>TLS over the wires of every engine; one derived class per engine runs it.</summary>
public abstract class TlsContract : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("sallyport-tls-").FullName;
    private TestAuthority _authority = null!;
    private TlsServerOptions _server = null!;
    private TransportEngine _engine = null!;

    protected abstract TransportKind Kind { get; }

    public ValueTask InitializeAsync()
    {
        _authority = new TestAuthority(_directory);
        var (certificate, key) = _authority.Issue("server", "localhost", "*.clinic.example", "127.0.0.1");
        _server = TlsServerOptions.FromPem(certificate, key, "postgresql");
        _engine = TransportEngine.Create(new TransportOptions { Kind = Kind });
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("db.clinic.example")]
    [InlineData("127.0.0.1")]
    public async Task A_verified_handshake_tells_its_facts_to_both_sides(string name)
    {
        TlsFacts? atServer = null;
        using var listener = Listen(wire =>
        {
            atServer = wire.Tls;
            return EchoAsync(wire);
        });
        await RunAsync(async () =>
        {
            using var wire = await ConnectAsync(listener, new TlsClientOptions(name, TlsVerification.ChainAndName, _authority.AuthorityFile, "postgresql"));
            await wire.SendAsync("ping"u8.ToArray());
            Assert.Equal(4, await wire.ReceiveAsync(new byte[10]));
            Assert.Equal("TLSv1.3", wire.Tls!.Protocol);
            Assert.Equal("postgresql", wire.Tls.ApplicationProtocol);
            Assert.StartsWith("TLS_", wire.Tls.CipherSuite);
            Assert.Equal(32, wire.Tls.ServerEndPointBinding!.Length);
            Assert.Equal(wire.Tls, atServer! with { ServerEndPointBinding = wire.Tls.ServerEndPointBinding });
            Assert.Equal(wire.Tls.ServerEndPointBinding, atServer.ServerEndPointBinding);
        });
    }

    [Fact]
    public async Task The_wrong_name_authority_or_age_of_a_certificate_is_refused_with_a_reason()
    {
        using var stranger = new TestAuthority(Path.Combine(_directory, "stranger"));
        using var listener = Listen(EchoAsync);
        Assert.Contains("does not name other.example", await RefusalAsync(listener, new("other.example", TlsVerification.ChainAndName, _authority.AuthorityFile)));
        Assert.Contains("does not name a.b.clinic.example", await RefusalAsync(listener, new("a.b.clinic.example", TlsVerification.ChainAndName, _authority.AuthorityFile)));
        Assert.Contains("does not name 127.0.0.2", await RefusalAsync(listener, new("127.0.0.2", TlsVerification.ChainAndName, _authority.AuthorityFile)));
        Assert.Contains("not trusted", await RefusalAsync(listener, new("localhost", TlsVerification.ChainAndName, stranger.AuthorityFile)));
        Assert.Contains("not trusted", await RefusalAsync(listener, new("localhost", TlsVerification.Chain, stranger.AuthorityFile)));
        Assert.Contains("not trusted", await RefusalAsync(listener, new("localhost", TlsVerification.ChainAndName)));

        var (certificate, key) = _authority.Issue("expired", TimeSpan.FromHours(-1), HashAlgorithmName.SHA256, "localhost");
        using var expired = Listen(EchoAsync, TlsServerOptions.FromPem(certificate, key));
        Assert.Contains("NotTimeValid", await RefusalAsync(expired, new("localhost", TlsVerification.Chain, _authority.AuthorityFile)));
    }

    [Theory]
    [InlineData(TlsVerification.None, "anything.example")]
    [InlineData(TlsVerification.Chain, "anything.example")]
    public async Task Weaker_verification_accepts_any_name(TlsVerification verification, string name)
    {
        using var listener = Listen(EchoAsync);
        await RunAsync(async () =>
        {
            using var wire = await ConnectAsync(listener, new TlsClientOptions(name, verification, _authority.AuthorityFile));
            Assert.NotNull(wire.Tls!.ServerEndPointBinding);
        });
    }

    [Fact]
    public async Task A_client_that_offers_only_other_application_protocols_is_refused()
    {
        using var listener = Listen(EchoAsync);
        Assert.NotEmpty(await RefusalAsync(listener, new TlsClientOptions("localhost", TlsVerification.None, null, "http/1.1")));
        await RunAsync(async () =>
        {
            using var none = await ConnectAsync(listener, new TlsClientOptions("localhost", TlsVerification.None));
            Assert.Null(none.Tls!.ApplicationProtocol);
        });
    }

    [Fact]
    public async Task A_client_that_does_not_speak_TLS_fails_the_handshake()
    {
        var failure = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
            failure.SetResult(await Record.ExceptionAsync(async () => await TlsWire.AsServerAsync(wire, _server, default, default))));
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Limit, default);
            await wire.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
            Assert.IsType<TlsFailedException>(await failure.Task);
        });
    }

    [Fact]
    public async Task Bytes_received_before_the_handshake_are_part_of_it()
    {
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
        {
            var early = new byte[64];
            var count = await wire.ReceiveAsync(early);
            using var tls = await TlsWire.AsServerAsync(wire, _server, early.AsMemory(0, count), default);
            await EchoAsync(tls);
        });
        await RunAsync(async () =>
        {
            using var wire = await ConnectAsync(listener, new TlsClientOptions("localhost", TlsVerification.None));
            await wire.SendAsync("ping"u8.ToArray());
            Assert.Equal(4, await wire.ReceiveAsync(new byte[10]));
        });
    }

    [Fact]
    public async Task A_silent_client_is_ended_by_the_time_limit()
    {
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            ended.SetResult(await Record.ExceptionAsync(async () => await TlsWire.AsServerAsync(wire, _server, default, limit.Token)));
        });
        await RunAsync(async () =>
        {
            using var wire = await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Limit, default);
            Assert.IsType<OperationCanceledException>(await ended.Task);
            Assert.Equal(0, await wire.ReceiveAsync(new byte[1]));
        });
    }

    [Fact]
    public async Task Sixteen_megabytes_each_way_arrive_while_code_stays_on_its_context()
    {
        const int Total = 16 << 20;
        using var listener = Listen(EchoAsync);
        await RunAsync(async () =>
        {
            var context = SynchronizationContext.Current;
            using var wire = await ConnectAsync(listener, new TlsClientOptions("localhost", TlsVerification.None));
            var sent = RandomNumberGenerator.GetBytes(Total);
            var sending = SendAsync();
            var received = new byte[Total];
            for (var have = 0; have < Total;)
            {
                await wire.WaitReadableAsync();
                Assert.Same(context, SynchronizationContext.Current);
                have += await wire.ReceiveAsync(received.AsMemory(have, Math.Min(16 * 1024, Total - have)));
                Assert.Same(context, SynchronizationContext.Current);
            }

            await sending;
            Assert.True(sent.AsSpan().SequenceEqual(received));
            Assert.Equal(0, await wire.ReceiveAsync(new byte[1]));

            async Task SendAsync()
            {
                for (var position = 0; position < Total; position += 1 << 18)
                {
                    await wire.SendAsync(sent.AsMemory(position, 1 << 18));
                    Assert.Same(context, SynchronizationContext.Current);
                }

                await wire.CloseSendAsync();
            }
        });
    }

    [Fact]
    public async Task Waiting_holds_until_decrypted_bytes_are_there()
    {
        using var listener = Listen(EchoAsync);
        await RunAsync(async () =>
        {
            using var wire = await ConnectAsync(listener, new TlsClientOptions("localhost", TlsVerification.None));
            var wait = wire.WaitReadableAsync().AsTask();
            await Task.Delay(30);
            Assert.False(wait.IsCompleted);
            await wire.SendAsync("two records"u8.ToArray());
            await wait;
            var received = await wire.ReceiveAsync(new byte[3]);
            Assert.Equal(3, received);

            // What is left of the record is there at once.
            await wire.WaitReadableAsync();
            Assert.Equal(8, await wire.ReceiveAsync(new byte[30]));
        });
    }

    [Fact]
    public async Task Abort_ends_what_is_pending()
    {
        using var listener = Listen(EchoAsync);
        await RunAsync(async () =>
        {
            using var wire = await ConnectAsync(listener, new TlsClientOptions("localhost", TlsVerification.None));
            var receive = wire.ReceiveAsync(new byte[1]).AsTask();
            wire.Abort();
            await Assert.ThrowsAsync<IOException>(() => receive);
            await Assert.ThrowsAsync<IOException>(async () => await wire.SendAsync(new byte[1]));
            await Assert.ThrowsAsync<IOException>(async () => await wire.ReceiveAsync(new byte[1]));
            await Assert.ThrowsAsync<IOException>(async () => await wire.WaitReadableAsync());
        });
    }

    [Fact]
    public async Task An_ordinary_client_of_TLS_1_2_is_served_and_older_ones_are_not()
    {
        using var listener = Listen(EchoAsync);
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(listener.LocalEndPoint);
            await using var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12,
                CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(_authority.AuthorityFile) }, RevocationMode = X509RevocationMode.NoCheck },
            });
            await stream.WriteAsync("ping"u8.ToArray());
            Assert.Equal(4, await stream.ReadAsync(new byte[10]));
        }

        Assert.Equal(System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13, _server.Authentication.EnabledSslProtocols);
    }

    private static async Task EchoAsync(Wire wire)
    {
        var buffer = new byte[16 * 1024];
        int received;
        while ((received = await wire.ReceiveAsync(buffer)) > 0)
        {
            await wire.SendAsync(buffer.AsMemory(0, received));
        }

        await wire.CloseSendAsync();
    }

    private IListener Listen(Func<Wire, Task> serve, TlsServerOptions? options = null) => _engine.Listen(new IPEndPoint(IPAddress.Loopback, 0), async wire =>
    {
        using var tls = await TlsWire.AsServerAsync(wire, options ?? _server, default, default);
        await serve(tls);
    });

    private async Task<TlsWire> ConnectAsync(IListener listener, TlsClientOptions options) =>
        await TlsWire.AsClientAsync(await _engine.ConnectAsync("127.0.0.1", listener.LocalEndPoint.Port, Limit, default), options, default);

    private async Task<string> RefusalAsync(IListener listener, TlsClientOptions options)
    {
        Exception? refusal = null;
        await RunAsync(async () => refusal = await Record.ExceptionAsync(async () =>
        {
            using var wire = await ConnectAsync(listener, options);

            // In TLS 1.3 the client learns of a refusal by the server only when it reads.
            await wire.ReceiveAsync(new byte[1]);
        }));
        return Assert.IsAssignableFrom<IOException>(refusal).Message;
    }

    private Task RunAsync(Func<Task> session) => _engine.RunAsync(session).WaitAsync(Limit);
}
