using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sallyport.Gateway.Configuration;
using Sallyport.Server.Notifications;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Server.Notifications;

public sealed class SenderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("whsec_c2VjcmV0IGtleQ==", "secret key")]
    [InlineData("as it stands", "as it stands")]
    public async Task A_webhook_is_signed_over_id_time_and_body(string secret, string key)
    {
        await using var server = await FakeServer.StartAsync();
        Dictionary<string, string> headers = [];
        server.Answer = context =>
        {
            headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            return FakeServer.WriteAsync(context, "{}");
        };
        using var sender = Http(server.Address, NotificationKind.Webhook, secret);
        await sender.SendAsync(Sample.Notification(), Stop);
        var signed = $"msg_1.{headers["webhook-timestamp"]}.{server.Only.Body}";
        var expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(signed));
        Assert.Equal("v1," + Convert.ToBase64String(expected), headers["webhook-signature"]);
        Assert.Equal("msg_1", headers["webhook-id"]);
    }

    [Theory]
    [InlineData(500, false)]
    [InlineData(429, false)]
    [InlineData(404, true)]
    [InlineData(302, true)]
    public async Task What_was_not_taken_is_a_failure_with_a_code(int status, bool isFinal)
    {
        await using var server = await FakeServer.StartAsync();
        server.AnswerJson("{\"secret\":\"told by the other side\"}", status);
        using var sender = Http(server.Address, NotificationKind.Slack, secret: null);
        var problem = await Assert.ThrowsAsync<NotificationFailedException>(() => sender.SendAsync(Sample.Notification(), Stop));
        Assert.Equal(($"status-{status}", isFinal), (problem.Code, problem.IsFinal));
    }

    [Fact]
    public async Task Mail_goes_out_encrypted_and_signed_in()
    {
        var (certificate, authority) = Certificate();
        using var _ = certificate;
        await using var sink = new SmtpSink(certificate);
        using var sender = Mail(sink.Port, authority);
        await sender.SendAsync(Sample.Notification(), Stop);
        Assert.Equal(
            ["EHLO sallyport", "STARTTLS", "EHLO sallyport", "AUTH PLAIN " + Convert.ToBase64String("\0gateway\0pass word"u8), "MAIL FROM:<gateway@clinic.example>", "RCPT TO:<reviewers@clinic.example>", "DATA"],
            sink.Lines.Take(7));
        Assert.Contains("Subject: Sallyport: approval.requested apr_0000000001", sink.Lines);
    }

    [Fact]
    public async Task No_mail_and_no_password_goes_to_a_server_without_or_with_another_certificate()
    {
        await using var plain = new SmtpSink(certificate: null);
        var (certificate, authority) = Certificate();
        using var _ = certificate;
        using var toPlain = Mail(plain.Port, authority);
        Assert.Equal("smtp-502", (await Assert.ThrowsAsync<NotificationFailedException>(() => toPlain.SendAsync(Sample.Notification(), Stop))).Code);
        using var authorityOfOthers = new TestAuthority(_folder.File("others"));
        await using var other = new SmtpSink(certificate);
        using var toOther = Mail(other.Port, authorityOfOthers.AuthorityFile);
        Assert.Equal("certificate", (await Assert.ThrowsAsync<NotificationFailedException>(() => toOther.SendAsync(Sample.Notification(), Stop))).Code);
        Assert.DoesNotContain(plain.Lines.Concat(other.Lines), line => line.StartsWith("AUTH", StringComparison.Ordinal) || line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("550 no such mailbox", "smtp-550", true)]
    [InlineData("451 later", "smtp-451", false)]
    public async Task A_mail_servers_refusal_is_final_or_not_as_it_says(string reply, string code, bool isFinal)
    {
        var (certificate, authority) = Certificate();
        using var _ = certificate;
        await using var sink = new SmtpSink(certificate, reply);
        using var sender = Mail(sink.Port, authority);
        var problem = await Assert.ThrowsAsync<NotificationFailedException>(() => sender.SendAsync(Sample.Notification(), Stop));
        Assert.Equal((code, isFinal), (problem.Code, problem.IsFinal));
    }

    private HttpSender Http(Uri address, NotificationKind kind, string? secret) => new(
        new NotificationConfiguration { Name = "hook", Kind = kind, Events = NotificationEvents.All, Address = Source("url", address.AbsoluteUri), Secret = secret is null ? null : Source("secret", secret) },
        TimeProvider.System);

    private MailSender Mail(int port, string authority) => new(
        new NotificationConfiguration
        {
            Name = "mail",
            Kind = NotificationKind.Smtp,
            Events = NotificationEvents.All,
            AuthorityFile = authority,
            Mail = new MailConfiguration
            {
                Host = "localhost",
                Port = port,
                From = "gateway@clinic.example",
                To = ["reviewers@clinic.example"],
                User = "gateway",
                Password = Source("password", "pass word"),
            },
        },
        TimeProvider.System);

    private (X509Certificate2 Certificate, string Authority) Certificate()
    {
        using var authority = new TestAuthority(_folder.File("authority"));
        var (certificate, key) = authority.Issue("mail", "localhost", "127.0.0.1");
        return (X509Certificate2.CreateFromPemFile(certificate, key), authority.AuthorityFile);
    }

    private SecretSource.FromFile Source(string name, string text)
    {
        File.WriteAllText(_folder.File(name), text);
        return new SecretSource.FromFile(_folder.File(name));
    }
}
