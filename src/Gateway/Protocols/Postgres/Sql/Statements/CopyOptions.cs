namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>The options behind COPY, in the bracketed and in the older spelling.</summary>
internal static class CopyOptions
{
    /// <summary>Takes the options.</summary>
    /// <returns>Null when they are taken, and also when something is left over that is no option; else the refusal.</returns>
    public static StatementForm? Take(ref SqlReader reader, ref CopySettings settings)
    {
        var isUsing = reader.Take("using");
        if (reader.Take("delimiters"))
        {
            if (!TakeValue(ref reader, "delimiter", ref settings))
            {
                return null;
            }

            // A spelling that only COPY of a table has.
            settings = settings with { IsReadable = false };
        }
        else if (isUsing)
        {
            return null;
        }

        reader.Take("with");
        return reader.TakeSymbol('(') ? Bracketed(ref reader, ref settings) : Older(ref reader, ref settings);
    }

    private static StatementForm? Bracketed(ref SqlReader reader, ref CopySettings settings)
    {
        do
        {
            if (!reader.TakeName(out var option))
            {
                return null;
            }

            if (BracketedOption(ref reader, option, ref settings) is { } refusal)
            {
                return refusal;
            }
        }
        while (reader.TakeSymbol(','));
        if (reader.TakeSymbol(')') && reader.At("where"))
        {
            return Where();
        }

        return null;
    }

    private static StatementForm? BracketedOption(ref SqlReader reader, string option, ref CopySettings settings)
    {
        switch (option)
        {
            case "format":
                return Format(ref reader, ref settings);
            case "encoding":
                return Encoding(ref reader);
            case "delimiter" or "null" or "quote" or "escape":
                TakeValue(ref reader, option, ref settings);
                return null;
            case "force_quote" when reader.TakeOperator('*'):
                settings = settings with { ForcesAllQuotes = true };
                return null;
            case "force_quote" when reader.AtSymbol('('):
                var columns = new List<string>();
                settings = settings with { ForceQuote = columns };
                return reader.TakeNames(columns) ? null : UnknownValue();
            case "freeze" or "default" or "header" or "force_quote" or "force_not_null" or "force_null" or "on_error" or "log_verbosity" or "reject_limit":
                return Value(ref reader);
            default:
                return Refusals.Copy("copy-option", "COPY has an option the gateway does not know.", "Use the options of PostgreSQL's manual.");
        }
    }

    private static StatementForm? Older(ref SqlReader reader, ref CopySettings settings)
    {
        while (!reader.AtEnd)
        {
            if (reader.At("where"))
            {
                return Where();
            }

            if (reader.Take("encoding"))
            {
                if (Encoding(ref reader) is { } refusal)
                {
                    return refusal;
                }
            }
            else if (!TakeOlderOption(ref reader, ref settings))
            {
                return null;
            }
        }

        return null;
    }

    private static bool TakeOlderOption(ref SqlReader reader, ref CopySettings settings)
    {
        if (reader.Take("binary"))
        {
            settings = settings with { Format = CopyFormat.Binary };
            return true;
        }

        if (reader.Take("csv"))
        {
            settings = settings with { Format = CopyFormat.Csv };
            return true;
        }

        foreach (var option in (ReadOnlySpan<string>)["delimiter", "null", "quote", "escape"])
        {
            if (reader.Take(option))
            {
                reader.Take("as");
                return SqlWords.IsText(reader.Token.Kind) && TakeValue(ref reader, option, ref settings);
            }
        }

        if (!reader.Take("force"))
        {
            return reader.TakeAny("freeze", "header");
        }

        var columns = new List<string>();
        if (reader.Take("quote"))
        {
            var isAll = reader.TakeOperator('*');
            settings = settings with { ForcesAllQuotes = isAll, ForceQuote = columns };
            return isAll || TakeBareNames(ref reader, columns);
        }

        return (reader.TakeAll("not", "null") || reader.Take("null")) && (reader.TakeOperator('*') || TakeBareNames(ref reader, columns));
    }

    private static bool TakeBareNames(ref SqlReader reader, List<string> names)
    {
        do
        {
            if (!reader.TakeName(out var name) || names.Count == SqlLimits.MaxListItems)
            {
                return false;
            }

            names.Add(name);
        }
        while (reader.TakeSymbol(','));
        return true;
    }

    private static StatementForm? Format(ref SqlReader reader, ref CopySettings settings)
    {
        if (reader.TakeName(out var name) || reader.TakeText(out name))
        {
            CopyFormat? format = name switch { "text" => CopyFormat.Text, "csv" => CopyFormat.Csv, "binary" => CopyFormat.Binary, _ => null };
            if (format is { } known)
            {
                settings = settings with { Format = known };
                return null;
            }
        }

        return Refusals.Copy("copy-option", "COPY has a format the gateway does not know.", "Use FORMAT text, csv or binary.");
    }

    /// <summary>Takes a string, a bare word or a number, if there is one.</summary>
    private static bool TakeValue(ref SqlReader reader, string option, ref CopySettings settings)
    {
        if (!reader.TakeText(out var value) && !reader.TakeNumber(out value) && !reader.TakeName(out value))
        {
            settings = settings with { IsReadable = false };
            return reader.TakeAnyText();
        }

        settings = option switch
        {
            "delimiter" => settings with { Delimiter = value },
            "null" => settings with { Null = value },
            "quote" => settings with { Quote = value },
            _ => settings with { Escape = value },
        };
        return true;
    }

    private static StatementForm? Encoding(ref SqlReader reader)
    {
        var isNamed = reader.TakeText(out var name) || reader.TakeName(out name);
        return isNamed && SettingPolicy.Judge("client_encoding", name) is SettingVerdict.Allowed
            ? null
            : Refusals.Copy("copy-encoding", "COPY data passes the gateway as UTF8 only.", "Leave ENCODING out and convert on the client.");
    }

    /// <summary>Takes the value of an option whose meaning does not matter here: none, a word, a constant, or a list of columns.</summary>
    private static StatementForm? Value(ref SqlReader reader)
    {
        if (reader.AtSymbol('('))
        {
            return reader.TakeNames([]) ? null : UnknownValue();
        }

        _ = reader.TakeAnyText() || reader.TakeNumber(out _) || reader.TakeName(out _) || reader.TakeOperator('*');
        return null;
    }

    private static StatementForm UnknownValue() =>
        Refusals.Copy("copy-option", "COPY has an option value the gateway does not know.", "Use the options of PostgreSQL's manual.");

    private static StatementForm Where() => Refusals.Copy(
        "copy-where", "COPY ... WHERE computes over the copied rows out of the gateway's sight.", "Filter on the client, or copy and then DELETE.");
}
