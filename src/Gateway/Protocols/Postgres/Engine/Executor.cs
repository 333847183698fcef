using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Gateway.Sessions;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>Sends what has a permit: the only place where Execute messages are written.</summary>
internal sealed class Executor(
    Exchange exchange,
    StatementCache cache,
    SqlNames names,
    TargetCatalog catalog,
    SideChannels channels,
    Func<string, MaskOperator> operatorOf,
    MaskKeys keys,
    Action<Permit> abandon,
    Func<Execution, ValueTask> cut,
    UsageWatch usage,
    TimeProvider time)
{
    /// <summary>Told of each command before it is sent.</summary>
    public Action<Policy.Command> Admitted { get; init; } = static _ => { };

    public MaskPlan? PlanOf(ServerStatement statement, ReadOnlySpan<short> formats) =>
        statement.PlanFor(
            formats,
            MaskOf,
            operatorOf);

    private ColumnMask MaskOf(MaskedColumn column, ResultField field, ResultField? key)
    {
        var type = MaskedTypes.Of(field, catalog);
        return column.IsDerived
            ? ColumnMaskFactory.CreateDerived(column.Tag, column.Operator, type)
            : ColumnMaskFactory.Create(column.Tag, column.Operator, type, keys, time, key is { } whose ? new RowKey(whose.Ordinal, MaskedTypes.Of(whose, catalog)) : null);
    }

    /// <summary>Sends one Execute. A command that can change something waits until its record is durable.</summary>
    /// <param name="permit">Proof that it was recorded and allowed.</param>
    /// <param name="portal">What to run.</param>
    /// <param name="portalName">Its name at the server.</param>
    /// <param name="maxRows">Row limit, 0 for none.</param>
    /// <param name="rowDescription">A RowDescription the client gets first, because it did not ask for one.</param>
    /// <returns>Null when an earlier statement failed meanwhile: nothing was sent, and the client knows why.</returns>
    public async ValueTask<Execution?> ExecuteAsync(Permit permit, Portal portal, byte[] portalName, int maxRows, byte[] rowDescription)
    {
        var statement = portal.Statement;
        Admitted(statement.Command);
        if (statement.ChangesSomething)
        {
            await permit.Intent.Durable;
            if (exchange.Skipping)
            {
                abandon(permit);
                return null;
            }
        }

        var lease = usage.Meter(statement, permit.IsApproved);
        var execution = new Execution
        {
            Lease = lease,
            IsMetered = lease is not null && ReturnsRows(statement) && lease.LimitsResults((portal.Plan?.Columns.Length ?? 0) + statement.Command.Unmasked.Length),
            Permit = permit,
            Plan = portal.Plan,
            Counts = portal.Plan is { } plan ? new MaskCount[plan.Columns.Length] : [],
            Portal = portal,
            RowLimit = statement is { TouchesPhi: true, Fields.Length: > 0 } ? channels.RowLimit : 0,
            Copy = statement.Copy is { } layout ? new CopyEncoder(layout) : null,
            RowDescription = statement.Copy?.Opening ?? rowDescription,
            IntentKnownDurable = statement.ChangesSomething,
            ChangesSession = ChangesSession(statement),
        };
        channels.Sending(statement);
        exchange.NamesInFlux += execution.ChangesSession ? 1 : 0;
        var settled = Send(execution, portalName, statement.Copy is null ? maxRows : 0);
        portal.Current = execution;
        if (ChangesMeanings(statement) || UndoesMeanings(statement))
        {
            exchange.TransactionChangedMeanings = true;
            DropCachedTexts();
        }

        await CutAsync(execution, settled);
        return execution;
    }

    /// <summary>Goes on with an execution that a row limit suspended; it has its permit already.</summary>
    public async ValueTask ContinueAsync(Execution execution, byte[] portalName, int maxRows)
    {
        exchange.Suspended.Remove(execution);
        await CutAsync(execution, Send(execution, portalName, maxRows));
    }

    /// <summary>Nothing follows a statement with a row limit or a budget before it is known to be within: the error has to come in its place.</summary>
    private async ValueTask CutAsync(Execution execution, Task? settled)
    {
        if (settled is null)
        {
            return;
        }

        exchange.Server.Begin(FrontendMessage.Flush).End();
        await exchange.FlushServerAsync();
        await settled;
        if (execution.IsOverRowLimit)
        {
            await cut(execution);
        }
        else if (execution is { Stop: { } stop, IsStopTold: false })
        {
            // The target was done before it could be cancelled.
            execution.IsStopTold = true;
            exchange.InjectError(UsageWatch.ErrorOf(stop, execution.Rows > 0));
        }
    }

    private static bool ReturnsRows(ServerStatement statement) =>
        statement.Fields.Length > 0 || statement.Form is StatementForm.Copy { Direction: CopyDirection.Out };

    /// <summary>Closes at the server what was dropped from the cache.</summary>
    public void CloseStatement(ServerStatement statement)
    {
        exchange.Server.Begin(FrontendMessage.Close).Byte((byte)'S').CString(statement.Name).End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Close, Hidden: true));
    }

    /// <returns>Completes with the server's answer where the rows are limited; else null.</returns>
    private Task? Send(Execution execution, byte[] portalName, int maxRows)
    {
        var settled = execution.RowLimit > 0 || execution.IsMetered ? execution.WhenSettled() : null;
        exchange.Server.Begin(FrontendMessage.Execute).CString(portalName).Int32(execution.RowsToAsk(maxRows)).End();
        exchange.Replies.Enqueue(new Reply(ReplyKind.Execute, execution));
        exchange.Executes++;
        return settled;
    }

    /// <summary>Takes in what the end of a transaction changed: settings, temporary tables or DDL may be undone.</summary>
    public void CatchUp()
    {
        if (!exchange.TransactionEnded)
        {
            return;
        }

        exchange.TransactionEnded = false;
        if (exchange.MeaningsMayBeUndone)
        {
            exchange.MeaningsMayBeUndone = false;
            DropCachedTexts();
        }
    }

    private void DropCachedTexts()
    {
        foreach (var dropped in cache.NewGeneration())
        {
            if (dropped != names.Unnamed)
            {
                CloseStatement(dropped);
            }
        }
    }

    private static bool ChangesSession(ServerStatement statement) =>
        ChangesMeanings(statement)
        || statement.Form is StatementForm.Declare or StatementForm.Close or StatementForm.Transaction or StatementForm.SetClientMinMessages;

    /// <summary>After DDL, SET search_path and the like a text may mean something else.</summary>
    private static bool ChangesMeanings(ServerStatement statement) =>
        statement.Command.Class >= CommandClass.Ddl
        || statement.SetsSettings
        || statement.Form is StatementForm.Discard or StatementForm.Prepare or StatementForm.Deallocate
        || (statement.Form is StatementForm.Set set && SettingPolicy.ChangesMeanings(set.Name))
        || (statement.Form is StatementForm.Reset reset && SettingPolicy.ChangesMeanings(reset.Name));

    private bool UndoesMeanings(ServerStatement statement) =>
        exchange.TransactionChangedMeanings && statement.Form is StatementForm.Transaction { Action: TransactionAction.Rollback or TransactionAction.RollbackTo };

    /// <summary>Takes in what a statement did to the session, once the server has reported success.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="tag">The body of its CommandComplete.</param>
    public void TakeIn(ServerStatement statement, ReadOnlySpan<byte> tag)
    {
        names.Completed(statement, tag);
        if (statement.Command.Class >= CommandClass.Ddl)
        {
            catalog.Invalidate();
            exchange.TransactionRanDdl = true;
        }

        if (statement.Form is StatementForm.SetClientMinMessages level)
        {
            exchange.NoticeLevel = level.Level switch
            {
                "warning" => NoticeLevel.Warning,
                "error" => NoticeLevel.Error,
                _ => NoticeLevel.Notice,
            };
        }
    }
}
