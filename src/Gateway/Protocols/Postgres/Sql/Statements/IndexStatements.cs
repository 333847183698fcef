using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>CREATE INDEX over plain columns. The reader stands behind the word INDEX.</summary>
internal static class IndexStatements
{
    public static StatementForm? Create(ref SqlReader reader, bool isUnique)
    {
        var isConcurrent = reader.Take("concurrently");
        reader.TakeAll("if", "not", "exists");
        if (!reader.At("on") && !reader.TakeName(out _))
        {
            return null;
        }

        if (!reader.Take("on"))
        {
            return null;
        }

        reader.Take("only");
        if (!reader.TakeRelation(out var table) || (reader.Take("using") && !reader.TakeName(out _)) || !reader.TakeSymbol('('))
        {
            return null;
        }

        do
        {
            var outcome = TakeColumn(ref reader);
            if (outcome != ColumnDefinition.Outcome.Taken)
            {
                return ColumnDefinition.Answer(outcome, "CREATE INDEX", Effects.Create);
            }
        }
        while (reader.TakeSymbol(','));
        return reader.TakeSymbol(')') ? Tail(ref reader, table, new StatementForm.CreateIndex(isUnique, isConcurrent)) : null;
    }

    private static StatementForm? Tail(ref SqlReader reader, NamedRelation table, StatementForm.CreateIndex index)
    {
        if (reader.Take("include") && !reader.TakeNames([]))
        {
            return null;
        }

        _ = reader.TakeAll("nulls", "not", "distinct") || reader.TakeAll("nulls", "distinct");
        if ((reader.Take("with") && !StorageOptions.Take(ref reader)) || (reader.Take("tablespace") && !reader.TakeName(out _)))
        {
            return null;
        }

        if (reader.At("where"))
        {
            return Refusals.StoredExpression("CREATE INDEX", Effects.Create);
        }

        return reader.AtEnd ? index with { Relations = [table] } : null;
    }

    private static ColumnDefinition.Outcome TakeColumn(ref SqlReader reader)
    {
        if (reader.AtSymbol('('))
        {
            return ColumnDefinition.Outcome.Expression;
        }

        if (!reader.TakeName(out _))
        {
            return ColumnDefinition.Outcome.Unreadable;
        }

        // A bracket or dot right behind the first name is a function call, hence an expression.
        if (reader.AtSymbol('(') || reader.AtSymbol('.'))
        {
            return ColumnDefinition.Outcome.Expression;
        }

        if (reader.Take("collate") && !reader.TakeRelation(out _))
        {
            return ColumnDefinition.Outcome.Unreadable;
        }

        if (!reader.AtAny("asc", "desc", "nulls") && reader.TakeRelation(out _) && reader.AtSymbol('(') && !StorageOptions.Take(ref reader))
        {
            return ColumnDefinition.Outcome.Unreadable;
        }

        reader.TakeAny("asc", "desc");
        _ = reader.TakeAll("nulls", "first") || reader.TakeAll("nulls", "last");
        return ColumnDefinition.Outcome.Taken;
    }
}
