using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The simple query protocol, run as extended messages: each statement of the string is parsed, judged and executed before the next is looked at,
/// and one Sync at the end keeps the string's implicit transaction. The client sees what a simple query answers.
/// </summary>
internal sealed class SimpleQuery(
    Exchange exchange,
    StatementDesk desk,
    StatementCache cache,
    Admittance admittance,
    Executor executor,
    CopyRelay copy,
    ExtendedQuery extended)
{
    private static readonly byte[] Unnamed = [];

    private readonly List<TextRange> _ranges = [];

    // A cached read takes its Sync along, so that everything goes out in one send.
    private bool _syncSent;

    /// <param name="body">The body of a Query message.</param>
    public async ValueTask RunAsync(ReadOnlyMemory<byte> body)
    {
        var text = TextOf(body.Span, body);
        extended.ForgetUnnamed();
        _ranges.Clear();
        _syncSent = false;
        switch (StatementSplitter.Split(text.Span, _ranges))
        {
            case SplitFault.TooManyStatements:
                await admittance.RefuseAsync(
                    new Preparation.Refused("too-many-statements", $"The string holds more than {SqlLimits.MaxStatements} statements.", "Send them in smaller strings.", ""),
                    text.Span);
                break;
            case SplitFault.Unterminated:
                await RunOneAsync(text, new StatementForm.SyntaxProbe("unreadable", "A quote or comment of the string never ends."), isOnly: true);
                break;
            default:
                await RunAllAsync(text);
                break;
        }

        if (!_syncSent)
        {
            exchange.SendSync();
        }

        await exchange.FlushServerAsync();
    }

    private static ReadOnlyMemory<byte> TextOf(ReadOnlySpan<byte> span, ReadOnlyMemory<byte> body)
    {
        var end = span.IndexOf((byte)0);
        return end == span.Length - 1 ? body[..end] : throw new PostgresProtocolException("the text of a query is not terminated");
    }

    private async ValueTask RunAllAsync(ReadOnlyMemory<byte> text)
    {
        if (_ranges.Count == 0)
        {
            await RunOneAsync(text, new StatementForm.Empty(), isOnly: true);
            return;
        }

        if (_ranges.Count > 1)
        {
            // A COPY in the middle receives more bytes from the client, which may take the place of this text.
            text = text.ToArray();
        }

        var ranges = _ranges.ToArray();
        foreach (var range in ranges)
        {
            var statement = range.Of(text);
            if (!await RunOneAsync(statement, StatementClassifier.Classify(statement.Span), isOnly: ranges.Length == 1))
            {
                return;
            }
        }
    }

    /// <summary>True when the next statement of the string may be looked at.</summary>
    private async ValueTask<bool> RunOneAsync(ReadOnlyMemory<byte> text, StatementForm form, bool isOnly)
    {
        if (await admittance.IsHaltedAsync(text, form))
        {
            return false;
        }

        var key = StatementCache.KeyOf(text.Span, default);
        for (var attempt = 0; ; attempt++)
        {
            var statement = cache.Find(key);
            var isCached = statement is not null;
            statement ??= await PrepareAsync(text, form, key);
            if (statement is null || await admittance.IsForbiddenAsync(statement))
            {
                return false;
            }

            var canRelease = isOnly && exchange.TransactionStatus == (byte)'I';
            switch (await ExecuteAsync(statement, isCached, canRelease))
            {
                case Outcome.Sent:
                    return true;
                case Outcome.PrepareAgain when attempt < 2:
                    cache.Forget(key);
                    continue;
                default:
                    return false;
            }
        }
    }

    private enum Outcome
    {
        Sent,
        Refused,

        /// <summary>A change of schema made the server's plan useless, or the locks were given up for a hold. Nothing ran; nobody was told.</summary>
        PrepareAgain,
    }

    private async ValueTask<ServerStatement?> PrepareAsync(ReadOnlyMemory<byte> text, StatementForm form, UInt128 key)
    {
        var keeps = text.Length <= StatementCache.MaxTextBytes && !ServerStatement.ResolvesLate(form) && cache.SeenBefore(key);
        var preparation = await desk.PrepareAsync(text, form, keeps ? cache.NewName() : Unnamed, "\0\0"u8.ToArray());
        switch (preparation)
        {
            case Preparation.Ready ready:
                if (keeps && cache.Add(key, ready.Statement) is { } dropped)
                {
                    executor.CloseStatement(dropped);
                }

                return ready.Statement;
            case Preparation.Rejected rejected:
                exchange.Reply(rejected.Error);
                return null;
            case Preparation.Refused refused:
                await admittance.RefuseAsync(refused, text.Span);
                return null;
            default:
                return null;
        }
    }

    private async ValueTask<Outcome> ExecuteAsync(ServerStatement statement, bool isCached, bool canRelease)
    {
        var current = statement;
        var hold = new HoldSteps(
            () => QuiesceAsync(canRelease),
            async () => !canRelease || (current = await PrepareSameAsync(statement)) is not null);
        if (await admittance.AdmitAsync(statement, default, hold) is not { } permit)
        {
            return Outcome.Refused;
        }

        statement = current!;
        if (exchange.Skipping)
        {
            admittance.Abandon(permit);
            return Outcome.Refused;
        }

        var portal = new Portal
        {
            Statement = statement,
            Plan = executor.PlanOf(statement, []),
            Batch = exchange.Batch,
            IsFresh = statement.IsFresh(exchange),
            TakesStalePlanError = isCached && canRelease,
        };
        var bound = portal.IsFresh ? null : portal.WhenBound();
        exchange.Server.Begin(FrontendMessage.Bind).CString(Unnamed).CString(statement.Name).Int16(0).Int16(0).Int16(0).End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Bind, portal, Hidden: true));
        if (bound is not null && statement.ChangesSomething)
        {
            // The server may find that the text means something else by now: wait until it has bound what was judged.
            exchange.Server.Begin(FrontendMessage.Flush).End();
            if (await WhenBoundAsync(bound, permit) is var end && end != BindEnd.Bound)
            {
                admittance.Abandon(permit);
                return await AfterFailedBindAsync(end);
            }
        }

        if (await executor.ExecuteAsync(permit, portal, Unnamed, 0, statement.RowDescription) is not { } execution)
        {
            return Outcome.Refused;
        }

        if (statement.Form is StatementForm.Copy { Direction: CopyDirection.In })
        {
            await copy.RunAsync(execution);
        }
        else if (bound is not null && !statement.ChangesSomething && portal.TakesStalePlanError)
        {
            exchange.SendSync();
            await exchange.FlushServerAsync();
            _syncSent = await bound != BindEnd.Stale;
            return _syncSent ? Outcome.Sent : Outcome.PrepareAgain;
        }

        return Outcome.Sent;
    }

    private async ValueTask<BindEnd> WhenBoundAsync(Task<BindEnd> bound, Sessions.Permit permit)
    {
        try
        {
            await exchange.FlushServerAsync();
            return await bound;
        }
        catch (IOException)
        {
            admittance.Abandon(permit);
            throw;
        }
    }

    private async ValueTask<Outcome> AfterFailedBindAsync(BindEnd end)
    {
        switch (end)
        {
            case BindEnd.Stale:
                exchange.SendSync(hidden: true);
                return Outcome.PrepareAgain;
            case BindEnd.Void:
                await admittance.RefuseChangedAsync();
                return Outcome.Refused;
            default:
                return Outcome.Refused;
        }
    }

    /// <summary>Everything asked before is answered; outside a transaction the locks that Parse took are given back before a human thinks.</summary>
    private async ValueTask QuiesceAsync(bool release)
    {
        if (release)
        {
            exchange.SendSync(hidden: true);
        }
        else
        {
            exchange.Server.Begin(FrontendMessage.Flush).End();
        }

        await exchange.FlushServerAsync();
        await exchange.Replies.WhenAtMostAsync(0);
    }

    /// <summary>Parses an approved statement again after its locks were given back. It must mean exactly what was approved.</summary>
    private async ValueTask<ServerStatement?> PrepareSameAsync(ServerStatement approved)
    {
        var preparation = await desk.PrepareAsync(approved.Text, approved.Form, Unnamed, "\0\0"u8.ToArray());
        switch (preparation)
        {
            case Preparation.Ready { Statement: var again } when again.MeansTheSameAs(approved):
                return again;
            case Preparation.Rejected rejected:
                exchange.Reply(rejected.Error);
                return null;
            default:
                await admittance.RefuseChangedAsync();
                return null;
        }
    }
}
