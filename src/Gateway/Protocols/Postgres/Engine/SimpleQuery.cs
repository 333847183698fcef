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
    ServerInquiry inquiry,
    StatementCache cache,
    Admittance admittance,
    Executor executor,
    CopyRelay copy,
    ExtendedQuery extended,
    MeaningCheck check)
{
    private static readonly byte[] Unnamed = [];
    private static readonly short[] BinaryRows = [1];

    private readonly List<TextRange> _ranges = [];
    private readonly ImplicitBlock _block = new(exchange, inquiry);

    // Characters of the string in front of the statement: the server counts positions from the statement's start.
    private int _charactersBefore;

    // A cached read takes its Sync along, so that everything goes out in one send.
    private bool _syncSent;

    /// <param name="body">The body of a Query message.</param>
    public async ValueTask RunAsync(ReadOnlyMemory<byte> body)
    {
        var text = TextOf(body.Span, body);
        extended.ForgetUnnamed();
        _ranges.Clear();
        _syncSent = false;
        _charactersBefore = 0;
        switch (StatementSplitter.Split(text.Span, _ranges))
        {
            case SplitFault.TooManyStatements:
                await admittance.RefuseAsync(
                    new Preparation.Refused("too-many-statements", $"The string holds more than {SqlLimits.MaxStatements} statements.", "Send them in smaller strings.", ""),
                    text.Span);
                break;
            case SplitFault.Unterminated:
                await RunOneAsync(text, new StatementForm.SyntaxProbe("unreadable", "A quote or comment of the string never ends."), isOnly: true, isLast: true);
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
        switch (_ranges.Count)
        {
            case 0:
                await RunOneAsync(text, new StatementForm.Empty(), isOnly: true, isLast: true);
                break;
            case 1:
                // What stands in front of it stays, so that the server's positions count from where the client's do.
                var only = text[.._ranges[0].End];
                await RunOneAsync(only, StatementClassifier.Classify(only.Span), isOnly: true, isLast: true);
                break;
            default:
                // A COPY in the middle receives more bytes from the client, which may take the place of this text.
                await RunBlockAsync(text.ToArray(), [.. _ranges]);
                break;
        }
    }

    private async ValueTask RunBlockAsync(ReadOnlyMemory<byte> text, TextRange[] ranges)
    {
        var isReadable = await _block.BeginAsync(text);
        for (var i = 0; i < ranges.Length && isReadable && !exchange.Skipping; i++)
        {
            var statement = ranges[i].Of(text);
            _charactersBefore = System.Text.Encoding.UTF8.GetCharCount(text.Span[..ranges[i].Start]);
            var form = StatementClassifier.Classify(statement.Span);
            if (!_block.Enter(form) || !await RunOneAsync(statement, form, isOnly: false, isLast: i == ranges.Length - 1))
            {
                break;
            }

            await _block.LeaveAsync(form);
        }

        _block.End();
        _syncSent = true;
    }

    /// <summary>True when the next statement of the string may be looked at.</summary>
    private async ValueTask<bool> RunOneAsync(ReadOnlyMemory<byte> text, StatementForm form, bool isOnly, bool isLast)
    {
        if (await admittance.IsHaltedAsync(text, form))
        {
            return false;
        }

        var key = StatementCache.KeyOf(text.Span, default);
        for (var attempt = 0; ; attempt++)
        {
            var statement = cache.Find(key);
            if (statement is not null && !await check.MayStandAsync(statement))
            {
                statement = null;
            }

            var isCached = statement is not null;
            statement ??= await PrepareAsync(text, form, key);
            if (statement is null || await admittance.IsForbiddenAsync(statement))
            {
                return false;
            }

            var canRelease = isOnly && exchange.TransactionStatus == (byte)'I';
            switch (await ExecuteAsync(statement, isCached, canRelease, isLast))
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
                exchange.Reply(_charactersBefore == 0 ? rejected.Error : ErrorFields.MovePosition(rejected.Error, _charactersBefore));
                return null;
            case Preparation.Refused refused:
                await admittance.RefuseAsync(refused, text.Span);
                return null;
            default:
                return null;
        }
    }

    private async ValueTask<Outcome> ExecuteAsync(ServerStatement statement, bool isCached, bool canRelease, bool isLast)
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
        if (exchange.Skipping || check.IsRedeclared(statement))
        {
            admittance.Abandon(permit);
            if (!exchange.Skipping)
            {
                await admittance.RefuseChangedAsync();
            }

            return Outcome.Refused;
        }

        var portal = new Portal
        {
            Statement = statement,
            Plan = executor.PlanOf(statement, statement.IsBinary ? BinaryRows : []),
            Batch = exchange.Batch,
            IsFresh = statement.IsFresh(exchange),
            TakesStalePlanError = isCached && canRelease,
            CompletesWithCommit = isLast,
            CharactersBefore = _charactersBefore,
            HiddenWarning = _block.HiddenWarning(statement.Form),
        };
        var bound = portal.IsFresh ? null : portal.WhenBound();
        Bind(statement);
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

        if (await executor.ExecuteAsync(permit, portal, Unnamed, 0, DescriptionOf(statement)) is not { } execution)
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

    private void Bind(ServerStatement statement)
    {
        exchange.Server.Begin(FrontendMessage.Bind).CString(Unnamed).CString(statement.Name).Int16(0).Int16(0);
        if (statement.IsBinary)
        {
            exchange.Server.Int16(1).Int16(1).End();
        }
        else
        {
            exchange.Server.Int16(0).End();
        }
    }

    private static byte[] DescriptionOf(ServerStatement statement) =>
        statement.IsBinary ? FieldType.InBinary(statement.RowDescription) : statement.RowDescription;

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

        await exchange.QuiesceAsync();
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
