using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// The implicit transaction block of a simple query with several statements (PostgreSQL docs, "Multiple Statements in a Simple Query"). The
/// server opens one for such a query only, so here a block of ours is opened and ended around the statements, and what tells the two
/// apart is answered in the server's words.
/// </summary>
internal sealed class ImplicitBlock(Exchange exchange, ServerInquiry inquiry)
{
    /// <summary>Longer strings are not read by the server before their first statement runs.</summary>
    private const int MaxCheckedBytes = 1024 * 1024;

    /// <summary>SQLSTATE active_sql_transaction: BEGIN inside a block.</summary>
    private const string AlreadyInBlock = "25001";

    /// <summary>SQLSTATE no_active_sql_transaction.</summary>
    private const string NoBlock = "25P01";

    private enum Kind
    {
        None,
        Ours,
        Clients,
    }

    private Kind _open;

    /// <summary>A warning the server has for a statement in our block, and would not have in an implicit one.</summary>
    public string HiddenWarning(StatementForm form) =>
        _open == Kind.Ours && form is StatementForm.Transaction { Action: TransactionAction.Begin } ? AlreadyInBlock : "";

    /// <summary>Call before the first statement. False when one of them cannot be read, so that none may run: the client has been told.</summary>
    /// <param name="text">The whole string.</param>
    public async ValueTask<bool> BeginAsync(ReadOnlyMemory<byte> text)
    {
        if (exchange.Replies.Count > 0)
        {
            // The transaction status is true only when everything before has been answered.
            await exchange.QuiesceAsync();
        }

        _open = exchange.TransactionStatus == (byte)'I' ? Kind.None : Kind.Clients;
        if (_open == Kind.Clients || exchange.Skipping || text.Length > MaxCheckedBytes || await inquiry.SyntaxErrorAsync(text) is not { } error)
        {
            return true;
        }

        exchange.Reply(error);
        return false;
    }

    /// <summary>Call before each statement. False when the server would refuse it in an implicit block: the client has been told.</summary>
    public bool Enter(StatementForm form)
    {
        if (_open == Kind.None)
        {
            exchange.SendBlock(opens: true);
            _open = Kind.Ours;
        }

        if (_open != Kind.Ours || form is not StatementForm.Transaction transaction)
        {
            return true;
        }

        if (NeedsBlock(transaction) is { } name)
        {
            exchange.InjectError(ErrorFields.Error(NoBlock, $"{name} can only be used in transaction blocks"));
            return false;
        }

        if (transaction.Action != TransactionAction.Begin && exchange.NoticeLevel <= NoticeLevel.Warning)
        {
            exchange.Reply(ErrorFields.Warning(NoBlock, "there is no transaction in progress"));
        }

        return true;
    }

    /// <summary>Call after each statement that was sent.</summary>
    public async ValueTask LeaveAsync(StatementForm form)
    {
        if (form is not StatementForm.Transaction transaction)
        {
            return;
        }

        await exchange.QuiesceAsync();
        if (!exchange.Skipping)
        {
            _open = transaction.Action switch
            {
                TransactionAction.Begin => Kind.Clients,
                TransactionAction.Commit or TransactionAction.Rollback when !transaction.Chains => Kind.None,
                _ => _open,
            };
        }
    }

    /// <summary>Call behind the last statement, failed or not: the answer to the string ends with the ReadyForQuery of this.</summary>
    public void End()
    {
        if (_open != Kind.Ours)
        {
            exchange.SendSync();
            return;
        }

        // In a failed block COMMIT rolls back.
        exchange.SendSync(hidden: true);
        exchange.SendBlock(opens: false);
        _open = Kind.None;
    }

    private static string? NeedsBlock(StatementForm.Transaction transaction) => transaction switch
    {
        { Action: TransactionAction.Savepoint } => "SAVEPOINT",
        { Action: TransactionAction.Release } => "RELEASE SAVEPOINT",
        { Action: TransactionAction.RollbackTo } => "ROLLBACK TO SAVEPOINT",
        { Action: TransactionAction.Commit, Chains: true } => "COMMIT AND CHAIN",
        { Action: TransactionAction.Rollback, Chains: true } => "ROLLBACK AND CHAIN",
        _ => null,
    };
}
