namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>CREATE SEQUENCE and ALTER SEQUENCE. The reader stands behind the word SEQUENCE.</summary>
internal static class SequenceStatements
{
    public static StatementForm? Create(ref SqlReader reader, bool isTemporary)
    {
        reader.TakeAll("if", "not", "exists");
        if (!reader.TakeRelation(out var sequence))
        {
            return null;
        }

        var owners = new List<NamedRelation>();
        return TakeOptions(ref reader, owners)
            ? new StatementForm.CreateSequence(isTemporary) { Creates = [sequence], Relations = owners }
            : null;
    }

    public static StatementForm? Alter(ref SqlReader reader)
    {
        reader.TakeAll("if", "exists");
        if (!reader.TakeRelation(out var sequence))
        {
            return null;
        }

        if (reader.AtAny("rename", "owner") || (reader.At("set") && !reader.AtEnd))
        {
            return Refusals.Schema(
                "ALTER SEQUENCE",
                "This form of ALTER SEQUENCE renames, moves or hands over the sequence.",
                "Have an operator run it on the server.");
        }

        var relations = new List<NamedRelation> { sequence };
        return TakeOptions(ref reader, relations) ? new StatementForm.AlterSequence { Relations = relations } : null;
    }

    /// <summary>Takes one option; a table the sequence is to belong to goes to <paramref name="owners"/>.</summary>
    public static bool TakeOption(ref SqlReader reader, List<NamedRelation> owners)
    {
        if (reader.Take("as"))
        {
            return reader.TakeType();
        }

        if (reader.Take("increment"))
        {
            reader.Take("by");
            return reader.TakeNumber(out _);
        }

        if (reader.Take("start"))
        {
            reader.Take("with");
            return reader.TakeNumber(out _);
        }

        if (reader.Take("restart"))
        {
            reader.Take("with");
            reader.TakeNumber(out _);
            return true;
        }

        if (reader.TakeAny("minvalue", "maxvalue", "cache"))
        {
            return reader.TakeNumber(out _);
        }

        return reader.TakeAll("no", "minvalue") || reader.TakeAll("no", "maxvalue") || reader.TakeAll("no", "cycle") || reader.Take("cycle")
            || (reader.TakeAll("owned", "by") && TakeOwner(ref reader, owners));
    }

    private static bool TakeOptions(ref SqlReader reader, List<NamedRelation> owners)
    {
        while (!reader.AtEnd)
        {
            if (!TakeOption(ref reader, owners))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TakeOwner(ref SqlReader reader, List<NamedRelation> owners)
    {
        if (reader.Take("none"))
        {
            return true;
        }

        if (!TableStatements.TakeColumn(ref reader, out var table))
        {
            return false;
        }

        owners.Add(table);
        return true;
    }
}
