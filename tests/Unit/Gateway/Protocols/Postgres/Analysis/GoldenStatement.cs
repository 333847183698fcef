using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

/// <summary>One statement of statements.sql with what its first line says the analysis must make of it.</summary>
internal sealed record GoldenStatement(string Name, PredicateLevel Level, string? Expected)
{
    /// <summary>The statements with an expectation: <c>refused RULE</c>, or <c>gives</c> and the tags of the result columns.</summary>
    public static IEnumerable<GoldenStatement> Expecting =>
        File.ReadLines(Path.Combine(GoldenTarget.DumpDirectory, "statements.sql")).Where(line => line.StartsWith("--# ", StringComparison.Ordinal))
            .Select(Parse).Where(statement => statement.Expected is not null);

    public static string Describe(StatementAnalysis analysis) => analysis.Refusal is { } refusal
        ? $"refused {refusal.Rule}"
        : $"gives {string.Join(',', analysis.Outputs.Select(output => (output.IsDerived ? "~" : "") + (output.Tag ?? "-")))}".Trim();

    private static GoldenStatement Parse(string line)
    {
        var words = line.Split(' ');
        var level = Array.IndexOf(words, "level") is var at and > 0 ? Enum.Parse<PredicateLevel>(words[at + 1], ignoreCase: true) : PredicateLevels.Default;
        var expected = Array.FindIndex(words, word => word is "refused" or "gives");
        return new GoldenStatement(words[1], level, expected < 0 ? null : string.Join(' ', words[expected..]));
    }
}
