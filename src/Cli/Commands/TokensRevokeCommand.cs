using System.CommandLine;
using Sallyport.Api;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;

namespace Sallyport.Cli.Commands;

/// <summary><c>tokens revoke</c>: ends tokens before their time.</summary>
internal static class TokensRevokeCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var gateway = new GatewayOptions();
        var token = new Option<string?>("--token") { Description = "One token, by its id in the ledger (t_...).", HelpName = "ID" };
        var run = new Option<string?>("--run") { Description = "Every token of this run; none is issued for it any more.", HelpName = "ID" };
        var principal = new Option<string?>("--principal") { Description = "All that this principal (p_...) and agents acting for it have now.", HelpName = "ID" };
        var command = new CliCommand("revoke", "End tokens at once: they open nothing any more, and live sessions end with them. For operators.")
        {
            Examples = ["sallyport tokens revoke --run run_4f1c9a", "sallyport tokens revoke --principal p_0123456789abcdef"],
            Json = "{sessions}: how many live sessions end by it",
            ExitCodes = ApiExitCodes.With(ExitCode.Done, "revoked"),
            Options = { token, run, principal },
        };
        command.Validators.Add(result =>
        {
            if (new[] { token, run, principal }.Count(option => result.GetValue(option) is not null) != 1)
            {
                result.AddError("Name one token, one run, or one principal.");
            }
        });
        gateway.AddTo(command);
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var connection = gateway.Connect(parsed, surroundings);
            var request = new RevocationRequest { Token = parsed.GetValue(token), Run = parsed.GetValue(run), Principal = parsed.GetValue(principal) };
            var done = await connection.Client.RevokeTokensAsync(request, cancellationToken);
            report.Answer(done, CliJson.Default.RevocationResource, answer => report.Line($"Revoked; live sessions ended by it: {answer.Sessions}."));
            return ExitCode.Done;
        });
    }
}
