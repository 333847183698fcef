using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>ledger key</c>: fetches the key that checkpoints are verified with.</summary>
internal static class LedgerKeyCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var command = new CliCommand(
            "key", "Fetch the ledger's verifier key. Compare it with one obtained another way: a gateway that lies about its record would lie about its key.")
        {
            Examples = ["sallyport ledger key > ledger.vkey"],
            Json = "{origin, verifierKey}",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "printed"),
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var key = await connection.Client.GetLedgerKeyAsync(cancellationToken);
            report.Answer(key, CliJson.Default.LedgerKeyResource, answer => report.Line(answer.VerifierKey));
            return ExitCode.Done;
        });
    }
}
