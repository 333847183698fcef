using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Passes the client's copy data on while the server takes it (COPY FROM STDIN).</summary>
internal sealed class CopyRelay(Exchange exchange, InputBuffer input, MaskedWriteGuard guard, Func<Execution, ValueTask> fail, Action touch)
{
    private const int MaxSmallMessageBytes = 64 * 1024;
    private const int SendAt = 32 * 1024;
    private const int MessageHeaderBytes = 5;

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

        var scan = guard.ScanOf(execution.Statement.Form, execution.Statement.Command);
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
                case FrontendMessage.CopyData when scan is not null:
                    if (!await RelayScannedAsync(total, scan))
                    {
                        await FailAsync(execution);
                        return;
                    }

                    break;
                case FrontendMessage.CopyDone when scan?.FindsAtEnd() == true:
                    await FailAsync(execution);
                    return;
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

    /// <summary>Makes the server give up the copy. What else the client sends for it is ignored by the loop.</summary>
    private async ValueTask FailAsync(Execution execution)
    {
        await fail(execution);
        exchange.Server.Begin(FrontendMessage.CopyFail).CString("refused by the gateway").End();
        await exchange.FlushServerAsync();
        await execution.WhenEnded();
    }

    /// <summary>Passes one message of data on by parts, each a message of its own, so that the copy can be made to fail between them.</summary>
    /// <returns>False when a masked value was found; the part that has it is not passed on.</returns>
    private async ValueTask<bool> RelayScannedAsync(int total, CopyScan scan)
    {
        input.Advance(MessageHeaderBytes);
        var left = total - MessageHeaderBytes;
        while (left > 0)
        {
            if (input.Length == 0 && !await input.FillAsync())
            {
                throw new PostgresProtocolException("the client closed in the middle of a copy");
            }

            var part = Math.Min(left, input.Length);
            if (scan.Finds(input.Unread[..part]))
            {
                await SkipAsync(left);
                return false;
            }

            exchange.Server.Begin(FrontendMessage.CopyData).Bytes(input.Unread[..part]).End();
            input.Advance(part);
            left -= part;
            if (exchange.Server.Length >= SendAt)
            {
                await exchange.FlushServerAsync();
            }
        }

        return true;
    }

    private async ValueTask SkipAsync(int left)
    {
        while (true)
        {
            var part = Math.Min(left, input.Length);
            input.Advance(part);
            left -= part;
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
