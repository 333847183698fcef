using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Exports;

public sealed class SyslogSenderTests : IDisposable
{
    private const int ResetAfterBytes = 100;

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority;
    private readonly X509Certificate2 _certificate;
    private readonly (string CertificateFile, string KeyFile) _own;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public SyslogSenderTests()
    {
        _authority = new TestAuthority(_folder.Path);
        var (certificate, key) = _authority.Issue("siem", "localhost");
        _certificate = X509Certificate2.CreateFromPemFile(certificate, key);
        _own = _authority.Issue("gateway", "gateway");
        _listener.Start();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_batch_is_taken_when_the_receiver_has_read_to_its_end()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        var receiving = ReceiveAsync();
        using var sender = Sender();
        await sender.SendAsync(fixture.Everything(), Stop);
        var (bytes, name) = await receiving;
        Assert.Equal("CN=gateway", name);
        var messages = Frames(bytes);
        Assert.Equal(fixture.Everything().Records.Count, messages.Count);
        Assert.All(messages.Zip(fixture.Everything().Records), pair => Assert.EndsWith(ExportFixture.Text(pair.Second), pair.First, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_receiver_that_dies_with_bytes_unread_has_not_taken_them()
    {
        await using var fixture = await ExportFixture.CreateAsync(sessions: 5, commands: 100);
        var receiving = ResetAsync();
        using var sender = Sender();
        Assert.Equal("closed", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
        await receiving;
    }

    [Fact]
    public async Task Nothing_goes_to_a_receiver_with_a_certificate_of_somebody_else()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        using var others = new TestAuthority(_folder.File("others"));
        var receiving = ReceiveAsync();
        using var sender = Sender(others.AuthorityFile);
        Assert.Equal("certificate", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
        var failure = await Record.ExceptionAsync(() => receiving);
        Assert.True(failure is AuthenticationException or IOException || receiving is { Result.Bytes.Length: 0 });
    }

    [Fact]
    public async Task Who_does_not_listen_is_unreachable()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        using var sender = Sender();
        _listener.Stop();
        Assert.Equal("unreachable", (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
    }

    private SyslogSender Sender(string? authority = null) => new(ExportFixture.Configuration with
    {
        Kind = ExportKind.Syslog,
        Format = ExportFormat.Rfc5424,
        Host = "localhost",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
        Tls = new ExportTls(authority ?? _authority.AuthorityFile, _own.CertificateFile, _own.KeyFile),
    });

    private async Task<(byte[] Bytes, string Client)> ReceiveAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync(Stop);
        await using var stream = await SecureAsync(client);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, Stop);
        return (received.ToArray(), stream.RemoteCertificate?.Subject ?? "");
    }

    private async Task ResetAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync(Stop);
        await using var stream = await SecureAsync(client);
        await stream.ReadExactlyAsync(new byte[ResetAfterBytes], Stop);
        client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Client.Close();
    }

    private async Task<SslStream> SecureAsync(TcpClient client)
    {
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate?.Subject == "CN=gateway",
            },
            Stop);
        return stream;
    }

    private static List<string> Frames(byte[] bytes)
    {
        var frames = new List<string>();
        for (var at = 0; at < bytes.Length;)
        {
            var space = Array.IndexOf(bytes, (byte)' ', at);
            var length = int.Parse(Encoding.ASCII.GetString(bytes, at, space - at), System.Globalization.CultureInfo.InvariantCulture);
            frames.Add(Encoding.UTF8.GetString(bytes, space + 1, length));
            at = space + 1 + length;
        }
        return frames;
    }
}
