namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>COPY. The reader stands behind the first word.</summary>
internal static class CopyStatements
{
    public static StatementForm? Copy(ref SqlReader reader)
    {
        var probe = "";
        TextRange? query = null;
        NamedRelation? table = null;
        var isBinaryAhead = reader.Take("binary");
        var columns = new List<string>();
        if (reader.AtSymbol('('))
        {
            if (!TakeQuery(ref reader, out var inner))
            {
                return Refusals.Inner("COPY");
            }

            query = inner;
            probe = System.Text.Encoding.UTF8.GetString(inner.Of(reader.Text));
        }
        else
        {
            if (!reader.TakeRelation(out var relation) || (reader.AtSymbol('(') && !reader.TakeNames(columns)))
            {
                return null;
            }

            table = relation;
            probe = Probe(relation, columns);
        }

        var isIn = table is not null && reader.Take("from");
        if (!isIn && !reader.Take("to"))
        {
            return null;
        }

        if (reader.At("program") || SqlWords.IsText(reader.Token.Kind))
        {
            return Refusals.Copy("copy-file", "COPY to or from a file or program reaches the server's disk.", "Copy FROM STDIN or TO STDOUT.");
        }

        // The grammar takes either word in either direction.
        if (!reader.TakeAny("stdin", "stdout"))
        {
            return null;
        }

        var optionsStart = reader.PreviousEnd;
        var settings = new CopySettings { Format = isBinaryAhead ? CopyFormat.Binary : CopyFormat.Text };
        var refusal = CopyOptions.Take(ref reader, ref settings);
        if (refusal is not null || !reader.AtEnd)
        {
            return refusal;
        }

        return new StatementForm.Copy(isIn ? CopyDirection.In : CopyDirection.Out, settings, query, probe)
        {
            Relations = table is { } named ? [named] : [],
            Columns = columns,
            Options = TextRange.Between(optionsStart, reader.PreviousEnd),
            IsBinaryAhead = isBinaryAhead,
        };
    }

    /// <summary>Columns are quoted again, since COPY takes names that a SELECT would read as keywords.</summary>
    private static string Probe(NamedRelation relation, List<string> columns) =>
        $"SELECT {(columns.Count == 0 ? "*" : string.Join(", ", columns.Select(NamedRelation.Quote)))} FROM ONLY {relation.Sql}";

    private static bool TakeQuery(ref SqlReader reader, out TextRange inner)
    {
        inner = default;
        reader.TakeSymbol('(');
        if (!InnerQuery.IsQueryOrDml(reader))
        {
            return false;
        }

        var start = reader.Token.Start;
        var depth = 0;
        while (depth > 0 || !reader.AtSymbol(')'))
        {
            if (reader.AtEnd || reader.Token.Kind == SqlTokenKind.Unterminated)
            {
                return false;
            }

            depth += reader.AtSymbol('(') ? 1 : 0;
            depth -= reader.AtSymbol(')') ? 1 : 0;
            reader.Advance();
        }

        inner = TextRange.Between(start, reader.PreviousEnd);
        reader.Advance();
        return true;
    }
}
