using System.Globalization;
using Sallyport.Cli.Connection;
using Sallyport.Cli.Output;
using Sallyport.Evidence.Verification;

namespace Sallyport.Cli.Commands;

/// <summary>What a verification found, as text or JSON and as an exit code; and the key it needs.</summary>
internal static class VerificationText
{
    private const int MaxKeyFileBytes = 8192;
    private const int MaxPolicyFileBytes = 256 << 10;

    public static readonly IReadOnlyDictionary<int, string> ExitCodes = new Dictionary<int, string>
    {
        [ExitCode.Done] = "verified: nothing was changed, left out or added",
        [ExitCode.No] = "failed: each record or file that does not hold is named",
        [ExitCode.Malformed] = "malformed: it is not such a file, or the key cannot be read",
        [ExitCode.Failed] = "the file cannot be opened",
    };

    public const string Json = "{verdict: verified|failed|malformed, subject, origin, records, sessions, checkpointSize, root, keyFingerprint,\n"
        + "  witnesses: [{witness, time}], findings: [{where, what}], notes: [{where, what}]}";

    /// <summary>Whom the auditor trusts: one key, or a policy from a file.</summary>
    public static TrustPolicy ReadTrust(string? key, string? policyFile)
    {
        if (key is null == policyFile is null)
        {
            throw new CliException(ExitCode.Usage, "Whom to trust is not given.", "Give --key or --policy, and not both.");
        }
        return key is not null ? TrustPolicy.Of(ReadKey(key)) : ReadPolicy(policyFile!);
    }

    /// <summary>The key from a file, or from the text itself.</summary>
    public static VerificationKey ReadKey(string text)
    {
        try
        {
            var key = VerificationKey.Parse(File.Exists(text) ? BoundedFile.ReadText(text, MaxKeyFileBytes) : text);
            return key.IsWitness ? throw new FormatException("It is a witness's key.") : key;
        }
        catch (FormatException exception)
        {
            throw new CliException(ExitCode.Malformed, $"--key cannot be used: {exception.Message}", "Give a verifier key, a PEM public key, or a file that holds one.", exception);
        }
    }

    private static TrustPolicy ReadPolicy(string file)
    {
        try
        {
            return TrustPolicy.Parse(new FileInfo(file).Length <= MaxPolicyFileBytes ? File.ReadAllBytes(file) : throw new FormatException("It is too long."));
        }
        catch (FormatException exception)
        {
            throw new CliException(ExitCode.Malformed, $"--policy cannot be used: {exception.Message}", "Give a file in the format of c2sp.org/tlog-policy.", exception);
        }
    }

    public static int Write(Report report, string subject, VerificationResult result)
    {
        var answer = new VerificationReport(
            Words.Of(result.Outcome),
            subject,
            result.Origin,
            result.Records,
            result.Sessions,
            result.CheckpointSize,
            result.Root,
            result.KeyFingerprint,
            result.Witnesses,
            result.Findings,
            result.Notes);
        report.Answer(answer, CliJson.Default.VerificationReport, whole => WriteText(report, whole));
        return result.Outcome switch
        {
            VerificationOutcome.Verified => ExitCode.Done,
            VerificationOutcome.Failed => ExitCode.No,
            _ => ExitCode.Malformed,
        };
    }

    private static void WriteText(Report report, VerificationReport answer)
    {
        report.Line($"{answer.Verdict.ToUpperInvariant()}: {answer.Subject}");
        report.Fields(
            ("ledger", answer.Origin),
            ("key", answer.KeyFingerprint),
            ("records", answer.Records.ToString(CultureInfo.InvariantCulture)),
            ("sessions", answer.Sessions.ToString(CultureInfo.InvariantCulture)),
            ("signed size", answer.CheckpointSize.ToString(CultureInfo.InvariantCulture)),
            ("signed root", answer.Root));
        foreach (var witness in answer.Witnesses)
        {
            report.Line($"cosigned by {SafeText.Line(witness.Witness)} at {Times.Text(witness.Time)}");
        }

        foreach (var finding in answer.Findings)
        {
            report.Line($"- {finding.Where}: {finding.What}");
        }

        foreach (var note in answer.Notes)
        {
            report.Line($"note: {note.Where}: {note.What}");
        }
    }
}

/// <summary>What <c>evidence verify --json</c> and <c>ledger verify --json</c> print.</summary>
internal sealed record VerificationReport(
    string Verdict,
    string Subject,
    string Origin,
    long Records,
    long Sessions,
    long CheckpointSize,
    string Root,
    string KeyFingerprint,
    IReadOnlyList<WitnessedAt> Witnesses,
    IReadOnlyList<Finding> Findings,
    IReadOnlyList<Finding> Notes);
