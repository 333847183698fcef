namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>The options behind COPY, in the bracketed and in the older spelling.</summary>
internal static class CopyOptions
{
    /// <summary>Takes the options.</summary>
    /// <returns>Null when they are taken, and also when something is left over that is no option; else the refusal.</returns>
    public static StatementForm? Take(ref SqlReader reader, ref CopyFormat format)
    {
        if (reader.TakeAny("using"))
        {
            if (!reader.Take("delimiters") || !reader.TakeAnyText())
            {
                return null;
            }
        }
        else if (reader.Take("delimiters") && !reader.TakeAnyText())
        {
            return null;
        }

        reader.Take("with");
        return reader.TakeSymbol('(') ? Bracketed(ref reader, ref format) : Older(ref reader, ref format);
    }

    private static StatementForm? Bracketed(ref SqlReader reader, ref CopyFormat format)
    {
        do
        {
            if (!reader.TakeName(out var option))
            {
                return null;
            }

            var refusal = option switch
            {
                "format" => Format(ref reader, ref format),
                "encoding" => Encoding(ref reader),
                "freeze" or "delimiter" or "null" or "default" or "header" or "quote" or "escape" or "force_quote" or "force_not_null" or "force_null"
                    or "on_error" or "log_verbosity" or "reject_limit" => Value(ref reader),
                _ => Refusals.Copy("copy-option", "COPY has an option the gateway does not know.", "Use the options of PostgreSQL's manual."),
            };
            if (refusal is not null)
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

    private static StatementForm? Older(ref SqlReader reader, ref CopyFormat format)
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
            else if (!TakeOlderOption(ref reader, ref format))
            {
                return null;
            }
        }

        return null;
    }

    private static bool TakeOlderOption(ref SqlReader reader, ref CopyFormat format)
    {
        if (reader.Take("binary"))
        {
            format = CopyFormat.Binary;
            return true;
        }

        if (reader.Take("csv"))
        {
            format = CopyFormat.Csv;
            return true;
        }

        if (reader.TakeAny("delimiter", "null", "quote", "escape"))
        {
            reader.Take("as");
            return reader.TakeAnyText();
        }

        if (reader.Take("force"))
        {
            return (reader.Take("quote") || reader.TakeAll("not", "null") || reader.Take("null"))
                && (reader.TakeOperator('*') || TakeBareNames(ref reader));
        }

        return reader.TakeAny("freeze", "header");
    }

    private static bool TakeBareNames(ref SqlReader reader)
    {
        do
        {
            if (!reader.TakeName(out _))
            {
                return false;
            }
        }
        while (reader.TakeSymbol(','));
        return true;
    }

    private static StatementForm? Format(ref SqlReader reader, ref CopyFormat format)
    {
        if (!reader.TakeName(out var name) && !reader.TakeText(out name))
        {
            return Refusals.Copy("copy-option", "COPY has a format the gateway does not know.", "Use FORMAT text, csv or binary.");
        }

        switch (name)
        {
            case "text":
                format = CopyFormat.Text;
                return null;
            case "csv":
                format = CopyFormat.Csv;
                return null;
            case "binary":
                format = CopyFormat.Binary;
                return null;
            default:
                return Refusals.Copy("copy-option", "COPY has a format the gateway does not know.", "Use FORMAT text, csv or binary.");
        }
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
            return reader.TakeNames([])
                ? null
                : Refusals.Copy("copy-option", "COPY has an option value the gateway does not know.", "Use the options of PostgreSQL's manual.");
        }

        _ = reader.TakeAnyText() || reader.TakeNumber(out _) || reader.TakeName(out _) || reader.TakeOperator('*');
        return null;
    }

    private static StatementForm Where() => Refusals.Copy(
        "copy-where", "COPY ... WHERE computes over the copied rows out of the gateway's sight.", "Filter on the client, or copy and then DELETE.");
}
