using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>approvals deny</c>: refuses one command.</summary>
internal static class ApprovalsDenyCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.ApprovalId();
        var reason = Arguments.Reason(required: true, "Why; the requester reads it.");
        var command = new CliCommand("deny", "Refuse this command. The requester is told the reason.")
        {
            Examples = ["sallyport approvals deny apr_7Kq2 --reason \"use the reporting view instead\""],
            Json = "the approval as it now stands, as in `approvals show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "denied", "no such request, or it is already decided or expired"),
            Arguments = { id },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var approval = await connection.Client.DenyAsync(parsed.GetRequiredValue(id), new DenyRequest(parsed.GetValue(reason)!), cancellationToken);
            report.Answer(approval, CliJson.Default.ApprovalResource, answer => report.Line(ApprovalText.Sentence(answer)));
            return ExitCode.Done;
        });
    }
}
