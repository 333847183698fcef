using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>sessions kill</c>: ends a live session at once.</summary>
internal static class SessionsKillCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.SessionId();
        var reason = Arguments.Reason(required: true, "Why; recorded, and shown to the client.");
        var command = new CliCommand("kill", "End a live session at once: whatever it runs is cancelled at the target. For operators.")
        {
            Examples = ["sallyport sessions kill ses_9xF4 --reason \"runaway agent\""],
            Json = "the session as it now stands, as in `sessions show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "the session is being ended", "no such session, or it has already ended"),
            Arguments = { id },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var session = await connection.Client.KillSessionAsync(parsed.GetRequiredValue(id), new KillRequest(parsed.GetValue(reason)!), cancellationToken);
            report.Answer(session, CliJson.Default.SessionResource, answer => report.Line($"{answer.Id} is ended."));
            return ExitCode.Done;
        });
    }
}
