using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>principals disable</c> and <c>principals enable</c>: shuts somebody out, and lets them in again.</summary>
internal static class PrincipalsSwitchCommand
{
    public static CliCommand Disable(Surroundings surroundings) => Create(
        surroundings,
        "disable",
        "Shut a principal out at once, whatever token it shows: its sessions end, what it waits for is closed. With a person go the agents that act for them. For operators.",
        "sallyport principals disable p_4f2a91c07b6d8e35 --reason \"laptop was stolen\"",
        static (client, id, request, cancellationToken) => client.DisablePrincipalAsync(id, request, cancellationToken),
        "is let in no more");

    public static CliCommand Enable(Surroundings surroundings) => Create(
        surroundings,
        "enable",
        "Let a principal in again. For operators.",
        "sallyport principals enable p_4f2a91c07b6d8e35 --reason \"new laptop\"",
        static (client, id, request, cancellationToken) => client.EnablePrincipalAsync(id, request, cancellationToken),
        "is let in again");

    private static CliCommand Create(
        Surroundings surroundings, string name, string description, string example, Func<SallyportClient, string, PrincipalRequest, CancellationToken, Task<PrincipalResource>> send, string done)
    {
        var gateway = new GatewayOptions();
        var id = new Argument<string>("ID") { Description = "The principal's id, as `principals list` shows it." };
        var reason = Arguments.Reason(required: true, "Why; kept, and committed to in the ledger.");
        var command = new CliCommand(name, description)
        {
            Examples = [example],
            Json = "the principal as it now stands, as in `principals list`",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, $"the principal {done}", "no such principal, or it stands so already"),
            Arguments = { id },
            Options = { reason },
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var principal = await send(connection.Client, parsed.GetRequiredValue(id), new PrincipalRequest(parsed.GetValue(reason)!), cancellationToken);
            report.Answer(principal, CliJson.Default.PrincipalResource, answer => report.Line($"{answer.Id} {done}."));
            return ExitCode.Done;
        });
    }
}
