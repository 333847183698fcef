using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Sallyport.Unit.Server.Notifications;

/// <summary>A mail server that takes one mail, with STARTTLS where it has a certificate.</summary>
internal sealed class SmtpSink : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2? _certificate;
    private readonly string _recipientReply;
    private readonly Task _serving;

    public SmtpSink(X509Certificate2? certificate, string recipientReply = "250 ok")
    {
        _certificate = certificate;
        _recipientReply = recipientReply;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Every command, and the mail's lines behind DATA.</summary>
    public List<string> Lines { get; } = [];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ServeAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync();
        Stream stream = client.GetStream();
        await SayAsync(stream, "220 sink");
        var inMail = false;
        while (await ReadLineAsync(stream) is { } line)
        {
            Lines.Add(line);
            if (inMail)
            {
                inMail = line != ".";
                if (!inMail)
                {
                    await SayAsync(stream, "250 taken");
                }
                continue;
            }
            inMail = line == "DATA";
            await SayAsync(stream, Reply(line));
            if (line == "STARTTLS" && _certificate is not null)
            {
                var secure = new SslStream(stream);
                await secure.AuthenticateAsServerAsync(_certificate);
                stream = secure;
            }
        }
    }

    private string Reply(string line) => line.Split(' ')[0] switch
    {
        "EHLO" => "250-sink\r\n250-STARTTLS\r\n250 AUTH PLAIN",
        "STARTTLS" => _certificate is null ? "502 no" : "220 go",
        "AUTH" => "235 yes",
        "RCPT" => _recipientReply,
        "DATA" => "354 go",
        _ => "250 ok",
    };

    private static async Task SayAsync(Stream stream, string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"));

    private static async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1)
        {
            if (one[0] == '\n')
            {
                return Encoding.ASCII.GetString([.. line]).TrimEnd('\r');
            }
            line.Add(one[0]);
        }
        return null;
    }
}
