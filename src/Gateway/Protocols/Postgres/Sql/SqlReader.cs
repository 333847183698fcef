namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>
/// Reads the significant tokens of one statement from left to right. <c>Take</c> methods move on only when they find what they look for.
/// Copy the reader to look further ahead.
/// </summary>
internal ref struct SqlReader
{
    private readonly ReadOnlySpan<byte> _text;
    private SqlLexer _lexer;

    public SqlReader(ReadOnlySpan<byte> text)
    {
        _text = text;
        _lexer = new SqlLexer(text);
        Token = _lexer.NextSignificant();
    }

    public readonly ReadOnlySpan<byte> Text => _text;

    /// <summary>The token that is read next.</summary>
    public SqlToken Token { get; private set; }

    /// <summary>Where the token before <see cref="Token"/> ends.</summary>
    public int PreviousEnd { get; private set; }

    public readonly bool AtEnd => Token.Kind == SqlTokenKind.End;

    public void Advance()
    {
        PreviousEnd = Token.End;
        Token = _lexer.NextSignificant();
    }

    public readonly bool At(ReadOnlySpan<char> keyword) => Token.Kind == SqlTokenKind.Word && SqlWords.Is(Token.Of(_text), keyword);

    public readonly bool AtAny(params ReadOnlySpan<string> keywords)
    {
        foreach (var keyword in keywords)
        {
            if (At(keyword))
            {
                return true;
            }
        }

        return false;
    }

    public readonly bool AtSymbol(char symbol) => Token is { Kind: SqlTokenKind.Symbol, Length: 1 } && _text[Token.Start] == symbol;

    public readonly bool AtOperator(char symbol) => Token is { Kind: SqlTokenKind.Operator, Length: 1 } && _text[Token.Start] == symbol;

    public bool Take(ReadOnlySpan<char> keyword) => Took(At(keyword));

    public bool TakeAny(params ReadOnlySpan<string> keywords) => Took(AtAny(keywords));

    public bool TakeSymbol(char symbol) => Took(AtSymbol(symbol));

    public bool TakeOperator(char symbol) => Took(AtOperator(symbol));

    /// <summary>Takes all of these keywords in a row, or none.</summary>
    public bool TakeAll(params ReadOnlySpan<string> keywords)
    {
        var ahead = this;
        foreach (var keyword in keywords)
        {
            if (!ahead.Take(keyword))
            {
                return false;
            }
        }

        this = ahead;
        return true;
    }

    public bool TakeName(out string name) => Took(SqlWords.TryName(Token, _text, out name));

    public bool TakeText(out string value) => Took(SqlWords.TryText(Token, _text, out value));

    /// <summary>Takes a string constant of any notation without reading it.</summary>
    public bool TakeAnyText() => Took(SqlWords.IsText(Token.Kind));

    /// <summary>Takes <c>name</c>, <c>schema.name</c>, or <c>database.schema.name</c>; the server refuses any database but its own.</summary>
    public bool TakeRelation(out NamedRelation relation)
    {
        relation = default;
        var ahead = this;
        if (!ahead.TakeName(out var last))
        {
            return false;
        }

        var schema = "";
        for (var dots = 0; ahead.TakeSymbol('.'); dots++)
        {
            schema = last;
            if (dots == 2 || !ahead.TakeName(out last))
            {
                return false;
            }
        }

        this = ahead;
        relation = new NamedRelation(schema, last);
        return true;
    }

    /// <summary>Takes a comma-separated list of relations, each with an optional ONLY in front or star behind.</summary>
    public bool TakeRelations(List<NamedRelation> relations)
    {
        do
        {
            var isOnly = Take("only");
            var inParentheses = isOnly && TakeSymbol('(');
            if (!TakeRelation(out var relation) || relations.Count == SqlLimits.MaxListItems || (inParentheses && !TakeSymbol(')')))
            {
                return false;
            }

            _ = !isOnly && TakeOperator('*');
            relations.Add(relation);
        }
        while (TakeSymbol(','));
        return true;
    }

    /// <summary>Takes <c>(name, ...)</c>.</summary>
    public bool TakeNames(List<string> names)
    {
        if (!TakeSymbol('('))
        {
            return false;
        }

        do
        {
            if (!TakeName(out var name) || names.Count == SqlLimits.MaxListItems)
            {
                return false;
            }

            names.Add(name);
        }
        while (TakeSymbol(','));
        return TakeSymbol(')');
    }

    /// <summary>Takes a number with an optional sign.</summary>
    public bool TakeNumber(out string number)
    {
        number = "";
        var ahead = this;
        var isNegative = ahead.TakeOperator('-');
        _ = !isNegative && ahead.TakeOperator('+');
        if (ahead.Token.Kind != SqlTokenKind.Number)
        {
            return false;
        }

        number = (isNegative ? "-" : "") + System.Text.Encoding.ASCII.GetString(ahead.Token.Of(_text));
        ahead.Advance();
        this = ahead;
        return true;
    }

    /// <summary>Takes a number, a string, a string with a type in front, or TRUE, FALSE, NULL, with type casts behind it.</summary>
    public bool TakeConstant()
    {
        var ahead = this;
        if (!ahead.TakeNumber(out _) && !ahead.TakeAnyText() && !ahead.TakeAny("true", "false", "null") && !ahead.TakeTypedText())
        {
            return false;
        }

        while (ahead.Token is { Kind: SqlTokenKind.Symbol, Length: 2 } && ahead._text[ahead.Token.Start] == ':')
        {
            ahead.Advance();
            if (!ahead.TakeType())
            {
                return false;
            }
        }

        this = ahead;
        return true;
    }

    /// <summary>Takes a type name: words, a schema, numbers in parentheses, array brackets.</summary>
    public bool TakeType()
    {
        if (!TakeRelation(out var type))
        {
            return false;
        }

        if (type.Schema.Length == 0)
        {
            TakeTypeWords(type.Name);
        }

        if (AtSymbol('(') && !TakeTypeNumbers())
        {
            return false;
        }

        _ = TakeAll("with", "time", "zone") || TakeAll("without", "time", "zone");
        if (Take("array"))
        {
            return !AtSymbol('[') || TakeBrackets();
        }

        while (AtSymbol('['))
        {
            if (!TakeBrackets())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Goes to the end. Tells where the last token ends.</summary>
    /// <returns>False when a quote or comment never ends.</returns>
    public bool SkipToEnd(out int end)
    {
        end = Token.Start;
        while (!AtEnd)
        {
            if (Token.Kind == SqlTokenKind.Unterminated)
            {
                return false;
            }

            end = Token.End;
            Advance();
        }

        return true;
    }

    /// <summary>Takes <c>date '2024-01-31'</c>.</summary>
    private bool TakeTypedText()
    {
        var ahead = this;
        if (!ahead.TakeType() || !ahead.TakeAnyText())
        {
            return false;
        }

        this = ahead;
        return true;
    }

    private bool Took(bool found)
    {
        if (found)
        {
            Advance();
        }

        return found;
    }

    /// <summary>The further words of the types whose names have several.</summary>
    private void TakeTypeWords(string first)
    {
        switch (first)
        {
            case "double":
                Take("precision");
                break;
            case "character" or "char" or "bit" or "national":
                _ = first == "national" && TakeAny("character", "char");
                Take("varying");
                break;
            case "interval":
                while (TakeAny("year", "month", "day", "hour", "minute", "second", "to"))
                {
                }

                break;
        }
    }

    private bool TakeTypeNumbers()
    {
        TakeSymbol('(');
        do
        {
            if (!TakeNumber(out _) && !TakeName(out _))
            {
                return false;
            }
        }
        while (TakeSymbol(','));
        return TakeSymbol(')');
    }

    private bool TakeBrackets()
    {
        TakeSymbol('[');
        TakeNumber(out _);
        return TakeSymbol(']');
    }
}
