using System.Globalization;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>runs list</c>: the tasks agents work or worked on.</summary>
internal static class RunsListCommand
{
    private static readonly string[] Headings = ["RUN", "PRINCIPAL", "FIRST SESSION", "LAST SESSION", "SESSIONS", "LIVE"];

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var limit = Arguments.Limit();
        var command = new CliCommand("list", "List runs that had sessions, newest first.")
        {
            Examples = ["sallyport runs list"],
            Json = "{items: [{run, principal, onBehalfOf, firstAt, lastAt, sessions, live} ...], more}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
            Options = { limit },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var page = await connection.Client.ListRunsAsync(parsed.GetValue(limit), cancellationToken);
            report.Answer(page, CliJson.Default.RunPage, answer =>
            {
                if (answer.Items.Count == 0)
                {
                    report.Note("No runs.");
                    return;
                }

                report.Table(Headings, answer.Items.Select(static run => new[]
                {
                    run.Run,
                    run.OnBehalfOf.Length > 0 ? $"{run.Principal} for {run.OnBehalfOf}" : run.Principal,
                    Times.Text(run.FirstAt),
                    Times.Text(run.LastAt),
                    run.Sessions.ToString(CultureInfo.InvariantCulture),
                    run.Live.ToString(CultureInfo.InvariantCulture),
                }));
                if (answer.More)
                {
                    report.Note("There are more: raise --limit.");
                }
            });
            return ExitCode.Done;
        });
    }
}
