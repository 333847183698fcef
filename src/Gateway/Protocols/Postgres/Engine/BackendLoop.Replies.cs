using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Matches every message with the reply that is owed, and says what becomes of it.</summary>
internal sealed partial class BackendLoop
{
    private Fate Handle(byte type, ReadOnlySpan<byte> message)
    {
        switch (type)
        {
            case BackendMessage.NoticeResponse:
                return Notice(message);
            case BackendMessage.NotificationResponse:
                ReleaseCompletion();
                return Notification(message);
            case BackendMessage.ParameterStatus:
                ReleaseCompletion();
                return channels.Reports(message[5..]) ? Fate.Pass : Fate.Drop;
            case BackendMessage.ErrorResponse:
                return Error(message);
        }

        if (exchange.Replies.Count == 0)
        {
            throw Unexpected(type);
        }

        var head = exchange.Replies.Head;
        return head.Kind switch
        {
            ReplyKind.Probe => ProbeReply(type, message, (Probe)head.State!),
            ReplyKind.Facts => FactsReply(type, message, (FactsReader)head.State!),
            ReplyKind.Rehearsal => Rehearsed(type, message, (CopyRehearsal)head.State!),
            ReplyKind.Parse when type == BackendMessage.ParseComplete => Answered(),
            ReplyKind.Bind when type == BackendMessage.BindComplete => Bound((Portal)head.State!),
            ReplyKind.Describe => Described(type),
            ReplyKind.Execute => Executing(type, message, (Execution)head.State!),
            ReplyKind.Close when type == BackendMessage.CloseComplete => Answered(),
            ReplyKind.CloseNamed when type == BackendMessage.CloseComplete => Closed((NamedClose)head.State!),
            ReplyKind.Sync or ReplyKind.Block when type == BackendMessage.ReadyForQuery => Ready(message),
            ReplyKind.Block when type == BackendMessage.CommandComplete => Fate.Drop,
            _ => throw Unexpected(type),
        };
    }

    private Fate Answered() => exchange.Replies.Dequeue().Hidden ? Fate.Drop : Fate.Pass;

    private Fate Closed(NamedClose closed)
    {
        exchange.NamesInFlux--;
        if (closed.Kind == (byte)'P')
        {
            exchange.Names.Cursors.Closed(closed.Name);
        }
        else
        {
            exchange.Names.Forget(closed.Name);
        }

        return Answered();
    }

    private Fate Probed(Probe probe)
    {
        exchange.Replies.Dequeue();
        probe.Complete();
        return Fate.Drop;
    }

    private Fate ProbeReply(byte type, ReadOnlySpan<byte> message, Probe probe)
    {
        switch (type)
        {
            case BackendMessage.ParseComplete:
                probe.Parsed = true;
                return Fate.Drop;
            case BackendMessage.ParameterDescription:
                probe.ParameterDescription = message.ToArray();
                return Fate.Drop;
            case BackendMessage.RowDescription:
                probe.RowDescription = message.ToArray();
                return Probed(probe);
            case BackendMessage.NoData:
                return Probed(probe);
            default:
                throw Unexpected(type);
        }
    }

    private Fate FactsReply(byte type, ReadOnlySpan<byte> message, FactsReader reader)
    {
        switch (type)
        {
            case BackendMessage.DataRow:
                reader.Add(message[5..]);
                break;
            case BackendMessage.CloseComplete when --reader.ClosesLeft == 0:
                exchange.Replies.Dequeue();
                reader.Complete();
                break;
            case BackendMessage.ParseComplete or BackendMessage.BindComplete or BackendMessage.CommandComplete or BackendMessage.CloseComplete:
                break;
            default:
                throw Unexpected(type);
        }

        return Fate.Drop;
    }

    private Fate Rehearsed(byte type, ReadOnlySpan<byte> message, CopyRehearsal rehearsal)
    {
        if (rehearsal.Take(type, message) ?? throw Unexpected(type))
        {
            exchange.Replies.Dequeue();
        }

        return Fate.Drop;
    }

    private Fate Bound(Portal portal)
    {
        // A dump before BindComplete means that the server has analysed the statement anew: the verdict is judged again before any row.
        Revalidation.Finish(portal);
        var fate = Answered();
        portal.Bound();
        return fate;
    }

    private Fate Described(byte type)
    {
        switch (type)
        {
            case BackendMessage.ParameterDescription:
                return Fate.Pass;
            case BackendMessage.RowDescription:
                exchange.Replies.Dequeue();
                return Fate.Pass;
            case BackendMessage.NoData:
                return Answered();
            default:
                throw Unexpected(type);
        }
    }

    private void DescribeRows(Execution execution)
    {
        if (execution.RowDescription.Length > 0)
        {
            Output().Bytes(execution.RowDescription);
            execution.RowDescription = [];
        }
    }

    private Fate Executing(byte type, ReadOnlySpan<byte> message, Execution execution)
    {
        DescribeRows(execution);
        Touch(execution);
        switch (type)
        {
            case BackendMessage.DataRow or BackendMessage.CopyData or BackendMessage.CopyDone when execution is { IsMetered: true, Stop: not null }:
                return Fate.Drop;
            case BackendMessage.CommandComplete or BackendMessage.PortalSuspended when execution is { IsMetered: true, Stop: not null }:
                Ended(execution, execution.Rows, []);
                return Fate.Drop;
            case BackendMessage.DataRow when execution.RowLimit > 0 && execution.Rows >= execution.RowLimit:
                execution.IsOverRowLimit = true;
                return Fate.Drop;
            case BackendMessage.DataRow when execution.Copy is { } copy:
                return Copied(execution, copy, message);
            case BackendMessage.DataRow when execution.Plan is { } plan:
                execution.Rows++;
                execution.Bytes += message.Length;
                plan.Write(message, Output(), execution.Counts);
                return Fate.Drop;
            case BackendMessage.DataRow or BackendMessage.CopyData when execution.Plan is null:
                CountRow(type, message.Length);
                return Fate.Pass;
            case BackendMessage.CopyDone or BackendMessage.CopyOutResponse when execution.Plan is null:
                return Fate.Pass;
            case BackendMessage.CopyInResponse:
                execution.CopyStarted();
                return Fate.Pass;
            case BackendMessage.CommandComplete:
                Ended(execution, CommandTag.Rows(message[5..], execution.Rows), message[5..]);
                return execution.Copy is { } written ? CopyEnded(execution, written) : Completed(execution, message);
            case BackendMessage.EmptyQueryResponse:
                return Ended(execution, 0, []);
            case BackendMessage.PortalSuspended when execution.IsOverRowLimit:
                Ended(execution, execution.Rows, []);
                return Fate.Drop;
            case BackendMessage.PortalSuspended when execution.Statement.GoesOn:
                return Ended(execution, execution.Rows, []);
            case BackendMessage.PortalSuspended:
                exchange.Replies.Dequeue();
                execution.Settled();
                exchange.Suspended.Add(execution);
                return Fate.Pass;
            default:
                throw Unexpected(type);
        }
    }

    private Fate Ended(Execution execution, long rows, ReadOnlySpan<byte> tag)
    {
        exchange.Replies.Dequeue();
        End(execution, OutcomeStatus.Ok, sqlState: null, rows);
        channels.Ended(execution.EqualityColumns, rows);
        metrics.CellsMasked(execution.Counts.Sum(static c => c.Masked));
        if (execution.ChangesSession)
        {
            takeIn(execution.Statement, tag);
        }

        return Fate.Pass;
    }

    private Fate Copied(Execution execution, CopyEncoder copy, ReadOnlySpan<byte> row)
    {
        execution.Rows++;
        execution.Bytes += row.Length;
        if (execution.Plan is not { } plan)
        {
            copy.Row(row, Output());
            return Fate.Drop;
        }

        plan.Write(row, _copiedRow, execution.Counts);
        copy.Row(_copiedRow.Written.Span, Output());
        _copiedRow.Clear();
        return Fate.Drop;
    }

    private Fate CopyEnded(Execution execution, CopyEncoder copy)
    {
        copy.End(Output());
        var tag = new MessageBuffer();
        tag.Begin(BackendMessage.CommandComplete).CString($"COPY {execution.Rows}").End();
        if (execution.Portal.CompletesWithCommit)
        {
            _completion = tag.Written.ToArray();
        }
        else
        {
            Output().Bytes(tag.Written.Span);
        }

        tag.Clear();
        return Fate.Drop;
    }

    /// <summary>A simple query's last statement is complete when its transaction is: the tag waits for what commits it.</summary>
    private Fate Completed(Execution execution, ReadOnlySpan<byte> message)
    {
        if (!execution.Portal.CompletesWithCommit || IsFollowedByReady(message.Length))
        {
            return Fate.Pass;
        }

        _completion = message.ToArray();
        return Fate.Drop;
    }

    private bool IsFollowedByReady(int bytes)
    {
        var next = input.Unread[(_run + bytes)..];
        return next.Length > 0 && next[0] == BackendMessage.ReadyForQuery && exchange.Replies.Count > 0 && !exchange.Replies.Head.Hidden;
    }

    private void ReleaseCompletion()
    {
        if (_completion.Length > 0)
        {
            Output().Bytes(_completion);
            _completion = [];
        }
    }

    private void End(Execution execution, OutcomeStatus status, string? sqlState, long rows)
    {
        exchange.NamesInFlux -= execution is { ChangesSession: true, Ended: false } ? 1 : 0;
        execution.End(recorder, status, sqlState, rows);
    }

    private Fate Ready(ReadOnlySpan<byte> message)
    {
        exchange.TransactionStatus = message[5];
        if (exchange.TransactionStatus == (byte)'I')
        {
            EndTransaction();
            exchange.TransactionTouchedPhi = false;
            exchange.TransactionRisk = FailureRisk.None;
            exchange.TransactionEnded = true;
            exchange.Transaction++;
            exchange.MeaningsMayBeUndone |= exchange.TransactionChangedMeanings;
            exchange.TransactionChangedMeanings = false;
            if (exchange.TransactionRanDdl)
            {
                exchange.TransactionRanDdl = false;
                exchange.SchemaChanged();
            }

            foreach (var suspended in exchange.Suspended)
            {
                End(suspended, OutcomeStatus.Ok, sqlState: null, suspended.Rows);
            }

            exchange.Suspended.Clear();
        }

        _batchFailed = false;
        if (!exchange.Replies.Head.Hidden)
        {
            ReleaseCompletion();
        }

        return Answered();
    }

    /// <summary>No transaction is open: one that no COMMIT or ROLLBACK ended has been ended by Sync.</summary>
    private void EndTransaction()
    {
        if (_batchFailed)
        {
            exchange.Names.Cursors.RolledBack();
        }
        else
        {
            exchange.Names.Cursors.Committed();
        }
    }

    private static PostgresProtocolException Unexpected(byte type) => new($"the server sent an unexpected message '{(char)type}'");
}
