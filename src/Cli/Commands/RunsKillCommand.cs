using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>runs kill</c>: ends all that belongs to a run.</summary>
internal static class RunsKillCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var run = new Argument<string>("RUN") { Description = "The run's id, as `runs list` shows it." };
        var reason = Arguments.Reason(required: true, "Why; its clients read it, and the ledger holds a commitment to it.");
        var command = new CliCommand("kill", "End a run at once: its sessions with what they run, its tokens, and the grants it was given. For operators.")
        {
            Examples = ["sallyport runs kill run_4f2a91c07b6d8e35a1f0 --reason \"runaway agent\""],
            Json = "{sessions}: how many live sessions it ended",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "the run is over, whether or not it had sessions"),
            Arguments = { run },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var ended = await connection.Client.RevokeTokensAsync(new RevocationRequest { Run = parsed.GetRequiredValue(run), Reason = parsed.GetValue(reason) }, cancellationToken);
            report.Answer(ended, CliJson.Default.RevocationResource, answer => report.Line($"The run is over; {answer.Sessions} live sessions were ended."));
            return ExitCode.Done;
        });
    }
}
