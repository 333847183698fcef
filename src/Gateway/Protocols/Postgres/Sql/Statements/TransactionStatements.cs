namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their relatives. The reader stands behind the first word.</summary>
internal static class TransactionStatements
{
    public static StatementForm? Begin(ref SqlReader reader)
    {
        reader.TakeAny("work", "transaction");
        return TakeModes(ref reader, areRequired: false) ? End(ref reader, TransactionAction.Begin) : null;
    }

    public static StatementForm? Start(ref SqlReader reader) =>
        reader.Take("transaction") && TakeModes(ref reader, areRequired: false) ? End(ref reader, TransactionAction.Begin) : null;

    public static StatementForm? Commit(ref SqlReader reader)
    {
        if (reader.Take("prepared"))
        {
            return Refusals.TwoPhase("COMMIT PREPARED");
        }

        reader.TakeAny("work", "transaction");
        return TakeChain(ref reader, out var chains) ? End(ref reader, TransactionAction.Commit, chains) : null;
    }

    public static StatementForm? Rollback(ref SqlReader reader)
    {
        if (reader.Take("prepared"))
        {
            return Refusals.TwoPhase("ROLLBACK PREPARED");
        }

        reader.TakeAny("work", "transaction");
        if (reader.Take("to"))
        {
            TakeSavepointWord(ref reader);
            return Named(ref reader, TransactionAction.RollbackTo);
        }

        return TakeChain(ref reader, out var chains) ? End(ref reader, TransactionAction.Rollback, chains) : null;
    }

    public static StatementForm? Savepoint(ref SqlReader reader) => Named(ref reader, TransactionAction.Savepoint);

    public static StatementForm? Release(ref SqlReader reader)
    {
        TakeSavepointWord(ref reader);
        return Named(ref reader, TransactionAction.Release);
    }

    /// <summary>Takes ISOLATION LEVEL, READ ONLY, READ WRITE, [NOT] DEFERRABLE, with or without commas.</summary>
    public static bool TakeModes(ref SqlReader reader, bool areRequired)
    {
        var count = 0;
        while (!reader.AtEnd)
        {
            if (!TakeMode(ref reader))
            {
                return false;
            }

            count++;
            if (reader.TakeSymbol(',') && reader.AtEnd)
            {
                return false;
            }
        }

        return count > 0 || !areRequired;
    }

    private static bool TakeMode(ref SqlReader reader)
    {
        if (reader.TakeAll("isolation", "level"))
        {
            return reader.Take("serializable") || reader.TakeAll("repeatable", "read") || reader.TakeAll("read", "committed")
                || reader.TakeAll("read", "uncommitted");
        }

        return reader.TakeAll("read", "only") || reader.TakeAll("read", "write") || reader.Take("deferrable") || reader.TakeAll("not", "deferrable");
    }

    private static bool TakeChain(ref SqlReader reader, out bool chains)
    {
        chains = reader.TakeAll("and", "chain");
        return chains || reader.AtEnd || reader.TakeAll("and", "no", "chain");
    }

    /// <summary>The word SAVEPOINT may itself be the name: then nothing follows it.</summary>
    private static void TakeSavepointWord(ref SqlReader reader)
    {
        var ahead = reader;
        if (ahead.Take("savepoint") && !ahead.AtEnd)
        {
            reader = ahead;
        }
    }

    private static StatementForm? Named(ref SqlReader reader, TransactionAction action) =>
        reader.TakeName(out var name) && reader.AtEnd ? new StatementForm.Transaction(action, name) : null;

    private static StatementForm? End(ref SqlReader reader, TransactionAction action, bool chains = false) =>
        reader.AtEnd ? new StatementForm.Transaction(action, Chains: chains) : null;
}
