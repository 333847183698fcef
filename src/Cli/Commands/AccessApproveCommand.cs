using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access approve</c>: agrees to a request.</summary>
internal static class AccessApproveCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = AccessOptions.RequestId();
        var reason = Arguments.Reason(required: false, "Why; kept with the record.");
        var command = new CliCommand("approve", "Agree to a request for access. Only for people in the rule's approver groups, never for one's own agent; one person counts once.")
        {
            Examples = ["sallyport access approve req_7KQ2ABCDEF --reason \"ticket 4711\""],
            Json = "the request as it now stands, as in `access show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "recorded", "no such request, or it is already decided or expired"),
            Arguments = { id },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var request = await connection.Client.ApproveAccessAsync(parsed.GetRequiredValue(id), new ApproveRequest(parsed.GetValue(reason)), cancellationToken);
            report.Answer(request, CliJson.Default.AccessRequestResource, answer => report.Line(AccessText.Sentence(answer)));
            return ExitCode.Done;
        });
    }
}
