using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>notifications list</c>: how the places do that are told when somebody waits.</summary>
internal static class NotificationsListCommand
{
    private static readonly string[] Headings = ["NAME", "KIND", "EVENTS", "QUEUED", "SENT", "LOST", "FAILING", "LAST SENT", "LAST PROBLEM"];

    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var command = new CliCommand("list", "List the configured notifications and whether they get through. For operators.")
        {
            Examples = ["sallyport notifications list"],
            Json = "{items: [{name, kind, events, queued, sent, lost, failing, lastSentAt, lastProblem, lastProblemAt} ...]}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "listed, even when there is none"),
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var list = await connection.Client.ListNotificationsAsync(cancellationToken);
            report.Answer(list, CliJson.Default.NotificationList, answer => report.Table(Headings, answer.Items.Select(Row)));
            return ExitCode.Done;
        });
    }

    private static string[] Row(NotificationResource place) =>
    [
        place.Name, place.Kind, string.Join(",", place.Events), $"{place.Queued}", $"{place.Sent}", $"{place.Lost}", $"{place.Failing}",
        Times.Text(place.LastSentAt), place.LastProblem is null ? "" : $"{place.LastProblem} at {Times.Text(place.LastProblemAt)}",
    ];
}
