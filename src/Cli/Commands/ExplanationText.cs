using Sallyport.Api;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary>Explanations as text.</summary>
internal static class ExplanationText
{
    private static readonly string[] Headings = ["COLUMN", "COMES BACK", "TAG", "WHY"];

    /// <param name="report">Where to.</param>
    /// <param name="statement">What to say.</param>
    /// <param name="number">Its place among several, from 1; 0 when it is the only one.</param>
    public static void Write(Report report, StatementExplanationResource statement, int number)
    {
        if (number > 1)
        {
            report.Line("");
        }

        if (number > 0)
        {
            report.Line($"statement {number}:");
        }

        report.Block(statement.Template);
        report.Fields(
            ("verdict", Verdict(statement)),
            ("why", statement.Reason),
            ("instead", statement.Decision == ExplainedDecision.Ask ? "" : statement.Remedy),
            ("next", statement.Decision == ExplainedDecision.Ask ? statement.Remedy : ""),
            ("class", statement.Class),
            ("effects", string.Join(", ", statement.Effects)),
            ("relations", string.Join(", ", statement.Relations.Select(ApprovalText.Relation).Distinct())),
            ("functions", string.Join(", ", statement.Functions)));
        if (statement.Columns.Count > 0)
        {
            report.Table(Headings, statement.Columns.Select((column, index) => new[]
            {
                column.Name ?? $"({index + 1})",
                column.Mask ?? "as it is",
                column.Tag ?? "",
                column.Reason,
            }));
        }

        foreach (var inference in statement.Inferences)
        {
            report.Line($"tells about {inference.Column} ({inference.Tag}): {Words(inference)}");
        }
    }

    private static string Verdict(StatementExplanationResource statement) => statement.Decision switch
    {
        ExplainedDecision.Allow => $"would run ({statement.Rule})",
        ExplainedDecision.Ask => $"would wait for a person ({statement.Rule}): {string.Join(" or ", statement.Approvers)}",
        ExplainedDecision.Deny => $"would be refused ({statement.Rule})",
        _ => $"the target does not accept it{(statement.SqlState is null ? "" : $" (SQLSTATE {statement.SqlState})")}",
    };

    private static string Words(InferenceResource inference) => inference.Kind switch
    {
        "equality" when inference.Values == 0 => "which rows hold equal values",
        "equality" => $"whether it equals {Count(inference.Values)} of the statement",
        "search" => $"whether it matches {Count(inference.Values)} of the statement",
        "presence" => "whether there is a value",
        "grouping" => "which rows hold equal values",
        "order" => "which value comes first",
        _ => inference.Kind,
    };

    private static string Count(int values) => values == 1 ? "one value" : $"{values} values";
}
