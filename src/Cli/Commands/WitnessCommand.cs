using System.CommandLine;
using Sallyport.Cli.Connection;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Evidence.Witnessing;

namespace Sallyport.Cli.Commands;

/// <summary><c>witness</c>: cosigns ledgers' checkpoints, on a machine that is not the ledgers'.</summary>
internal static class WitnessCommand
{
    private const int MaxKeyFileBytes = 8192;

    public static CliCommand Create(Surroundings surroundings)
    {
        var directory = new Option<string>("--directory") { Description = "Its key and what it has cosigned. Lost or restored from a copy: retire the witness.", HelpName = "DIR", Required = true };
        var name = new Option<string>("--name") { Description = "Its name in cosignatures, e.g. witness.example/w1.", HelpName = "NAME", Required = true };
        var logs = new Option<string[]>("--log") { Description = "Verifier key of a ledger it cosigns for, or a file that holds it; may be repeated.", HelpName = "KEY", Required = true };
        var listen = new Option<string>("--listen")
        {
            Description = "Address to take checkpoints at, as http://HOST:PORT/. What is said is signed, so TLS may end before it.",
            HelpName = "URL",
            DefaultValueFactory = _ => "http://127.0.0.1:8447/",
        };
        var command = new CliCommand(
            "witness", "Run a witness (c2sp.org/tlog-witness): cosign a ledger's checkpoint only if it contains all that was cosigned before, so that forks and rollbacks show.")
        {
            Examples = ["sallyport witness --directory /var/lib/witness --name witness.example/w1 --log ledger.vkey --listen http://0.0.0.0:8447/"],
            Json = "{name, verifierKey, address}",
            ExitCodes = new Dictionary<int, string>
            {
                [ExitCode.Done] = "ended by a signal",
                [ExitCode.Malformed] = "a key cannot be read, or the directory is not this witness's",
                [ExitCode.Failed] = "the directory is in use, or the address cannot be opened",
            },
            Options = { directory, name, logs, listen },
        };
        return command.Runs(surroundings, async (parsed, report, cancellationToken) =>
        {
            using var witness = Open(parsed.GetRequiredValue(directory), parsed.GetRequiredValue(name), parsed.GetRequiredValue(logs), surroundings.Time);
            using var server = WitnessServer.Start(witness, parsed.GetRequiredValue(listen));
            report.Answer(
                new WitnessReport(witness.Name, witness.VerifierKey, server.Address),
                Output.CliJson.Default.WitnessReport,
                answer => report.Fields(("name", answer.Name), ("key", answer.VerifierKey), ("address", answer.Address)));
            await server.RunAsync(cancellationToken);
            return ExitCode.Done;
        });
    }

    private static Witness Open(string directory, string name, string[] logs, TimeProvider time)
    {
        try
        {
            return Witness.Open(directory, name, [.. logs.Select(log => VerificationKey.Parse(File.Exists(log) ? BoundedFile.ReadText(log, MaxKeyFileBytes) : log))], time);
        }
        catch (Exception problem) when (problem is FormatException or ArgumentException or LedgerCorruptException)
        {
            throw new CliException(ExitCode.Malformed, problem.Message, "Check --name, --log and --directory.", problem);
        }
    }
}

/// <summary>What <c>witness --json</c> prints once it listens.</summary>
internal sealed record WitnessReport(string Name, string VerifierKey, string Address);
