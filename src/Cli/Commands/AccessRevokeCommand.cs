using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>access revoke</c>: ends a grant at once.</summary>
internal static class AccessRevokeCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var id = AccessOptions.GrantId();
        var reason = Arguments.Reason(required: true, "Why; recorded, and shown to the holder's sessions.");
        var command = new CliCommand("revoke", "End a grant at once, and sessions that lived by it alone. For operators, those who could have given it, and the human it is for.")
        {
            Examples = ["sallyport access revoke gr_7KQ2ABCDEF --reason \"task is done\""],
            Json = "the grant as it now stands, as in `access show`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "it has ended", "no such grant, or it is already over"),
            Arguments = { id },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var grant = await connection.Client.RevokeGrantAsync(parsed.GetRequiredValue(id), new AccessRevokeBody(parsed.GetValue(reason)!), cancellationToken);
            report.Answer(grant, CliJson.Default.AccessGrantResource, answer => report.Line($"{answer.Id} is revoked."));
            return ExitCode.Done;
        });
    }
}
