using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>approvals approve</c>: lets one command run once.</summary>
internal static class ApprovalsApproveCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.ApprovalId();
        var reason = Arguments.Reason(required: false, "Why; kept with the record.");
        var command = new CliCommand("approve", "Let exactly this command run, once. Only for people in the rule's approver groups, never for one's own agent.")
        {
            Examples = ["sallyport approvals approve apr_7Kq2 --reason \"ticket 4711\""],
            Json = "the approval as it now stands, as in `approvals show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "approved", "no such request, or it is already decided or expired"),
            Arguments = { id },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var approval = await connection.Client.ApproveAsync(parsed.GetRequiredValue(id), new ApproveRequest(parsed.GetValue(reason)), cancellationToken);
            report.Answer(approval, CliJson.Default.ApprovalResource, answer => report.Line(ApprovalText.Sentence(answer)));
            return ExitCode.Done;
        });
    }
}
