using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>approvals revoke</c>: ends an approval of more than one command.</summary>
internal static class ApprovalsRevokeCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = Arguments.ApprovalId();
        var command = new CliCommand("revoke", "End an approval that was given for a plan or a run. For those who may decide it, and operators.")
        {
            Examples = ["sallyport approvals revoke apr_7Kq2"],
            Json = "the approval as it now stands, as in `approvals show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "revoked", "no such request, or it stands for no other command"),
            Arguments = { id },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var approval = await connection.Client.RevokeApprovalAsync(parsed.GetRequiredValue(id), cancellationToken);
            report.Answer(approval, CliJson.Default.ApprovalResource, answer => report.Line(ApprovalText.Sentence(answer)));
            return ExitCode.Done;
        });
    }
}
