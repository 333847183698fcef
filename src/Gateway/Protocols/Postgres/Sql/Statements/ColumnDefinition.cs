using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>What stands between the brackets of CREATE TABLE and behind ALTER TABLE ... ADD: columns, their constraints, keys.</summary>
internal static class ColumnDefinition
{
    /// <summary>Functions whose value comes from nowhere but the clock or a generator.</summary>
    private static readonly string[] DefaultFunctions = ["now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "gen_random_uuid", "random"];

    /// <summary>Takes one column with its constraints.</summary>
    /// <param name="references">Takes in the tables it references.</param>
    public static Outcome TakeColumn(ref SqlReader reader, List<NamedRelation> references)
    {
        if (!reader.TakeName(out _) || !reader.TakeType())
        {
            return Outcome.Unreadable;
        }

        while (!reader.AtEnd && !reader.AtSymbol(',') && !reader.AtSymbol(')'))
        {
            var outcome = TakeColumnConstraint(ref reader, references);
            if (outcome != Outcome.Taken)
            {
                return outcome;
            }
        }

        return Outcome.Taken;
    }

    /// <summary>Whether a table constraint, and no column, starts here.</summary>
    public static bool IsTableConstraint(in SqlReader reader) => reader.AtAny("constraint", "primary", "unique", "foreign", "check", "exclude");

    public static Outcome TakeTableConstraint(ref SqlReader reader, List<NamedRelation> references)
    {
        if (reader.Take("constraint") && !reader.TakeName(out _))
        {
            return Outcome.Unreadable;
        }

        if (reader.AtAny("check", "exclude"))
        {
            return Outcome.Expression;
        }

        if (reader.TakeAll("foreign", "key"))
        {
            return reader.TakeNames([]) && reader.Take("references") && TakeReference(ref reader, references) && TakeTiming(ref reader)
                ? Outcome.Taken
                : Outcome.Unreadable;
        }

        if (!reader.TakeAll("primary", "key") && !TakeUnique(ref reader))
        {
            return Outcome.Unreadable;
        }

        if (reader.TakeAll("using", "index"))
        {
            return reader.TakeName(out _) && TakeTiming(ref reader) ? Outcome.Taken : Outcome.Unreadable;
        }

        var isRead = reader.TakeNames([]) && (!reader.Take("include") || reader.TakeNames([])) && TakeTiming(ref reader);
        return isRead ? Outcome.Taken : Outcome.Unreadable;
    }

    /// <summary>Takes a constant, a clock word, or a call of one of <see cref="DefaultFunctions"/>.</summary>
    public static bool TakeDefault(ref SqlReader reader)
    {
        if (reader.TakeAny("current_timestamp", "current_date", "current_time", "localtimestamp", "localtime", "current_user", "session_user", "user"))
        {
            return true;
        }

        var ahead = reader;
        var isBracketed = ahead.TakeSymbol('(');
        if (ahead.TakeConstant() && (!isBracketed || ahead.TakeSymbol(')')))
        {
            reader = ahead;
            return true;
        }

        ahead = reader;
        if (ahead.TakeRelation(out var function) && function.Schema is "" or "pg_catalog" && DefaultFunctions.Contains(function.Name)
            && ahead.TakeSymbol('(') && ahead.TakeSymbol(')'))
        {
            reader = ahead;
            return true;
        }

        return false;
    }

    private static Outcome TakeColumnConstraint(ref SqlReader reader, List<NamedRelation> references)
    {
        if (reader.Take("constraint") && !reader.TakeName(out _))
        {
            return Outcome.Unreadable;
        }

        if (reader.At("check"))
        {
            return Outcome.Expression;
        }

        if (reader.Take("default"))
        {
            return TakeDefault(ref reader) ? Outcome.Taken : Outcome.Expression;
        }

        if (reader.Take("generated"))
        {
            return TakeIdentity(ref reader);
        }

        if (reader.Take("references"))
        {
            return TakeReference(ref reader, references) ? Outcome.Taken : Outcome.Unreadable;
        }

        var isPlain = reader.TakeAll("not", "null") || reader.Take("null") || reader.TakeAll("primary", "key") || TakeUnique(ref reader)
            || (reader.Take("collate") && reader.TakeRelation(out _)) || (reader.Take("storage") && reader.TakeName(out _))
            || (reader.Take("compression") && reader.TakeName(out _)) || TakeTimingWord(ref reader);
        return isPlain ? Outcome.Taken : Outcome.Unreadable;
    }

    private static bool TakeUnique(ref SqlReader reader)
    {
        if (!reader.Take("unique"))
        {
            return false;
        }

        _ = reader.TakeAll("nulls", "not", "distinct") || reader.TakeAll("nulls", "distinct");
        return true;
    }

    /// <summary>Takes ALWAYS|BY DEFAULT AS IDENTITY; what else is GENERATED is an expression.</summary>
    private static Outcome TakeIdentity(ref SqlReader reader)
    {
        if (!reader.Take("always") && !reader.TakeAll("by", "default"))
        {
            return Outcome.Unreadable;
        }

        if (!reader.TakeAll("as", "identity"))
        {
            return Outcome.Expression;
        }

        if (!reader.TakeSymbol('('))
        {
            return Outcome.Taken;
        }

        while (SequenceStatements.TakeOption(ref reader, []))
        {
        }

        return reader.TakeSymbol(')') ? Outcome.Taken : Outcome.Unreadable;
    }

    private static bool TakeReference(ref SqlReader reader, List<NamedRelation> references)
    {
        if (!reader.TakeRelation(out var table) || (reader.AtSymbol('(') && !reader.TakeNames([])))
        {
            return false;
        }

        references.Add(table);
        if (reader.Take("match") && !reader.TakeAny("full", "partial", "simple"))
        {
            return false;
        }

        while (reader.TakeAll("on", "delete") || reader.TakeAll("on", "update"))
        {
            var isAction = reader.TakeAll("no", "action") || reader.TakeAny("restrict", "cascade") || reader.TakeAll("set", "null")
                || reader.TakeAll("set", "default");
            if (!isAction)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TakeTiming(ref SqlReader reader)
    {
        while (TakeTimingWord(ref reader) || reader.TakeAll("not", "valid"))
        {
        }

        return true;
    }

    private static bool TakeTimingWord(ref SqlReader reader) =>
        reader.Take("deferrable") || reader.TakeAll("not", "deferrable") || reader.TakeAll("initially", "deferred") || reader.TakeAll("initially", "immediate");

    /// <summary>How far reading got.</summary>
    internal enum Outcome
    {
        Taken,
        Unreadable,

        /// <summary>An expression that would be evaluated over stored values.</summary>
        Expression,
    }

    /// <summary>The answer to a statement whose definition was not taken.</summary>
    public static StatementForm? Answer(Outcome outcome, string keyword, Effects effects) =>
        outcome == Outcome.Expression ? Refusals.StoredExpression(keyword, effects) : null;
}
