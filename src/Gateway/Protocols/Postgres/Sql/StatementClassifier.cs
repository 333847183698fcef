using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Tells the kind of one statement from its words. Whatever it does not know is refused.</summary>
internal static class StatementClassifier
{
    /// <summary>Classifies one statement as <see cref="StatementSplitter"/> cut it.</summary>
    public static StatementForm Classify(ReadOnlySpan<byte> statement)
    {
        var lexer = new SqlLexer(statement);
        var token = lexer.NextSignificant();
        while (token.Kind == SqlTokenKind.Symbol && statement[token.Start] == '(')
        {
            token = lexer.NextSignificant();
        }

        if (token.Kind == SqlTokenKind.End)
        {
            return new StatementForm.Empty();
        }

        if (token.Kind != SqlTokenKind.Word)
        {
            return new StatementForm.SyntaxProbe("unreadable", "The statement does not start with a keyword.");
        }

        var word = token.Of(statement);
        foreach (var keyword in (ReadOnlySpan<string>)["select", "with", "values", "table", "insert", "update", "delete", "merge"])
        {
            if (SqlWords.Is(word, keyword))
            {
                return new StatementForm.Analysed();
            }
        }

        return new StatementForm.Refused(
            CommandClass.Admin, Effects.None, "", "statement-kind", "This kind of statement does not pass the gateway.", "Use a query or DML statement.");
    }
}
