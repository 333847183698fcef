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
                return Notification(message);
            case BackendMessage.ParameterStatus:
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
            ReplyKind.Parse when type == BackendMessage.ParseComplete => Answered(),
            ReplyKind.Bind when type == BackendMessage.BindComplete => Bound((Portal)head.State!),
            ReplyKind.Describe => Described(type),
            ReplyKind.Execute => Executing(type, message, (Execution)head.State!),
            ReplyKind.Close when type == BackendMessage.CloseComplete => Answered(),
            ReplyKind.Sync when type == BackendMessage.ReadyForQuery => Ready(message),
            _ => throw Unexpected(type),
        };
    }

    private Fate Answered() => exchange.Replies.Dequeue().Hidden ? Fate.Drop : Fate.Pass;

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

    private Fate Bound(Portal portal)
    {
        // A dump before BindComplete means that the server has analysed the statement anew: the verdict is judged again before any row.
        revalidation.Finish(portal);
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
                revalidation.Finish(exchange.Replies.Head.State as ServerStatement);
                exchange.Replies.Dequeue();
                return Fate.Pass;
            case BackendMessage.NoData:
                revalidation.Finish(exchange.Replies.Head.State as ServerStatement);
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
                return Ended(execution, CommandTag.Rows(message[5..], execution.Rows), run: true);
            case BackendMessage.EmptyQueryResponse:
                return Ended(execution, 0, run: true);
            case BackendMessage.PortalSuspended:
                exchange.Replies.Dequeue();
                exchange.Suspended.Add(execution);
                return Fate.Pass;
            default:
                throw Unexpected(type);
        }
    }

    private Fate Ended(Execution execution, long rows, bool run)
    {
        exchange.Replies.Dequeue();
        execution.End(recorder, OutcomeStatus.Ok, sqlState: null, rows);
        channels.Ended(execution.EqualityColumns, rows);
        metrics.CellsMasked(execution.Counts.Sum(static c => c.Masked));
        if (run)
        {
            execution.Completed?.Invoke();
        }

        return Fate.Pass;
    }

    private Fate Ready(ReadOnlySpan<byte> message)
    {
        exchange.TransactionStatus = message[5];
        if (exchange.TransactionStatus == (byte)'I')
        {
            exchange.TransactionTouchedPhi = false;
            exchange.TransactionRisk = FailureRisk.None;
            exchange.TransactionEnded = true;
            exchange.MeaningsMayBeUndone |= exchange.TransactionChangedMeanings;
            exchange.TransactionChangedMeanings = false;
            foreach (var suspended in exchange.Suspended)
            {
                suspended.End(recorder, OutcomeStatus.Ok, sqlState: null, suspended.Rows);
            }

            exchange.Suspended.Clear();
        }

        return Answered();
    }

    private static PostgresProtocolException Unexpected(byte type) => new($"the server sent an unexpected message '{(char)type}'");
}
