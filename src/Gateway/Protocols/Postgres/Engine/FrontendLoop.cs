using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Client to server. Reads whole messages within their limits and hands each to the simple or the extended query protocol.</summary>
internal sealed class FrontendLoop(
    Exchange exchange,
    InputBuffer input,
    SimpleQuery simple,
    ParseMessages texts,
    ExtendedQuery extended,
    Admittance admittance,
    Executor executor,
    EngineLimits limits,
    GatewayMetrics metrics,
    Action touch)
{
    /// <summary>Longest message that carries no statement, parameter or copy data.</summary>
    private const int MaxSmallMessageBytes = 64 * 1024;

    /// <summary>Bytes collected for the server before they are sent, while more messages of the client wait in the buffer.</summary>
    private const int SendAt = 64 * 1024;

    /// <summary>Called before anything of the client reaches the server, so that the server's rights are those of the policy in force; null where they never change.</summary>
    public Func<ValueTask>? CatchUp { get; init; }

    /// <summary>Runs until the client says goodbye or closes.</summary>
    /// <exception cref="PostgresProtocolException">The client broke the protocol.</exception>
    public async Task RunAsync()
    {
        while (true)
        {
            if (!input.TryPeekHeader(out var type, out var total))
            {
                await exchange.FlushServerAsync();
                await exchange.Client.FlushAsync();
                if (!await input.FillAsync())
                {
                    return;
                }

                touch();
                continue;
            }

            metrics.BytesFromClient(total);
            if (type == FrontendMessage.Terminate)
            {
                return;
            }

            if (exchange.Skipping && type is not FrontendMessage.Sync)
            {
                await SkipAsync(total);
                continue;
            }

            if (exchange.Replies.Count >= ReplyQueue.Limit)
            {
                exchange.Server.Begin(FrontendMessage.Flush).End();
                await exchange.FlushServerAsync();
                await exchange.Replies.WhenAtMostAsync(ReplyQueue.Limit / 2);
                continue;
            }

            await TakeAsync(type, total);
            if (exchange.Server.Length >= SendAt)
            {
                await exchange.FlushServerAsync();
            }
        }
    }

    private async ValueTask TakeAsync(byte type, int total)
    {
        var limit = type switch
        {
            FrontendMessage.Query or FrontendMessage.Parse => limits.StatementBytes + MaxSmallMessageBytes,
            FrontendMessage.Bind => limits.MessageBytes,
            FrontendMessage.CopyData or FrontendMessage.CopyDone or FrontendMessage.CopyFail or FrontendMessage.FunctionCall => 0,
            _ => MaxSmallMessageBytes,
        };
        if (total > limit)
        {
            await SkipAsync(total);
            await TakeUnreadAsync(type, total, limit);
            return;
        }

        if (input.Length < total && !await input.FillToAsync(total))
        {
            throw new PostgresProtocolException("the client closed in the middle of a message");
        }

        // The bytes stay where they are until the next fill, which only a copy relay makes before the message is done with.
        var body = input.UnreadMemory[5..total];
        input.Advance(total);
        executor.CatchUp();
        if (CatchUp is not null)
        {
            await CatchUp();
        }

        switch (type)
        {
            case FrontendMessage.Query:
                await simple.RunAsync(body);
                break;
            case FrontendMessage.Parse:
                await texts.RunAsync(body);
                break;
            case FrontendMessage.Bind:
                await extended.BindAsync(body);
                break;
            case FrontendMessage.Describe:
                await extended.DescribeAsync(body);
                break;
            case FrontendMessage.Execute:
                await extended.ExecuteAsync(body);
                break;
            case FrontendMessage.Close:
                await extended.CloseAsync(body);
                break;
            case FrontendMessage.Flush:
                exchange.Server.Begin(FrontendMessage.Flush).End();
                break;
            case FrontendMessage.Sync:
                exchange.SendSync();
                break;
            default:
                throw new PostgresProtocolException("the client sent a message of an unknown type");
        }
    }

    /// <summary>What is too large or never allowed has been skipped unread; the client is told and the session goes on.</summary>
    private async ValueTask TakeUnreadAsync(byte type, int total, int limit)
    {
        switch (type)
        {
            case FrontendMessage.CopyData or FrontendMessage.CopyDone or FrontendMessage.CopyFail:
                // Outside a copy PostgreSQL ignores these: they follow an error the client has not seen yet.
                return;
            case FrontendMessage.FunctionCall:
                await admittance.RefuseAsync(
                    new Preparation.Refused("function-call", "The FunctionCall message does not pass the gateway.", "Call the function with SELECT.", ""), default);
                exchange.SendSync();
                return;
            case FrontendMessage.Query or FrontendMessage.Parse or FrontendMessage.Bind:
                await admittance.RefuseTooLargeAsync(total, limit);
                if (type == FrontendMessage.Query)
                {
                    exchange.SendSync();
                }

                return;
            default:
                throw new PostgresProtocolException("the client sent a message that is too large for its type, or of an unknown type");
        }
    }

    private async ValueTask SkipAsync(int total)
    {
        var left = total;
        while (true)
        {
            var taken = Math.Min(left, input.Length);
            input.Advance(taken);
            left -= taken;
            if (left == 0)
            {
                return;
            }

            if (!await input.FillAsync())
            {
                throw new PostgresProtocolException("the client closed in the middle of a message");
            }
        }
    }
}

/// <summary>The named limits of one session's messages.</summary>
/// <param name="MessageBytes">Longest Bind message of a client, and longest message of the server that must be held whole.</param>
/// <param name="StatementBytes">Longest statement text.</param>
internal sealed record EngineLimits(int MessageBytes, int StatementBytes);
