using System.Globalization;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Sql.Statements;

/// <summary>PREPARE, EXECUTE, DEALLOCATE, DISCARD and EXPLAIN. The reader stands behind the first word.</summary>
internal static class PreparedStatements
{
    private static readonly string[] ExplainOptions =
        ["analyze", "analyse", "verbose", "costs", "settings", "generic_plan", "buffers", "serialize", "wal", "timing", "summary", "memory", "format"];

    public static StatementForm? Prepare(ref SqlReader reader)
    {
        var ahead = reader;
        if (ahead.Take("transaction") && ahead.TakeAnyText())
        {
            return Refusals.TwoPhase("PREPARE TRANSACTION");
        }

        var types = new List<TextRange>();
        if (!reader.TakeName(out var name) || (reader.AtSymbol('(') && !TakeTypes(ref reader, types)) || !reader.Take("as"))
        {
            return null;
        }

        if (!InnerQuery.IsQueryOrDml(reader))
        {
            return Refusals.Inner("PREPARE");
        }

        return InnerQuery.TryTake(ref reader, out var inner)
            ? new StatementForm.Prepare(name, inner, WithTypedParameters(reader.Text, inner, types))
            : null;
    }

    public static StatementForm? Execute(ref SqlReader reader)
    {
        if (!reader.TakeName(out var name))
        {
            return null;
        }

        if (reader.TakeSymbol('('))
        {
            do
            {
                if (!TakeArgument(ref reader))
                {
                    return Refusals.Arguments();
                }
            }
            while (reader.TakeSymbol(','));
            if (!reader.TakeSymbol(')'))
            {
                return Refusals.Arguments();
            }
        }

        return reader.AtEnd ? new StatementForm.Execute(name) : null;
    }

    public static StatementForm? Deallocate(ref SqlReader reader)
    {
        var ahead = reader;
        if (ahead.Take("prepare") && !ahead.AtEnd)
        {
            reader = ahead;
        }

        if (reader.Take("all"))
        {
            return reader.AtEnd ? new StatementForm.Deallocate(null) : null;
        }

        return reader.TakeName(out var name) && reader.AtEnd ? new StatementForm.Deallocate(name) : null;
    }

    public static StatementForm? Discard(ref SqlReader reader)
    {
        DiscardScope? scope = null;
        if (reader.Take("all"))
        {
            scope = DiscardScope.All;
        }
        else if (reader.Take("plans"))
        {
            scope = DiscardScope.Plans;
        }
        else if (reader.Take("sequences"))
        {
            scope = DiscardScope.Sequences;
        }
        else if (reader.TakeAny("temp", "temporary"))
        {
            scope = DiscardScope.Temporary;
        }

        return scope is { } known && reader.AtEnd ? new StatementForm.Discard(known) : null;
    }

    public static StatementForm? Explain(ref SqlReader reader)
    {
        var executes = false;
        if (reader.AtSymbol('(') && !InnerQuery.IsSelect(reader))
        {
            if (!TakeExplainOptions(ref reader, out executes))
            {
                return null;
            }
        }
        else
        {
            executes = reader.TakeAny("analyze", "analyse");
            reader.Take("verbose");
        }

        if (reader.AtEnd)
        {
            return null;
        }

        if (!InnerQuery.IsQueryOrDml(reader))
        {
            return Refusals.Inner("EXPLAIN");
        }

        return InnerQuery.TryTake(ref reader, out var inner) ? new StatementForm.Explain(inner, executes) : null;
    }

    private static bool TakeExplainOptions(ref SqlReader reader, out bool executes)
    {
        executes = false;
        reader.TakeSymbol('(');
        do
        {
            var isAnalyze = reader.AtAny("analyze", "analyse");
            if (!reader.TakeAny(ExplainOptions))
            {
                return false;
            }

            // Only a plain "off" is read as off; anything odd counts as execution.
            var isOff = reader.AtAny("off", "false");
            if (!reader.AtSymbol(',') && !reader.AtSymbol(')') && !reader.TakeName(out _) && !reader.TakeNumber(out _) && !reader.TakeAnyText())
            {
                return false;
            }

            executes |= isAnalyze && !isOff;
        }
        while (reader.TakeSymbol(','));
        return reader.TakeSymbol(')');
    }

    private static bool TakeTypes(ref SqlReader reader, List<TextRange> types)
    {
        reader.TakeSymbol('(');
        do
        {
            var start = reader.Token.Start;
            if (types.Count == SqlLimits.MaxListItems || !reader.TakeType())
            {
                return false;
            }

            types.Add(TextRange.Between(start, reader.PreviousEnd));
        }
        while (reader.TakeSymbol(','));
        return reader.TakeSymbol(')');
    }

    private static bool TakeArgument(ref SqlReader reader)
    {
        if (reader.Token.Kind == SqlTokenKind.Parameter)
        {
            reader.Advance();
            return true;
        }

        return reader.TakeConstant();
    }

    /// <summary>Writes <c>$1</c> as <c>($1::type)</c>: the server then gives the parameter that very type, as PREPARE does.</summary>
    private static string WithTypedParameters(ReadOnlySpan<byte> text, TextRange inner, List<TextRange> types)
    {
        var body = inner.Of(text);
        if (types.Count == 0)
        {
            return Encoding.UTF8.GetString(body);
        }

        var typed = new StringBuilder(body.Length + 32);
        var lexer = new SqlLexer(body);
        var copied = 0;
        for (var token = lexer.Next(); token.Kind != SqlTokenKind.End; token = lexer.Next())
        {
            if (token.Kind != SqlTokenKind.Parameter
                || !int.TryParse(token.Of(body)[1..], CultureInfo.InvariantCulture, out var number)
                || number < 1
                || number > types.Count)
            {
                continue;
            }

            var type = Encoding.UTF8.GetString(types[number - 1].Of(text));
            if (string.Equals(type, "unknown", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            typed.Append(Encoding.UTF8.GetString(body[copied..token.Start])).Append("($").Append(number).Append("::").Append(type).Append(')');
            copied = token.End;
        }

        return typed.Append(Encoding.UTF8.GetString(body[copied..])).ToString();
    }
}
