using System.CommandLine;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>notifications test</c>: sends one message to one place.</summary>
internal static class NotificationsTestCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var name = new Argument<string>("NAME") { Description = "The notification's name in the configuration." };
        var command = new CliCommand("test", "Send a test message to one of the configured places. For operators.")
        {
            Examples = ["sallyport notifications test reviewers-mail"],
            Json = "{sent, problem}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "the message was taken", "there is no such notification, or the message was not taken"),
            Arguments = { name },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var result = await connection.Client.TestNotificationAsync(parsed.GetRequiredValue(name), cancellationToken);
            report.Answer(result, CliJson.Default.NotificationTestResource, answer => report.Line(answer.Sent ? "Sent." : $"Not sent: {answer.Problem}."));
            return result.Sent ? ExitCode.Done : ExitCode.Failed;
        });
    }
}
