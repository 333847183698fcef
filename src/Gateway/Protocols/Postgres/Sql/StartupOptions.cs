using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Sql;

/// <summary>Reads the <c>options</c> parameter of a start-up packet: <c>-c name=value --name=value</c>, backslash escapes a space.</summary>
internal static class StartupOptions
{
    /// <summary>Most assignments one <c>options</c> string may hold.</summary>
    public const int MaxAssignments = 64;

    /// <summary>Splits <paramref name="options"/> into assignments, names lower-cased with <c>-</c> read as <c>_</c>.</summary>
    /// <returns>False when it holds anything but assignments, or more than <see cref="MaxAssignments"/>.</returns>
    public static bool TryParse(string options, out List<KeyValuePair<string, string>> assignments)
    {
        assignments = [];
        foreach (var word in Words(options))
        {
            if (!TryAssignment(word, out var assignment) || assignments.Count == MaxAssignments)
            {
                return false;
            }

            assignments.Add(assignment);
        }

        return true;
    }

    private static bool TryAssignment(string word, out KeyValuePair<string, string> assignment)
    {
        assignment = default;
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        if (!word.StartsWith("--", StringComparison.Ordinal) || equals <= 2)
        {
            return false;
        }

        var name = SqlWords.FoldAscii(word[2..equals].Replace('-', '_'));
        assignment = new KeyValuePair<string, string>(name, word[(equals + 1)..]);
        return true;
    }

    /// <summary>The words of pg_split_opts, with <c>-c x</c> and <c>-cx</c> both turned into <c>--x</c>.</summary>
    private static List<string> Words(string options)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var inWord = false;
        for (var at = 0; at < options.Length; at++)
        {
            var isSpace = options[at] is ' ' or '\t' or '\n' or '\r' or '\f' or '\v';
            if (isSpace)
            {
                Flush(words, word, inWord);
                inWord = false;
                continue;
            }

            inWord = true;
            var escapes = options[at] == '\\' && at + 1 < options.Length;
            word.Append(options[escapes ? ++at : at]);
        }

        Flush(words, word, inWord);
        return words;
    }

    private static void Flush(List<string> words, StringBuilder word, bool inWord)
    {
        if (!inWord)
        {
            return;
        }

        var text = word.ToString();
        word.Clear();
        if (words.Count > 0 && words[^1] == "-c")
        {
            words[^1] = "--" + text;
        }
        else if (text.Length > 2 && text.StartsWith("-c", StringComparison.Ordinal))
        {
            words.Add("--" + text[2..]);
        }
        else
        {
            words.Add(text);
        }
    }
}
