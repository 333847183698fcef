using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Text;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Server.Notifications;

/// <summary>
/// Hands mail to a submission server (RFC 5321, 6409): STARTTLS before anything is said (RFC 3207), AUTH PLAIN (RFC 4954). One connection per mail.
/// </summary>
internal sealed class MailSender(NotificationConfiguration channel, TimeProvider time) : INotificationSender
{
    private const int MaxLineBytes = 2048;
    private const int MaxReplyLines = 100;
    private const int PermanentFailure = 500;

    private readonly MailConfiguration _mail = channel.Mail ?? throw new ArgumentException("The channel has no mail settings.", nameof(channel));

    public async Task SendAsync(Notification notification, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(_mail.Host, _mail.Port, cancellationToken);
            await SubmitAsync(client.GetStream(), MailMessage.Compose(notification with { At = time.GetUtcNow() }, _mail), cancellationToken);
        }
        catch (AuthenticationException problem)
        {
            throw new NotificationFailedException("certificate", isFinal: false, problem);
        }
        catch (Exception problem) when (problem is IOException or SocketException)
        {
            throw new NotificationFailedException("unreachable", isFinal: false, problem);
        }
        catch (InvalidOperationException problem)
        {
            throw new NotificationFailedException("no-secret", isFinal: false, problem);
        }
    }

    public void Dispose()
    {
        // Every mail has a connection of its own.
    }

    private async Task SubmitAsync(Stream plain, string message, CancellationToken cancellationToken)
    {
        var talk = new Conversation(plain, cancellationToken);
        await talk.ExpectAsync(220);
        await talk.AskAsync("EHLO sallyport", 250);
        if (_mail.WithoutTls)
        {
            await DeliverAsync(talk, message);
            return;
        }
        await talk.AskAsync("STARTTLS", 220);
        await using var secure = new SslStream(plain);
        await secure.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = _mail.Host,
                CertificateChainPolicy = channel.AuthorityFile is { } file ? TrustedAuthorities.Of(file) : null,
            },
            cancellationToken);
        // A new conversation: whatever came in plain text before does not count.
        talk = new Conversation(secure, cancellationToken);
        await talk.AskAsync("EHLO sallyport", 250);
        await SignInAsync(talk);
        await DeliverAsync(talk, message);
    }

    private async Task SignInAsync(Conversation talk)
    {
        if (_mail.Password is not { } password)
        {
            return;
        }
        var credential = Encoding.UTF8.GetBytes($"\0{_mail.User}\0{password.Read()}");
        await talk.AskAsync($"AUTH PLAIN {Convert.ToBase64String(credential)}", 235);
        CryptographicOperations.ZeroMemory(credential);
    }

    private async Task DeliverAsync(Conversation talk, string message)
    {
        await talk.AskAsync($"MAIL FROM:<{_mail.From}>", 250);
        foreach (var recipient in _mail.To)
        {
            await talk.AskAsync($"RCPT TO:<{recipient}>", 250);
        }
        await talk.AskAsync("DATA", 354);
        // No line of the message begins with a dot: headers do not, and base64 has none.
        await talk.AskAsync(message + ".", 250);
        await talk.SayAsync("QUIT");
    }

    /// <summary>Commands and replies over one stream.</summary>
    private sealed class Conversation(Stream stream, CancellationToken cancellationToken)
    {
        private readonly byte[] _line = new byte[MaxLineBytes];
        private readonly byte[] _next = new byte[1];

        public async Task AskAsync(string command, int expected)
        {
            await SayAsync(command);
            await ExpectAsync(expected);
        }

        public async Task SayAsync(string command)
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }

        /// <summary>Reads one reply; its text is the server's own and is dropped.</summary>
        public async Task ExpectAsync(int expected)
        {
            for (var lines = 0; lines < MaxReplyLines; lines++)
            {
                var line = await ReadLineAsync();
                if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code))
                {
                    throw new NotificationFailedException("not-smtp", isFinal: false);
                }
                if (line.Length > 3 && line[3] == '-')
                {
                    continue;
                }
                if (code != expected)
                {
                    throw new NotificationFailedException($"smtp-{code}", code >= PermanentFailure);
                }
                return;
            }
            throw new NotificationFailedException("not-smtp", isFinal: false);
        }

        /// <summary>One byte at a time, so that nothing of what follows STARTTLS is taken from the plain stream.</summary>
        private async Task<string> ReadLineAsync()
        {
            var length = 0;
            while (true)
            {
                if (await stream.ReadAsync(_next, cancellationToken) == 0)
                {
                    throw new NotificationFailedException("closed", isFinal: false);
                }
                if (_next[0] == '\n')
                {
                    return Encoding.ASCII.GetString(_line, 0, length).TrimEnd('\r');
                }
                if (length == MaxLineBytes)
                {
                    throw new NotificationFailedException("not-smtp", isFinal: false);
                }
                _line[length++] = _next[0];
            }
        }
    }
}
