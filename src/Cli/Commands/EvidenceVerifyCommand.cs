using System.CommandLine;
using Sallyport.Evidence.Bundles;

namespace Sallyport.Cli.Commands;

/// <summary><c>evidence verify</c>: checks a bundle with nothing but the file and the key.</summary>
internal static class EvidenceVerifyCommand
{
    public static CliCommand Create(Surroundings surroundings)
    {
        var file = new Argument<string>("FILE") { Description = "The bundle, a zip file." };
        var key = Arguments.Key();
        var policy = Arguments.Policy();
        var command = new CliCommand("verify", "Verify an evidence bundle offline: signature, place of every record in the ledger, sessions without gaps, derived tables.")
        {
            Examples = ["sallyport evidence verify november.zip --key ledger.vkey", "sallyport evidence verify november.zip --policy auditor.policy --json"],
            Json = VerificationText.Json,
            ExitCodes = VerificationText.ExitCodes,
            Arguments = { file },
            Options = { key, policy },
        };
        return command.Runs(surroundings, (parsed, report, _) =>
        {
            var trusted = VerificationText.ReadTrust(parsed.GetValue(key), parsed.GetValue(policy));
            var path = parsed.GetRequiredValue(file);
            using var bundle = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Task.FromResult(VerificationText.Write(report, path, BundleVerifier.Verify(bundle, trusted)));
        });
    }
}
