using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Analysis;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Analysis;

public sealed class GoldenDumpTests
{
    public static TheoryData<int> Majors => [.. GoldenTarget.Majors];

    /// <summary>The verdicts on all statements of one major, as a text to review. UPDATE_SNAPSHOTS=1 rewrites it.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public void Every_golden_dump_means_what_its_snapshot_says(int major)
    {
        var target = new GoldenTarget(major);
        var text = new StringBuilder();
        foreach (var statement in target.Statements)
        {
            text.Append(statement).Append(": ").Append(Describe(target.Analyze(statement))).Append('\n');
        }

        var file = Path.Combine(GoldenTarget.DumpDirectory, $"verdicts-{major}.snapshot");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") is "1")
        {
            File.WriteAllText(file, text.ToString());
        }

        Assert.Equal(File.ReadAllText(file), text.ToString());
    }

    [Fact]
    public void The_majors_agree_on_every_statement_they_share()
    {
        var targets = GoldenTarget.Majors.Select(major => new GoldenTarget(major)).ToArray();
        var newest = targets[^1];
        foreach (var target in targets)
        {
            foreach (var statement in target.Statements)
            {
                Assert.Equal($"{statement} {Core(newest.Analyze(statement))}", $"{statement} {Core(target.Analyze(statement))}");
            }
        }
    }

    [Fact]
    public void No_golden_dump_is_unreadable() =>
        Assert.All(GoldenTarget.Majors, major =>
        {
            var target = new GoldenTarget(major);
            Assert.All(target.Statements, statement => Assert.IsType<AnalysisOutcome.Understood>(target.Analyze(statement)));
        });

    /// <summary>What must not depend on the version: catalogue views read different relations in different versions.</summary>
    private static string Core(AnalysisOutcome outcome) => outcome is AnalysisOutcome.Understood { Analysis: var analysis }
        ? $"{analysis.Refusal?.Rule} {analysis.Class} {analysis.Unbounded} {analysis.TouchesPhi} {analysis.MayFail} "
            + $"{string.Join(',', analysis.Outputs.Select(output => (output.IsDerived ? "~" : "") + (output.Tag ?? "-")))} {string.Join(',', analysis.Inferences.Select(Describe))}"
        : outcome.ToString();

    private static string Describe(AnalysisOutcome outcome) => outcome switch
    {
        AnalysisOutcome.Understood { Analysis: var analysis } => Describe(analysis),
        AnalysisOutcome.Unreadable unreadable => $"UNREADABLE {unreadable.Reason}",
        _ => outcome.ToString(),
    };

    private static string Describe(StatementAnalysis analysis)
    {
        var relations = analysis.Relations.Select(use => $"{use.Access.ToString().ToLowerInvariant()} {use.Schema}.{use.Name}{(use.Indirect ? " (indirect)" : "")}");
        var outputs = analysis.Outputs.Select(output => output.Tag is null ? "-" : output.IsDerived ? $"{output.Tag} {output.Reason}" : $"{output.Tag}={output.Source}");
        return string.Join("\n    ", new[]
        {
            $"{analysis.Class} {analysis.Effects}{(analysis.Unbounded ? " unbounded" : "")}{(analysis.TouchesPhi ? " phi" : "")}{(analysis.MayFail ? " may fail" : "")}{(analysis.IsUtility ? " utility" : "")}",
            analysis.Refusals.IsEmpty ? $"outputs [{string.Join(", ", outputs)}]"
                : string.Join("\n    ", analysis.Refusals.Select(refusal => $"REFUSED {refusal.Rule}: {refusal.Reason} {refusal.Remedy}")),
            $"tells [{string.Join(", ", analysis.Inferences.Select(Describe))}]",
            $"relations [{string.Join(", ", relations)}] functions [{string.Join(", ", analysis.Functions)}] columns [{string.Join(", ", analysis.PhiColumns)}]",
        });
    }

    private static string Describe(Inference inference) =>
        $"{inference.Kind} of {(inference.IsTransformed ? "transformed " : "")}{inference.Column}{(inference.Values.IsEmpty ? "" : " against ")}"
        + string.Join(" ", inference.Values.Select(value => (value.Parameter > 0 ? $"${value.Parameter}" : Convert.ToHexStringLower(value.Literal.Span)) + (value.IsArray ? "[]" : "")));
}
