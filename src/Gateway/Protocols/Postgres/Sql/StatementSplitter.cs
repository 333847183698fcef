namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Why a text could not be split.</summary>
internal enum SplitFault
{
    None,

    /// <summary>A quote or comment never ends. The server refuses the whole text, so none of it may run.</summary>
    Unterminated,

    /// <summary>More than <see cref="SqlLimits.MaxStatements"/> statements.</summary>
    TooManyStatements,
}

/// <summary>
/// Cuts the text of a simple query into statements at the semicolons PostgreSQL's grammar takes for separators: those outside
/// quotes, comments, parentheses (<c>CREATE RULE ... DO (a; b)</c>) and <c>BEGIN ATOMIC ... END</c> bodies.
/// It decides nothing: the server itself refuses two statements in one Parse.
/// </summary>
internal static class StatementSplitter
{
    /// <summary>Adds the range of each statement in <paramref name="text"/> to <paramref name="into"/>, without its semicolon and outer white space.
    /// Pieces that hold only comments are left out, as the server leaves them out. Adds nothing when it answers with a fault.</summary>
    public static SplitFault Split(ReadOnlySpan<byte> text, List<TextRange> into)
    {
        var before = into.Count;
        var lexer = new SqlLexer(text);
        var piece = new Piece();
        while (true)
        {
            var token = lexer.Next();
            if (token.Kind == SqlTokenKind.Unterminated)
            {
                into.RemoveRange(before, into.Count - before);
                return SplitFault.Unterminated;
            }

            var ends = token.Kind == SqlTokenKind.End || (piece.IsOpenToSeparators && IsSeparator(token, text));
            if (!ends)
            {
                piece.Add(token, text);
                continue;
            }

            if (piece.HasTokens)
            {
                if (into.Count - before == SqlLimits.MaxStatements)
                {
                    into.RemoveRange(before, into.Count - before);
                    return SplitFault.TooManyStatements;
                }

                into.Add(piece.Range);
            }

            if (token.Kind == SqlTokenKind.End)
            {
                return SplitFault.None;
            }

            piece = new Piece();
        }
    }

    private static bool IsSeparator(SqlToken token, ReadOnlySpan<byte> text) => token.Kind == SqlTokenKind.Symbol && text[token.Start] == ';';

    /// <summary>One statement while its tokens go by.</summary>
    private struct Piece
    {
        private int _start;
        private int _end;
        private int _parentheses;
        private int _blocks;
        private bool _started;
        private bool _afterBegin;
        private bool _afterLabelMark;

        public bool HasTokens { get; private set; }

        public readonly bool IsOpenToSeparators => _parentheses == 0 && _blocks == 0;

        public readonly TextRange Range => TextRange.Between(_start, _end);

        public void Add(SqlToken token, ReadOnlySpan<byte> text)
        {
            // A leading comment stays with its statement: tools put hints and trace ids there.
            _start = _started ? _start : token.Start;
            _started = true;
            _end = token.End;
            if (token.Kind == SqlTokenKind.Comment)
            {
                return;
            }

            HasTokens = true;
            switch (token.Kind)
            {
                case SqlTokenKind.Symbol when text[token.Start] == '(':
                    _parentheses++;
                    break;
                case SqlTokenKind.Symbol when text[token.Start] == ')' && _parentheses > 0:
                    _parentheses--;
                    break;
                case SqlTokenKind.Word:
                    AddWord(token.Of(text));
                    break;
            }

            _afterBegin = token.Kind == SqlTokenKind.Word && SqlWords.Is(token.Of(text), "begin");
            _afterLabelMark = IsLabelMark(token, text);
        }

        private void AddWord(ReadOnlySpan<byte> word)
        {
            if (_afterBegin && SqlWords.Is(word, "atomic"))
            {
                _blocks++;
            }
            else if (_blocks > 0 && !_afterLabelMark && SqlWords.Is(word, "case"))
            {
                _blocks++;
            }
            else if (_blocks > 0 && !_afterLabelMark && SqlWords.Is(word, "end"))
            {
                _blocks--;
            }
        }

        /// <summary>Behind AS or a dot, CASE and END are names.</summary>
        private static bool IsLabelMark(SqlToken token, ReadOnlySpan<byte> text) => token.Kind switch
        {
            SqlTokenKind.Word => SqlWords.Is(token.Of(text), "as"),
            SqlTokenKind.Symbol => token.Length == 1 && text[token.Start] == '.',
            _ => false,
        };
    }
}
