using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Sallyport.Gateway.Configuration;

namespace Sallyport.Gateway.Exports;

/// <summary>
/// Sends syslog over TLS (RFC 5425). Syslog acknowledges nothing, and what a sender wrote may die in the receiver's socket. So each batch has a connection
/// of its own: it ends our side and counts as taken when the receiver, having read to that end, ends its side too. One that dies before resets it.
/// </summary>
internal sealed class SyslogSender(ExportConfiguration export) : IExportSender
{
    private const int ReadBytes = 4096;
    private const int MaxAnswerBytes = 64 << 10;

    private static readonly TimeSpan EndTime = TimeSpan.FromSeconds(20);

    private readonly ArrayBufferWriter<byte> _frames = new();

    public async Task SendAsync(ExportBatch batch, CancellationToken cancellationToken)
    {
        _frames.ResetWrittenCount();
        foreach (var record in batch.Records)
        {
            SyslogMessage.WriteFrame(_frames, export.Format, batch.Origin, record);
        }
        try
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(export.Host, export.Port, cancellationToken);
            await using var plain = new NetworkStream(socket, ownsSocket: false);
            await using var secure = new SslStream(plain);
            await secure.AuthenticateAsClientAsync(ExportCertificates.Options(export.Tls, export.Host), cancellationToken);
            await secure.WriteAsync(_frames.WrittenMemory, cancellationToken);
            await secure.FlushAsync(cancellationToken);
            await secure.ShutdownAsync();
            socket.Shutdown(SocketShutdown.Send);
            await ExpectEndAsync(secure, cancellationToken);
        }
        catch (AuthenticationException problem)
        {
            throw new ExportFailedException("certificate", problem);
        }
        catch (SocketException problem)
        {
            throw new ExportFailedException("unreachable", problem);
        }
        catch (IOException problem)
        {
            throw new ExportFailedException("closed", problem);
        }
    }

    public void Dispose()
    {
        // Every batch has a connection of its own.
    }

    private static async Task ExpectEndAsync(SslStream stream, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(EndTime);
        var buffer = new byte[ReadBytes];
        try
        {
            for (var read = 0; read < MaxAnswerBytes;)
            {
                var count = await stream.ReadAsync(buffer, limit.Token);
                if (count == 0)
                {
                    return;
                }
                read += count;
            }
        }
        catch (OperationCanceledException problem) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ExportFailedException("no-end", problem);
        }
        throw new ExportFailedException("no-syslog");
    }
}
