using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>SET, RESET and SHOW. The reader stands behind the first word.</summary>
internal static class SettingStatements
{
    public static StatementForm? Set(ref SqlReader reader)
    {
        if (reader.Take("constraints"))
        {
            return Constraints(ref reader);
        }

        var isLocal = reader.Take("local");
        var isSession = !isLocal && reader.Take("session");
        if ((isSession && reader.Take("authorization")) || (isLocal && reader.TakeAll("session", "authorization")))
        {
            return Authorization(ref reader);
        }

        if (isSession && reader.TakeAll("characteristics", "as", "transaction"))
        {
            return TransactionStatements.TakeModes(ref reader, areRequired: true) ? new StatementForm.SetTransaction() : null;
        }

        if (reader.Take("transaction"))
        {
            return Transaction(ref reader);
        }

        return Special(ref reader, isLocal) ?? Plain(ref reader, isLocal);
    }

    public static StatementForm? Reset(ref SqlReader reader)
    {
        if (reader.Take("all"))
        {
            return reader.AtEnd ? new StatementForm.Reset(null) : null;
        }

        if (!TakeParameter(ref reader, out var name) || !reader.AtEnd)
        {
            return null;
        }

        // Going back to the start-up value is always safe: that is where the gateway's pins live.
        return name == "client_min_messages" ? new StatementForm.SetClientMinMessages(null, IsLocal: false) : new StatementForm.Reset(name);
    }

    public static StatementForm? Show(ref SqlReader reader)
    {
        if (reader.Take("all"))
        {
            return reader.AtEnd ? new StatementForm.Show(null) : null;
        }

        if (!TakeParameter(ref reader, out var name) || !reader.AtEnd)
        {
            return null;
        }

        return name.Contains('.', StringComparison.Ordinal)
            ? new StatementForm.Refused(
                CommandClass.Session, Effects.None, "SHOW", "setting-custom", "A parameter with a dot in its name can hold any value, stored ones too.",
                "Ask for PostgreSQL's own parameters.")
            : new StatementForm.Show(name);
    }

    private static StatementForm? Constraints(ref SqlReader reader)
    {
        if (!reader.Take("all") && !reader.TakeRelations([]))
        {
            return null;
        }

        return reader.TakeAny("deferred", "immediate") && reader.AtEnd ? new StatementForm.SetTransaction() : null;
    }

    private static StatementForm? Authorization(ref SqlReader reader)
    {
        if (reader.Take("default"))
        {
            return reader.AtEnd ? new StatementForm.Reset("session_authorization") : null;
        }

        return Refusals.Access("SET SESSION AUTHORIZATION");
    }

    private static StatementForm? Transaction(ref SqlReader reader)
    {
        if (reader.Take("snapshot"))
        {
            return reader.TakeAnyText() && reader.AtEnd ? new StatementForm.SetTransaction() : null;
        }

        return TransactionStatements.TakeModes(ref reader, areRequired: true) ? new StatementForm.SetTransaction() : null;
    }

    /// <summary>The spellings that are not <c>SET name TO value</c>; null when this is none of them.</summary>
    private static StatementForm? Special(ref SqlReader reader, bool isLocal)
    {
        var ahead = reader;
        if (ahead.TakeAll("time", "zone"))
        {
            return TimeZone(ref ahead, isLocal);
        }

        if (ahead.Take("names") && !ahead.At("to") && !ahead.AtOperator('='))
        {
            var encoding = ahead.TakeText(out var named) || ahead.TakeName(out named) ? named : null;
            return ahead.AtEnd ? Judge("client_encoding", encoding is null or "default" ? [] : [encoding], isLocal) : null;
        }

        ahead = reader;
        if (ahead.Take("schema") && ahead.TakeText(out var schema))
        {
            return ahead.AtEnd ? new StatementForm.Set("search_path", [schema], isLocal) : null;
        }

        ahead = reader;
        if (ahead.TakeAll("xml", "option"))
        {
            var option = ahead.At("document") ? "document" : "content";
            return ahead.TakeAny("document", "content") && ahead.AtEnd ? new StatementForm.Set("xmloption", [option], isLocal) : null;
        }

        return reader.At("role") ? Refusals.Access("SET ROLE") : null;
    }

    private static StatementForm? TimeZone(ref SqlReader reader, bool isLocal)
    {
        if (reader.TakeAny("default", "local"))
        {
            return reader.AtEnd ? new StatementForm.Set("timezone", [], isLocal) : null;
        }

        string value;
        if (reader.Take("interval"))
        {
            var hasPrecision = reader.TakeSymbol('(');
            if (hasPrecision && !(reader.TakeNumber(out _) && reader.TakeSymbol(')')))
            {
                return null;
            }

            if (!reader.TakeText(out value))
            {
                return null;
            }

            while (reader.TakeAny("year", "month", "day", "hour", "minute", "second", "to"))
            {
            }
        }
        else if (!reader.TakeText(out value) && !reader.TakeNumber(out value) && !reader.TakeName(out value))
        {
            return null;
        }

        return reader.AtEnd ? new StatementForm.Set("timezone", [value], isLocal) : null;
    }

    private static StatementForm? Plain(ref SqlReader reader, bool isLocal)
    {
        if (!TakeParameter(ref reader, out var name) || (!reader.Take("to") && !reader.TakeOperator('=')))
        {
            return null;
        }

        var values = new List<string>();
        if (!reader.Take("default"))
        {
            do
            {
                if (values.Count == SqlLimits.MaxListItems || !TakeValue(ref reader, out var value))
                {
                    return null;
                }

                values.Add(value);
            }
            while (reader.TakeSymbol(','));
        }

        return reader.AtEnd ? Judge(name, values, isLocal) : null;
    }

    private static StatementForm Judge(string name, List<string> values, bool isLocal)
    {
        var value = values.Count == 0 ? null : string.Join(", ", values);
        return SettingPolicy.Judge(name, value) switch
        {
            SettingVerdict.Allowed => new StatementForm.Set(name, values, isLocal),
            SettingVerdict.ClientMinMessages messages => new StatementForm.SetClientMinMessages(messages.Level, isLocal),
            SettingVerdict.Refused refused => new StatementForm.Refused(
                CommandClass.Session, Effects.None, "SET", refused.Rule, refused.Reason, refused.Remedy),
            var other => throw new InvalidOperationException($"No form for {other.GetType().Name}."),
        };
    }

    private static bool TakeValue(ref SqlReader reader, out string value) =>
        reader.TakeText(out value) || reader.TakeNumber(out value) || reader.TakeName(out value);

    /// <summary>Takes a parameter name: dotted names belong to extensions, three parameters have a spelling of their own.</summary>
    private static bool TakeParameter(ref SqlReader reader, out string name)
    {
        name = "";
        if (reader.TakeAll("time", "zone"))
        {
            name = "timezone";
        }
        else if (reader.TakeAll("session", "authorization"))
        {
            name = "session_authorization";
        }
        else if (reader.TakeAll("transaction", "isolation", "level"))
        {
            name = "transaction_isolation";
        }

        if (name.Length > 0)
        {
            return true;
        }

        if (!reader.TakeName(out name))
        {
            return false;
        }

        name = SqlWords.FoldAscii(name);
        while (reader.TakeSymbol('.'))
        {
            if (!reader.TakeName(out var part))
            {
                return false;
            }

            name = $"{name}.{SqlWords.FoldAscii(part)}";
        }

        return true;
    }
}
