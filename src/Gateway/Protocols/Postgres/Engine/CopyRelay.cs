using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Passes the client's copy data on while the server takes it (COPY FROM STDIN).</summary>
internal sealed class CopyRelay(Exchange exchange, InputBuffer input, Action touch)
{
    private const int MaxSmallMessageBytes = 64 * 1024;
    private const int SendAt = 32 * 1024;

    /// <summary>
    /// Waits until the server asks for data or the command ends, and relays data until the client says that it is done or failed.
    /// Flush and Sync in between are ignored, as the server ignores them.
    /// </summary>
    /// <exception cref="PostgresProtocolException">The client broke the protocol or closed.</exception>
    public async ValueTask RunAsync(Execution execution)
    {
        exchange.Server.Begin(FrontendMessage.Flush).End();
        await exchange.FlushServerAsync();
        if (!await execution.CopyStartedAsync())
        {
            return;
        }

        while (true)
        {
            if (!input.TryPeekHeader(out var type, out var total))
            {
                await exchange.FlushServerAsync();
                await Task.WhenAny(input.BeginFill(), execution.WhenEnded());
                if (execution.Ended)
                {
                    // The server has failed the copy; what else the client sends for it is ignored by the loop.
                    return;
                }

                if (!await input.FillAsync())
                {
                    throw new PostgresProtocolException("the client closed in the middle of a copy");
                }

                touch();
                continue;
            }

            if (execution.Ended)
            {
                return;
            }

            switch (type)
            {
                case FrontendMessage.CopyData:
                    await RelayAsync(total);
                    break;
                case FrontendMessage.CopyDone or FrontendMessage.CopyFail when total <= MaxSmallMessageBytes:
                    await RelayAsync(total);
                    await exchange.FlushServerAsync();
                    return;
                case FrontendMessage.Flush or FrontendMessage.Sync when total == 5:
                    input.Advance(total);
                    break;
                default:
                    throw new PostgresProtocolException("the client sent a message that does not belong into a copy");
            }
        }
    }

    /// <summary>Passes one message by parts, however large.</summary>
    private async ValueTask RelayAsync(int total)
    {
        var left = total;
        while (true)
        {
            var part = Math.Min(left, input.Length);
            exchange.Server.Bytes(input.Unread[..part]);
            input.Advance(part);
            left -= part;
            if (exchange.Server.Length >= SendAt || left > 0)
            {
                await exchange.FlushServerAsync();
            }

            if (left == 0)
            {
                return;
            }

            if (!await input.FillAsync())
            {
                throw new PostgresProtocolException("the client closed in the middle of a copy");
            }
        }
    }
}
