using System.Text;
using System.Text.RegularExpressions;
using Sallyport.Tools.Fuzzer.Database;

namespace Sallyport.Tools.Fuzzer.Trees;

/// <summary>Values of tagged columns inside statements: what a client knows already and asks for.</summary>
internal static partial class PhiLiteral
{
    /// <summary>The literal, filled up with spaces so that both databases get texts of one length: positions in errors then agree.</summary>
    public static string Padded(PhiColumn column, int k, bool second)
    {
        var (mine, other) = (Quoted(column.ValueOf(k, second)), Quoted(column.ValueOf(k, !second)));
        return mine + new string(' ', Math.Max(0, other.EnumerateRunes().Count() - mine.EnumerateRunes().Count()));
    }

    /// <summary>A statement written with <c>{{column:k}}</c>, for one of the databases.</summary>
    public static string Fill(string notation, bool second) => Notation.Replace(notation, match =>
        Padded(PhiColumns.All.First(c => c.Key == match.Groups[1].Value), int.Parse(match.Groups[2].Value), second));

    /// <summary>The values a statement in that notation mentions.</summary>
    public static IEnumerable<(PhiColumn Column, int K)> Mentioned(string notation) => Notation.Matches(notation)
        .Select(match => (PhiColumns.All.First(c => c.Key == match.Groups[1].Value), int.Parse(match.Groups[2].Value)));

    private static string Quoted(string value)
    {
        var text = new StringBuilder("'").Append(value.Replace("'", "''", StringComparison.Ordinal)).Append('\'');
        return text.ToString();
    }

    [GeneratedRegex(@"\{\{(\w+):(\d+)\}\}", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Notation { get; }
}
