using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>sessions list</c>: who is or was connected.</summary>
internal static class SessionsListCommand
{
    private const string All = "all";

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var state = new Option<string>("--state") { Description = "Which sessions.", HelpName = "STATE", DefaultValueFactory = _ => All };
        state.AcceptOnlyFromAmong([.. Enum.GetValues<SessionState>().Select(Words.Of), All]);
        var limit = Arguments.Limit();
        var before = new Option<string?>("--before") { Description = "Continue where an earlier list ended.", HelpName = "CURSOR" };
        var command = new CliCommand("list", "List sessions, newest first.")
        {
            Examples = ["sallyport sessions list --state live", "sallyport sessions list --json --limit 100"],
            Json = "{items: [session ...], next}; a session as in `sessions show`; `next` goes into --before",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
            Options = { state, limit, before },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            SessionState? wanted = parsed.GetValue(state) == All ? null : Enum.Parse<SessionState>(parsed.GetRequiredValue(state), ignoreCase: true);
            var page = await connection.Client.ListSessionsAsync(wanted, parsed.GetValue(limit), parsed.GetValue(before), cancellationToken);
            report.Answer(page, CliJson.Default.SessionPage, answer =>
            {
                if (answer.Items.Count == 0)
                {
                    report.Note("No sessions.");
                    return;
                }

                SessionText.WriteTable(report, answer.Items);
                if (answer.Next is not null)
                {
                    report.Note($"There are more: --before {answer.Next}");
                }
            });
            return ExitCode.Done;
        });
    }
}
