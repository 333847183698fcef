using System.Text.RegularExpressions;
using Sallyport.Tools.Fuzzer.Database;
using Sallyport.Tools.Fuzzer.Trees;

namespace Sallyport.Tools.Fuzzer.Generation;

/// <summary>
/// Cases as they are written down: <c>--# title</c>, then for each statement a line <c>@ simple</c> (or <c>@ text rows=0 describe=P piped mrn:3 'x'</c>)
/// and its text, in which <c>{{column:k}}</c> is the k-th value of a tagged column. Comments begin a line with <c>/*</c>.
/// </summary>
internal static partial class CaseFile
{
    public static IEnumerable<(string Title, Case Case)> Parse(string text)
    {
        foreach (var block in CommentPattern.Replace(text, "").Split("--# ").Skip(1))
        {
            var end = block.IndexOf('\n', StringComparison.Ordinal);
            var steps = block[end..].Split("\n@ ").Skip(1).Select(ParseStep).ToList();
            yield return (block[..end], steps.Count > 0 ? new Case(steps) : throw new FormatException($"the case '{block[..end]}' has no statement"));
        }
    }

    private static Step ParseStep(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        var words = text[..end].Split(' ');
        var step = new Step(Enum.Parse<Protocol>(words[0], ignoreCase: true), Node.Text("fixed", text[end..].Trim()), [.. words.Skip(1).Select(ParameterOf).OfType<Parameter>()]);
        foreach (var word in words.Skip(1))
        {
            step = word switch
            {
                "piped" => step with { IsPiped = true },
                _ when word.StartsWith("rows=", StringComparison.Ordinal) => step with { Rows = int.Parse(word[5..]) },
                _ when word.StartsWith("describe=", StringComparison.Ordinal) => step with { Describe = word[9] },
                _ => step,
            };
        }

        return step;
    }

    private static Parameter? ParameterOf(string word)
    {
        if (word.StartsWith('\''))
        {
            return new Parameter(null, 0, word.Trim('\''));
        }

        return word.Split(':') is [var key, var k] && PhiColumns.All.FirstOrDefault(c => c.Key == key) is { } column ? new Parameter(column, int.Parse(k), null) : null;
    }

    [GeneratedRegex(@"^/\*.*?\*/\s*$", RegexOptions.Multiline | RegexOptions.Singleline, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CommentPattern { get; }
}
