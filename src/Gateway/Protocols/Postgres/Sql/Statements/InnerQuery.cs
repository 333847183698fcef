namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>The query a utility statement carries.</summary>
internal static class InnerQuery
{
    private static readonly string[][] DataTails = [["with", "data"], ["with", "no", "data"]];

    private static readonly string[][] CheckOptionTails =
        [["with", "check", "option"], ["with", "cascaded", "check", "option"], ["with", "local", "check", "option"]];

    /// <summary>Whether a query that returns rows starts here.</summary>
    public static bool IsSelect(SqlReader reader)
    {
        while (reader.TakeSymbol('('))
        {
        }

        return reader.AtAny("select", "values", "table", "with");
    }

    /// <summary>Whether a query or a DML statement starts here.</summary>
    public static bool IsQueryOrDml(SqlReader reader) => IsSelect(reader) || reader.AtAny("insert", "update", "delete", "merge");

    /// <summary>Takes all that is left as the inner statement.</summary>
    public static bool TryTake(ref SqlReader reader, out TextRange inner)
    {
        var start = reader.Token.Start;
        var isWhole = reader.SkipToEnd(out var end);
        inner = TextRange.Between(start, end);
        return isWhole;
    }

    /// <summary>Takes all that is left, less a WITH [NO] DATA at the very end.</summary>
    public static bool TryTakeBeforeData(ref SqlReader reader, out TextRange inner) =>
        TryTakeBefore(ref reader, out inner, DataTails);

    /// <summary>Takes all that is left, less a WITH [CASCADED|LOCAL] CHECK OPTION at the very end.</summary>
    public static bool TryTakeBeforeCheckOption(ref SqlReader reader, out TextRange inner) =>
        TryTakeBefore(ref reader, out inner, CheckOptionTails);

    private static bool TryTakeBefore(ref SqlReader reader, out TextRange inner, string[][] tails)
    {
        var start = reader.Token.Start;
        var end = start;
        inner = default;
        while (!reader.AtEnd)
        {
            if (reader.Token.Kind == SqlTokenKind.Unterminated)
            {
                return false;
            }

            if (TakeTail(ref reader, tails))
            {
                break;
            }

            end = reader.Token.End;
            reader.Advance();
        }

        inner = TextRange.Between(start, end);
        return true;
    }

    private static bool TakeTail(ref SqlReader reader, string[][] tails)
    {
        foreach (var tail in tails)
        {
            var ahead = reader;
            if (ahead.TakeAll(tail) && ahead.AtEnd)
            {
                reader = ahead;
                return true;
            }
        }

        return false;
    }
}
