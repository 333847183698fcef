using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access deny</c>: refuses a request.</summary>
internal static class AccessDenyCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = AccessOptions.RequestId();
        var reason = Arguments.Reason(required: true, "Why; the requester reads it.");
        var command = new CliCommand("deny", "Refuse a request for access; one denial closes it. Only for people in the rule's approver groups.")
        {
            Examples = ["sallyport access deny req_7KQ2ABCDEF --reason \"ticket 4711\""],
            Json = "the request as it now stands, as in `access show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "recorded", "no such request, or it is already decided or expired"),
            Arguments = { id },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var request = await connection.Client.DenyAccessAsync(parsed.GetRequiredValue(id), new DenyRequest(parsed.GetValue(reason)!), cancellationToken);
            report.Answer(request, CliJson.Default.AccessRequestResource, answer => report.Line(AccessText.Sentence(answer)));
            return ExitCode.Done;
        });
    }
}
