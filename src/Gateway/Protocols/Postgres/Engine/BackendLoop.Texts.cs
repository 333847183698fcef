using System.Text;
using Sallyport.Gateway.Budgets;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Recording;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>What may come at any time: errors, notices, notifications. Their texts can hold stored values, so this is where they lose them.</summary>
internal sealed partial class BackendLoop
{
    private Fate Error(ReadOnlySpan<byte> message)
    {
        var body = message[5..];
        exchange.ServerSaidFatal |= ErrorFields.Find(body, ErrorFields.SeverityNonLocalized) is var severity
            && (severity.SequenceEqual("FATAL"u8) || severity.SequenceEqual("PANIC"u8));
        _batchFailed = true;
        _completion = [];
        if (exchange.Replies.Count == 0)
        {
            return exchange.TransactionTouchedPhi ? Scrub(body, risk: null) : Fate.Pass;
        }

        var head = exchange.Replies.Dequeue();
        if (head.Kind is not (ReplyKind.Sync or ReplyKind.Block))
        {
            head.Undo?.Invoke();
        }

        switch (head)
        {
            case { Kind: ReplyKind.InjectedError }:
                Output().Bytes((byte[])head.State!);
                SkipToSync();
                return Fate.Drop;
            case { State: Probe probe }:
                probe.Reject(message);
                SkipToSync();
                return Fate.Drop;
            case { State: CopyRehearsal rehearsal }:
                rehearsal.Reject(message);
                SkipToSync();
                return Fate.Drop;
            case { Kind: ReplyKind.Sync or ReplyKind.Block }:
                // The commit failed; ReadyForQuery still follows.
                exchange.Replies.PutBack(head);
                return exchange.TransactionTouchedPhi || channels.SpeaksOfTagged(body) ? Scrub(body, exchange.TransactionRisk) : Fate.Pass;
        }

        var (speaksOfPhi, risk) = (exchange.TransactionTouchedPhi, (FailureRisk?)null);
        switch (head.State)
        {
            case Execution execution:
                (speaksOfPhi, risk) = Fail(execution, body);
                break;
            case Portal portal:
                // No row is read to bind: what fails here is the client's own value, or a plan.
                speaksOfPhi = portal.Statement.TouchesPhi;
                if (portal.TakesStalePlanError && Revalidation.IsStalePlan(body))
                {
                    return Stale(portal);
                }

                // The text kept for it is parsed anew when it comes again.
                portal.Statement.IsVoid |= portal.IsOfUnnamed && Revalidation.IsStalePlan(body);
                portal.Skip();
                break;
            case IReplyWaiter waiter:
                waiter.Skip();
                break;
        }

        revalidation.Forget();
        SkipToSync();
        return Tell(head.State, message, speaksOfPhi, risk);
    }

    /// <summary>What the client gets of an error: that of a budget that stopped the command, as much as may be seen of it, or all.</summary>
    private Fate Tell(object? failed, ReadOnlySpan<byte> message, bool speaksOfPhi, FailureRisk? risk)
    {
        if (failed is Execution { Stop: { } stop, IsStopTold: false } stopped)
        {
            stopped.IsStopTold = true;
            Output().Bytes(UsageWatch.ErrorOf(stop, stopped.Rows > 0));
            return Fate.Drop;
        }

        if (failed is Execution { FailedFor: { Length: > 0 } error })
        {
            Output().Bytes(error);
            return Fate.Drop;
        }

        if (speaksOfPhi)
        {
            return Scrub(message[5..], risk);
        }

        return failed is Execution { Portal.CharactersBefore: > 0 and var before } ? Moved(message, before) : Fate.Pass;
    }

    private Fate Moved(ReadOnlySpan<byte> message, int characters)
    {
        Output().Bytes(ErrorFields.MovePosition(message.ToArray(), characters));
        return Fate.Drop;
    }

    /// <summary>Nobody is told: the text is prepared anew and answered by a later Sync.</summary>
    private Fate Stale(Portal portal)
    {
        SkipToSync();
        if (exchange.Replies.Count > 0)
        {
            exchange.Replies.PutBack(exchange.Replies.Dequeue() with { Hidden = true });
        }

        portal.Stale();
        return Fate.Drop;
    }

    private (bool SpeaksOfPhi, FailureRisk? Risk) Fail(Execution execution, ReadOnlySpan<byte> body)
    {
        Touch(execution);
        if (execution.ReadsOnly || execution.Copy is not null)
        {
            // As the server does for a simple query: a SELECT describes its rows before it computes the first one.
            DescribeRows(execution);
        }

        var (speaksOfPhi, risk) = Weigh(execution, body);
        var sqlState = execution.FailedFor.Length > 0 ? Refusals.Policy : speaksOfPhi ? SqlStates.Standard(ErrorFields.SqlState(body)) : ErrorFields.SqlState(body);
        End(execution, sqlState is SqlStates.Cancelled ? OutcomeStatus.Cancelled : OutcomeStatus.Error, sqlState, execution.Rows);
        return (speaksOfPhi, risk);
    }

    /// <summary>Takes in what the server is working on now: from here on the transaction's errors and notices may carry stored values.</summary>
    private void Touch(Execution execution)
    {
        if (execution.TouchesPhi)
        {
            exchange.TransactionTouchedPhi = true;
            exchange.TransactionRisk = execution.Risk > exchange.TransactionRisk ? execution.Risk : exchange.TransactionRisk;
        }
    }

    /// <summary>
    /// Whether a statement's error may carry stored values, and what it tells. FETCH, COMMIT, SET CONSTRAINTS and writes fail over what an earlier
    /// statement of the transaction has put off; a query of clean tables does not.
    /// </summary>
    private (bool SpeaksOfPhi, FailureRisk? Risk) Weigh(Execution execution, ReadOnlySpan<byte> body)
    {
        if (execution.TouchesPhi)
        {
            return (true, execution.Risk);
        }

        if (exchange.TransactionTouchedPhi && !execution.IsCleanRead)
        {
            return (true, exchange.TransactionRisk);
        }

        return channels.SpeaksOfTagged(body) ? (true, FailureRisk.Writes) : (false, null);
    }

    private Fate Scrub(ReadOnlySpan<byte> body, FailureRisk? risk)
    {
        channels.WriteScrubbed(Output(), body, risk);
        return Fate.Drop;
    }

    /// <summary>After an error the server answers nothing until the next Sync.</summary>
    private void SkipToSync()
    {
        var undo = new Stack<Action>();
        while (exchange.Replies.Count > 0 && exchange.Replies.Head.Kind != ReplyKind.Sync)
        {
            var skipped = exchange.Replies.Dequeue();
            if (skipped.Undo is not null)
            {
                undo.Push(skipped.Undo);
            }

            exchange.NamesInFlux -= skipped.Kind == ReplyKind.CloseNamed ? 1 : 0;
            if (skipped.State is Execution execution)
            {
                End(execution, OutcomeStatus.Skipped, sqlState: null, execution.Rows);
            }
            else if (skipped.State is IReplyWaiter waiter)
            {
                waiter.Skip();
            }
        }

        foreach (var action in undo)
        {
            action();
        }

        exchange.Skipping |= exchange.Replies.Count == 0;
    }

    private Fate Notice(ReadOnlySpan<byte> message)
    {
        var body = message[5..];
        if (ErrorFields.Find(body, ErrorFields.Routine).SequenceEqual("elog_node_display"u8))
        {
            Dump(ErrorFields.Find(body, ErrorFields.Detail));
            return Fate.Drop;
        }

        var severity = Encoding.ASCII.GetString(ErrorFields.Find(body, ErrorFields.SeverityNonLocalized));
        var passes = severity switch
        {
            "WARNING" => exchange.NoticeLevel <= NoticeLevel.Warning,
            "NOTICE" => exchange.NoticeLevel <= NoticeLevel.Notice,
            "INFO" => true,
            _ => false, // LOG and DEBUG are ours: client_min_messages is pinned for the dumps.
        };
        return passes && !TouchesPhiNow() && !IsOfOurBlock(body) ? Fate.Pass : Fate.Drop;
    }

    /// <summary>What the server says because a block of ours is open, and would not say to the client.</summary>
    private bool IsOfOurBlock(ReadOnlySpan<byte> body) =>
        exchange.Replies.Count > 0 && exchange.Replies.Head is var head
        && (head.Kind == ReplyKind.Block
            || (head.State is Execution { Portal.HiddenWarning: { Length: > 0 } warning } && string.Equals(ErrorFields.SqlState(body), warning, StringComparison.Ordinal)));

    private bool TouchesPhiNow() =>
        exchange.Replies.Count > 0 && exchange.Replies.Head.State switch
        {
            Execution execution => execution.TouchesPhi || (exchange.TransactionTouchedPhi && !execution.IsCleanRead),
            Portal portal => portal.Statement.TouchesPhi,
            _ => exchange.TransactionTouchedPhi,
        };

    private void Dump(ReadOnlySpan<byte> tree)
    {
        if (exchange.Replies.Count == 0)
        {
            return;
        }

        switch (exchange.Replies.Head)
        {
            case { State: Probe { Parsed: false } probe }:
                probe.AddDump(tree, Analysis.StatementAnalyzer.MaxDumpBytes);
                break;
            case { Kind: ReplyKind.Bind, State: Portal portal }:
                revalidation.Add(portal.Statement, portal.IsFresh, tree);
                break;
            case { Kind: ReplyKind.Describe, State: ServerStatement statement }:
                revalidation.Add(statement, isFresh: false, tree);
                break;
        }
    }

    private Fate Notification(ReadOnlySpan<byte> message)
    {
        if (channels.Delivers(message[5..]))
        {
            return Fate.Pass;
        }

        // The payload was not a constant that passed through the gateway, so it may be anything; the channel is what the client asked for.
        NotificationFilter.WriteWithoutPayload(message[5..], Output());
        return Fate.Drop;
    }
}
