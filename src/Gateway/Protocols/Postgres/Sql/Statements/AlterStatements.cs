using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>ALTER. The reader stands behind the first word.</summary>
internal static class AlterStatements
{
    public static StatementForm? Alter(ref SqlReader reader)
    {
        if (reader.Take("table"))
        {
            return Table(ref reader);
        }

        if (reader.Take("sequence"))
        {
            return SequenceStatements.Alter(ref reader);
        }

        reader.Take("procedural");
        return reader.TakeName(out var kind) ? Refusals.OfObject("alter", kind, Effects.Alter) : null;
    }

    private static StatementForm? Table(ref SqlReader reader)
    {
        if (reader.TakeAll("all", "in", "tablespace"))
        {
            return Refusals.Administration("ALTER TABLE ALL IN TABLESPACE", Effects.Alter);
        }

        reader.TakeAll("if", "exists");
        var tables = new List<NamedRelation>();
        if (!reader.TakeRelations(tables) || tables.Count != 1)
        {
            return null;
        }

        var relations = new List<NamedRelation>(tables);
        var onlyAdds = true;
        var isSensitive = false;
        do
        {
            if (Refusal(reader) is { } refusal)
            {
                return refusal;
            }

            var outcome = TakeAction(ref reader, relations, out var action);
            if (outcome != ColumnDefinition.Outcome.Taken)
            {
                return ColumnDefinition.Answer(outcome, "ALTER TABLE", Effects.Alter);
            }

            onlyAdds &= action == Action.AddColumn;
            isSensitive |= action == Action.Sensitive;
        }
        while (reader.TakeSymbol(','));
        return reader.AtEnd ? new StatementForm.AlterTable(onlyAdds, isSensitive) { Relations = relations } : null;
    }

    /// <summary>Actions that change access, share rows with another table, or switch code on and off.</summary>
    private static StatementForm.Refused? Refusal(SqlReader reader)
    {
        if (reader.At("owner") || reader.TakeAll("no", "force") || reader.At("force") || IsAbout(reader, "row"))
        {
            return Refusals.Access("ALTER TABLE (owner, row level security)", Effects.Alter);
        }

        if (IsAbout(reader, "trigger") || IsAbout(reader, "rule") || IsAbout(reader, "always") || IsAbout(reader, "replica"))
        {
            return Refusals.Code("ALTER TABLE ... ENABLE or DISABLE", Effects.Alter);
        }

        return reader.AtAny("inherit", "attach", "detach", "of") || reader.TakeAll("no", "inherit") || reader.TakeAll("not", "of")
            ? Refusals.Schema(
                "ALTER TABLE", "Inheritance and partitions make tables share their rows, whose tags differ.", "Have an operator run it on the server.")
            : null;
    }

    private static bool IsAbout(SqlReader reader, string what) => reader.TakeAny("enable", "disable") && reader.At(what);

    private static ColumnDefinition.Outcome TakeAction(ref SqlReader reader, List<NamedRelation> relations, out Action action)
    {
        action = Action.Other;
        if (reader.Take("add"))
        {
            return TakeAdd(ref reader, relations, out action);
        }

        if (reader.Take("alter"))
        {
            return TakeAlterColumn(ref reader, out action);
        }

        if (reader.Take("drop"))
        {
            action = Action.Sensitive;
            reader.TakeAny("column", "constraint");
            reader.TakeAll("if", "exists");
            var isRead = reader.TakeName(out _);
            reader.TakeAny("cascade", "restrict");
            return Of(isRead);
        }

        if (reader.Take("rename"))
        {
            action = Action.Sensitive;
            return Of(TakeRename(ref reader));
        }

        if (reader.Take("set"))
        {
            action = Action.Sensitive;
            return Of((reader.TakeAny("schema", "tablespace") && reader.TakeName(out _)) || reader.TakeAny("logged", "unlogged") || StorageOptions.Take(ref reader));
        }

        if (reader.TakeAll("validate", "constraint"))
        {
            return Of(reader.TakeName(out _));
        }

        return ColumnDefinition.Outcome.Unreadable;
    }

    private static ColumnDefinition.Outcome TakeAdd(ref SqlReader reader, List<NamedRelation> relations, out Action action)
    {
        action = Action.Other;
        if (ColumnDefinition.IsTableConstraint(reader))
        {
            return ColumnDefinition.TakeTableConstraint(ref reader, relations);
        }

        action = Action.AddColumn;
        reader.Take("column");
        reader.TakeAll("if", "not", "exists");
        return ColumnDefinition.TakeColumn(ref reader, relations);
    }

    private static ColumnDefinition.Outcome TakeAlterColumn(ref SqlReader reader, out Action action)
    {
        action = Action.Other;
        reader.Take("column");
        if (!reader.TakeName(out _))
        {
            return ColumnDefinition.Outcome.Unreadable;
        }

        if (reader.TakeAll("set", "default"))
        {
            return ColumnDefinition.TakeDefault(ref reader) ? ColumnDefinition.Outcome.Taken : ColumnDefinition.Outcome.Expression;
        }

        if (reader.TakeAll("set", "data", "type") || reader.Take("type"))
        {
            action = Action.Sensitive;
            if (!reader.TakeType() || (reader.Take("collate") && !reader.TakeRelation(out _)))
            {
                return ColumnDefinition.Outcome.Unreadable;
            }

            return reader.At("using") ? ColumnDefinition.Outcome.Expression : ColumnDefinition.Outcome.Taken;
        }

        if (reader.TakeAll("set", "statistics"))
        {
            return Of(reader.TakeNumber(out _));
        }

        var isPlain = reader.TakeAll("drop", "default") || reader.TakeAll("set", "not", "null") || reader.TakeAll("drop", "not", "null");
        return Of(isPlain);
    }

    private static bool TakeRename(ref SqlReader reader)
    {
        if (reader.Take("to"))
        {
            return reader.TakeName(out _);
        }

        reader.TakeAny("column", "constraint");
        return reader.TakeName(out _) && reader.Take("to") && reader.TakeName(out _);
    }

    private static ColumnDefinition.Outcome Of(bool isRead) => isRead ? ColumnDefinition.Outcome.Taken : ColumnDefinition.Outcome.Unreadable;

    private enum Action
    {
        Other,
        AddColumn,
        Sensitive,
    }
}
