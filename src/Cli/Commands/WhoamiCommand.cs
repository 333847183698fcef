using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>whoami</c>: what the gateway makes of the token.</summary>
internal static class WhoamiCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var command = new CliCommand("whoami", "Show who the gateway takes you for, and your roles.")
        {
            Examples = ["sallyport whoami --json"],
            Json = "the API's caller: {id, kind, name, issuer, clientId, onBehalfOf, run, groups, roles, expiresAt}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "shown"),
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var me = await connection.Client.GetMeAsync(cancellationToken);
            report.Answer(me, CliJson.Default.CallerResource, caller => report.Fields(
                ("name", caller.Name),
                ("kind", Words.Of(caller.Kind)),
                ("on behalf of", caller.OnBehalfOf),
                ("run", caller.Run),
                ("roles", string.Join(", ", caller.Roles)),
                ("groups", string.Join(", ", caller.Groups)),
                ("issuer", caller.Issuer),
                ("client", caller.ClientId),
                ("id", caller.Id),
                ("until", Times.Text(caller.ExpiresAt))));
            return ExitCode.Done;
        });
    }
}
