using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>CREATE. The reader stands behind the first word.</summary>
internal static class CreateStatements
{
    public static StatementForm? Create(ref SqlReader reader)
    {
        var replaces = reader.TakeAll("or", "replace");
        reader.TakeAny("global", "local");
        var isTemporary = reader.TakeAny("temp", "temporary");
        _ = !isTemporary && reader.Take("unlogged");
        if (reader.Take("recursive"))
        {
            return Refusals.Schema(
                "CREATE RECURSIVE VIEW",
                "The query of a recursive view cannot be resolved before the view exists.",
                "Write CREATE VIEW ... AS WITH RECURSIVE.",
                Effects.Create);
        }

        if (!replaces && reader.Take("table"))
        {
            return Table(ref reader, isTemporary);
        }

        if (!replaces && reader.Take("sequence"))
        {
            return SequenceStatements.Create(ref reader, isTemporary);
        }

        if (!replaces && reader.Take("schema"))
        {
            return Schema(ref reader);
        }

        var isUnique = reader.Take("unique");
        if (!replaces && reader.Take("index"))
        {
            return IndexStatements.Create(ref reader, isUnique);
        }

        if (reader.Take("view"))
        {
            return View(ref reader, isTemporary, replaces);
        }

        _ = reader.TakeAny("constraint", "trusted", "procedural");
        return reader.TakeName(out var kind) ? Refusals.OfObject("create", kind, Effects.Create) : null;
    }

    private static StatementForm? Table(ref SqlReader reader, bool isTemporary)
    {
        reader.TakeAll("if", "not", "exists");
        if (!reader.TakeRelation(out var table))
        {
            return null;
        }

        if (reader.AtAny("of", "partition"))
        {
            return Refusals.Schema(
                "CREATE TABLE", "A typed table or partition shares its rows with another table.", "Create a plain table.", Effects.Create);
        }

        var references = new List<NamedRelation>();
        var ahead = reader;
        var isColumnList = ahead.AtSymbol('(') && ahead.TakeNames([]) && ahead.AtAny("as", "with", "on", "tablespace", "using");
        if (reader.AtSymbol('(') && !isColumnList)
        {
            var outcome = TakeElements(ref reader, references);
            if (outcome != ColumnDefinition.Outcome.Taken)
            {
                return ColumnDefinition.Answer(outcome, "CREATE TABLE", Effects.Create);
            }
        }
        else if (isColumnList)
        {
            reader = ahead;
        }

        return TableTail(ref reader, table, references, isTemporary, isColumnList);
    }

    private static StatementForm? TableTail(
        ref SqlReader reader, NamedRelation table, List<NamedRelation> references, bool isTemporary, bool mustBeQuery)
    {
        if (reader.AtAny("inherits", "partition"))
        {
            return Refusals.Schema(
                "CREATE TABLE", "Inheritance and partitions make tables share their rows.", "Create a plain table.", Effects.Create);
        }

        if (reader.At("using") || !TakeStorage(ref reader))
        {
            return null;
        }

        if (reader.Take("as"))
        {
            if (!InnerQuery.IsSelect(reader))
            {
                return Refusals.Inner("CREATE TABLE AS");
            }

            return InnerQuery.TryTakeBeforeData(ref reader, out var inner)
                ? new StatementForm.CreateTableAs(inner, isTemporary) { Creates = [table] }
                : null;
        }

        return reader.AtEnd && !mustBeQuery ? new StatementForm.CreateTable(isTemporary) { Creates = [table], Relations = references } : null;
    }

    private static ColumnDefinition.Outcome TakeElements(ref SqlReader reader, List<NamedRelation> references)
    {
        reader.TakeSymbol('(');
        if (reader.TakeSymbol(')'))
        {
            return ColumnDefinition.Outcome.Taken;
        }

        var count = 0;
        do
        {
            var outcome = TakeElement(ref reader, references);
            if (outcome != ColumnDefinition.Outcome.Taken)
            {
                return outcome;
            }
        }
        while (reader.TakeSymbol(',') && ++count < SqlLimits.MaxListItems);
        return reader.TakeSymbol(')') ? ColumnDefinition.Outcome.Taken : ColumnDefinition.Outcome.Unreadable;
    }

    private static ColumnDefinition.Outcome TakeElement(ref SqlReader reader, List<NamedRelation> references)
    {
        if (reader.Take("like"))
        {
            return TakeLike(ref reader, references) ? ColumnDefinition.Outcome.Taken : ColumnDefinition.Outcome.Unreadable;
        }

        return ColumnDefinition.IsTableConstraint(reader)
            ? ColumnDefinition.TakeTableConstraint(ref reader, references)
            : ColumnDefinition.TakeColumn(ref reader, references);
    }

    private static bool TakeLike(ref SqlReader reader, List<NamedRelation> references)
    {
        if (!reader.TakeRelation(out var source))
        {
            return false;
        }

        references.Add(source);
        while (reader.TakeAny("including", "excluding"))
        {
            if (!reader.TakeName(out _))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Takes WITH (...), WITHOUT OIDS, ON COMMIT and TABLESPACE.</summary>
    private static bool TakeStorage(ref SqlReader reader)
    {
        if (reader.Take("with"))
        {
            if (!StorageOptions.Take(ref reader))
            {
                return false;
            }
        }
        else
        {
            reader.TakeAll("without", "oids");
        }

        if (reader.TakeAll("on", "commit") && !reader.Take("drop") && !reader.TakeAll("delete", "rows") && !reader.TakeAll("preserve", "rows"))
        {
            return false;
        }

        return !reader.Take("tablespace") || reader.TakeName(out _);
    }

    private static StatementForm? View(ref SqlReader reader, bool isTemporary, bool replaces)
    {
        if (!reader.TakeRelation(out var view) || (reader.AtSymbol('(') && !reader.TakeNames([])))
        {
            return null;
        }

        if (reader.Take("with") && !StorageOptions.Take(ref reader))
        {
            return null;
        }

        if (!reader.Take("as"))
        {
            return null;
        }

        if (!InnerQuery.IsSelect(reader))
        {
            return Refusals.Inner("CREATE VIEW");
        }

        return InnerQuery.TryTakeBeforeCheckOption(ref reader, out var inner)
            ? new StatementForm.CreateView(inner, isTemporary, replaces) { Creates = [view] }
            : null;
    }

    private static StatementForm? Schema(ref SqlReader reader)
    {
        reader.TakeAll("if", "not", "exists");
        if (reader.At("authorization") || !reader.TakeName(out var schema))
        {
            return Refusals.Access("CREATE SCHEMA AUTHORIZATION", Effects.Create);
        }

        if (reader.AtEnd)
        {
            return new StatementForm.CreateSchema(schema) { Creates = [new NamedRelation(schema, "")] };
        }

        return reader.At("authorization")
            ? Refusals.Access("CREATE SCHEMA AUTHORIZATION", Effects.Create)
            : Refusals.Schema("CREATE SCHEMA", "CREATE SCHEMA may not hold further statements.", "Send them one by one.", Effects.Create);
    }
}
