using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Sallyport.EndToEnd.Approvals;

/// <summary>Servers that take what the gateway sends to people: one for posts, one for mail.</summary>
internal sealed class MessageSinks : IAsyncDisposable
{
    private const int MaxBodyCharacters = 64 * 1024;

    private readonly WebApplication _web;
    private readonly TcpListener _mail = new(IPAddress.Loopback, 0);
    private readonly Task _mailing;

    private MessageSinks(WebApplication web)
    {
        _web = web;
        _mail.Start();
        _mailing = TakeMailAsync();
    }

    /// <summary>Path, headers and body of every post.</summary>
    public ConcurrentQueue<(string Path, IReadOnlyDictionary<string, string> Headers, string Body)> Posts { get; } = new();

    /// <summary>Every mail, headers and decoded body.</summary>
    public ConcurrentQueue<string> Mails { get; } = new();

    public string WebAddress => _web.Urls.Single();

    public int MailPort => ((IPEndPoint)_mail.LocalEndpoint).Port;

    public static async Task<MessageSinks> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var web = builder.Build();
        var sinks = new MessageSinks(web);
        web.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var buffer = new char[MaxBodyCharacters];
            var body = new string(buffer, 0, await reader.ReadBlockAsync(buffer));
            sinks.Posts.Enqueue((context.Request.Path, context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase), body));
        });
        await web.StartAsync();
        return sinks;
    }

    public async ValueTask DisposeAsync()
    {
        _mail.Stop();
        await _mailing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _web.DisposeAsync();
    }

    private async Task TakeMailAsync()
    {
        while (true)
        {
            using var client = await _mail.AcceptTcpClientAsync();
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.ASCII);
            await using var writer = new StreamWriter(stream, Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
            await writer.WriteLineAsync("220 sink");
            while (await reader.ReadLineAsync() is { } line && line != "QUIT")
            {
                await writer.WriteLineAsync(line == "DATA" ? "354 go" : "250 ok");
                if (line == "DATA")
                {
                    Mails.Enqueue(await ReadMailAsync(reader));
                    await writer.WriteLineAsync("250 taken");
                }
            }
        }
    }

    private static async Task<string> ReadMailAsync(StreamReader reader)
    {
        var (head, body) = (new StringBuilder(), new StringBuilder());
        var current = head;
        while (await reader.ReadLineAsync() is { } line && line != ".")
        {
            current = line.Length == 0 ? body : current;
            current.AppendLine(line);
        }
        return head + Encoding.UTF8.GetString(Convert.FromBase64String(body.ToString()));
    }
}
