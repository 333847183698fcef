using System.CommandLine;
using Sallyport.Evidence.Verification;

namespace Sallyport.Cli.Commands;

/// <summary><c>ledger verify</c>: checks a whole ledger directory from its bytes.</summary>
internal static class LedgerVerifyCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var directory = new Argument<string>("DIR") { Description = "The ledger's directory: of a stopped gateway, or a copy." };
        var key = Arguments.Key();
        var policy = Arguments.Policy();
        var command = new CliCommand("verify", "Verify a ledger directory offline: every segment, record, session chain, tile and the checkpoint.")
        {
            Examples = ["sallyport ledger verify /var/lib/sallyport/ledger --key ledger.vkey", "sallyport ledger verify copy/ --policy auditor.policy"],
            Json = VerificationText.Json,
            ExitCodes = VerificationText.ExitCodes,
            Arguments = { directory },
            Options = { key, policy },
        };
        return command.Runs(surroundings, (parsed, report, _) =>
        {
            var path = parsed.GetRequiredValue(directory);
            var result = LedgerVerifier.Verify(path, VerificationText.ReadTrust(parsed.GetValue(key), parsed.GetValue(policy)));
            return Task.FromResult(VerificationText.Write(report, path, result));
        });
    }
}
