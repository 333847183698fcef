namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>DECLARE, FETCH, MOVE and CLOSE. The reader stands behind the first word.</summary>
internal static class CursorStatements
{
    public static StatementForm? Declare(ref SqlReader reader)
    {
        if (!reader.TakeName(out var cursor))
        {
            return null;
        }

        var isBinary = false;
        while (!reader.At("cursor"))
        {
            isBinary |= reader.At("binary");
            if (!reader.TakeAny("binary", "insensitive", "asensitive", "scroll") && !reader.TakeAll("no", "scroll"))
            {
                return null;
            }
        }

        reader.Advance();
        var holds = reader.TakeAll("with", "hold");
        _ = holds || reader.TakeAll("without", "hold");
        if (!reader.Take("for"))
        {
            return null;
        }

        if (!InnerQuery.IsSelect(reader))
        {
            return Refusals.Inner("DECLARE");
        }

        return InnerQuery.TryTake(ref reader, out var inner) ? new StatementForm.Declare(cursor, inner, holds, isBinary) : null;
    }

    /// <summary>Whatever the direction, the cursor's name comes last.</summary>
    public static StatementForm? Fetch(ref SqlReader reader, bool isMove)
    {
        // A direction word may be the cursor's own name: then nothing follows it.
        var ahead = reader;
        if (ahead.TakeName(out var alone) && ahead.AtEnd)
        {
            return new StatementForm.Fetch(alone, isMove);
        }

        TakeDirection(ref reader);
        reader.TakeAny("from", "in");
        return reader.TakeName(out var cursor) && reader.AtEnd ? new StatementForm.Fetch(cursor, isMove) : null;
    }

    public static StatementForm? Close(ref SqlReader reader)
    {
        if (reader.Take("all"))
        {
            return reader.AtEnd ? new StatementForm.Close(null) : null;
        }

        return reader.TakeName(out var cursor) && reader.AtEnd ? new StatementForm.Close(cursor) : null;
    }

    private static void TakeDirection(ref SqlReader reader)
    {
        if (reader.TakeAny("absolute", "relative"))
        {
            reader.TakeNumber(out _);
        }
        else if (reader.TakeAny("forward", "backward"))
        {
            _ = reader.Take("all") || reader.TakeNumber(out _);
        }
        else
        {
            _ = reader.TakeAny("next", "prior", "first", "last", "all") || reader.TakeNumber(out _);
        }
    }
}
