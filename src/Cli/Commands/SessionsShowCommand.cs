using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>sessions show</c>: everything about one session.</summary>
internal static class SessionsShowCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.SessionId();
        var command = new CliCommand("show", "Show one session: who, where, and how much came back.")
        {
            Examples = ["sallyport sessions show ses_9xF4"],
            Json = "{id, target, principal, kind, onBehalfOf, run, startedAt, endedAt, endReason, client, statements, denied, rows,\n"
                + "  maskedCells, firstIndex, lastIndex}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "shown", "no such session"),
            Arguments = { id },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var session = await connection.Client.GetSessionAsync(parsed.GetRequiredValue(id), cancellationToken);
            report.Answer(session, CliJson.Default.SessionResource, answer => SessionText.WriteWhole(report, answer));
            return ExitCode.Done;
        });
    }
}
