using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>tokens rotate-key</c>: another key signs the gateway's tokens.</summary>
internal static class TokensRotateKeyCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var command = new CliCommand("rotate-key", "Sign the gateway's tokens with a new key from now on. Tokens of the old one are good until they end. For operators.")
        {
            Examples = ["sallyport tokens rotate-key"],
            Json = "{key}: the id of the new key",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "there is a new key", "too many keys are still needed to verify tokens that live"),
        };
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var key = await connection.Client.RotateTokenKeyAsync(cancellationToken);
            report.Answer(key, CliJson.Default.TokenKeyResource, answer => report.Line($"Tokens are signed by key {answer.Key} now."));
            return ExitCode.Done;
        });
    }
}
