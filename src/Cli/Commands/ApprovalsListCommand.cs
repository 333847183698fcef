using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>approvals list</c>: what waits for a decision.</summary>
internal static class ApprovalsListCommand
{
    private const string All = "all";

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var state = new Option<string>("--state") { Description = "Which requests.", HelpName = "STATE", DefaultValueFactory = _ => "pending" };
        state.AcceptOnlyFromAmong([.. Enum.GetValues<ApprovalState>().Select(Words.Of), All]);
        var limit = Arguments.Limit();
        var command = new CliCommand("list", "List approval requests, newest first; pending ones unless --state says otherwise.")
        {
            Examples = ["sallyport approvals list", "sallyport approvals list --state all --limit 10 --json"],
            Json = "{items: [approval ...], more}; an approval as in `approvals show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
            Options = { state, limit },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            ApprovalState? wanted = parsed.GetValue(state) == All ? null : Enum.Parse<ApprovalState>(parsed.GetRequiredValue(state), ignoreCase: true);
            var page = await connection.Client.ListApprovalsAsync(wanted, parsed.GetValue(limit), cancellationToken);
            report.Answer(page, CliJson.Default.ApprovalPage, answer =>
            {
                if (answer.Items.Count == 0)
                {
                    report.Note("No approval requests.");
                    return;
                }

                ApprovalText.WriteTable(report, answer.Items);
                if (answer.More)
                {
                    report.Note("There are more; raise --limit.");
                }
            });
            return ExitCode.Done;
        });
    }
}
