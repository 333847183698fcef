using System.Globalization;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>budgets</c>: what is used of the configured budgets, and what is left.</summary>
internal static class BudgetsCommand
{
    private static readonly string[] Headings = ["BUDGET", "PER", "PRINCIPAL", "RUN", "MEASURE", "USED", "LIMIT", "RENEWS", "AT LIMIT"];

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var limit = Arguments.Limit();
        var command = new CliCommand("budgets", "Show what is used of the configured budgets, those nearest to a limit first: your own, or everybody's for an operator.")
        {
            Examples = ["sallyport budgets", "sallyport budgets --json --limit 100"],
            Json = "{items: [{budget, per, principal, run, since, renewsAt, atLimit, isReached, measures: [{name, used, limit} ...]} ...], more}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
            Options = { limit },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var page = await connection.Client.ListBudgetsAsync(parsed.GetValue(limit), cancellationToken);
            report.Answer(page, CliJson.Default.BudgetPage, answer => Write(report, answer));
            return ExitCode.Done;
        });
    }

    private static void Write(Report report, BudgetPage page)
    {
        if (page.Items.Count == 0)
        {
            report.Note("No budget has been used.");
            return;
        }

        report.Table(Headings, page.Items.SelectMany(static budget => budget.Measures.Select(measure => new[]
        {
            budget.Budget,
            budget.Per,
            budget.Principal,
            budget.Run,
            measure.Name,
            Number(measure.Used),
            Number(measure.Limit),
            Times.Text(budget.RenewsAt),
            measure.Used >= measure.Limit ? $"{budget.AtLimit} (reached)" : budget.AtLimit,
        })));
        if (page.More)
        {
            report.Note("There are more: raise --limit.");
        }
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
