using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Verifies a ledger directory (stopped, or a copy) from its bytes: segments, records, session chains, tiles, checkpoint, cosignatures.
/// Shares no code with what writes it.
/// </summary>
public static class LedgerVerifier
{
    private const int MaxSmallFileBytes = 128 << 10;
    private const string CheckpointName = "checkpoint";
    private const string CosignedName = "checkpoint.cosigned";

    private static readonly string[] KnownNames = ["wal", "tile", CheckpointName, CosignedName, "lock", "ledger.key", "ledger.pub.pem", "ledger.vkey"];

    /// <param name="directory">The ledger's directory.</param>
    /// <param name="key">The key the auditor trusts, obtained from somebody else than the holder of the directory.</param>
    public static VerificationResult Verify(string directory, VerificationKey key) => Verify(directory, TrustPolicy.Of(key));

    /// <param name="directory">The ledger's directory.</param>
    /// <param name="policy">The logs, witnesses and quorum the auditor trusts.</param>
    public static VerificationResult Verify(string directory, TrustPolicy policy)
    {
        var findings = new Findings();
        var notes = new List<Finding>();
        if (!Directory.Exists(directory) || !Directory.Exists(Path.Combine(directory, "wal")))
        {
            findings.Add(directory, "it is no ledger directory: there is no wal folder in it");
            return Result(VerificationOutcome.Malformed, policy, findings, notes);
        }
        var signed = OpenCheckpoint(directory, CheckpointName, policy, findings, notes);
        if (!File.Exists(Path.Combine(directory, CheckpointName)))
        {
            findings.Add(CheckpointName, "the signed checkpoint is missing");
        }
        CheckNames(directory, findings, notes);
        if (signed is null)
        {
            return Result(VerificationOutcome.Failed, policy, findings, notes);
        }
        CheckKeyFiles(directory, signed.Log, findings);
        var witnessed = OpenWitnessed(directory, signed, policy, findings, notes);
        var tiles = new TileCheck(directory, signed.Head.Size, findings) { WitnessedSize = witnessed?.Head.Size ?? 0 };
        var content = new ContentCheck(findings, notes);
        var segments = new SegmentCheck(directory, signed.Head.Origin, findings);
        var records = segments.ReadAll((segment, index, leaf) => AddRecord(segment, index, leaf, tiles, content, findings));
        content.Finish();
        CheckTree(signed.Head, tiles, findings, notes);
        CheckWitnessed(witnessed, signed.Head, tiles, findings, notes);
        if (tiles.Size >= signed.Head.Size)
        {
            tiles.Finish(notes);
        }
        return Result(findings.Any ? VerificationOutcome.Failed : VerificationOutcome.Verified, policy, findings, notes, signed, witnessed) with
        {
            Records = records,
            Sessions = content.Sessions,
        };
    }

    private static void AddRecord(string segment, long index, ReadOnlyMemory<byte> leaf, TileCheck tiles, ContentCheck content, Findings findings)
    {
        var hash = Merkle.HashLeaf(leaf.Span);
        tiles.Add(leaf.Span, hash);
        try
        {
            content.Add(index, RecordLine.Parse(leaf), Convert.ToHexStringLower(hash));
        }
        catch (RecordFormatException error)
        {
            findings.Add($"{segment}, record {index}", error.Message);
        }
    }

    private static void CheckTree(Checkpoint checkpoint, TileCheck tiles, Findings findings, List<Finding> notes)
    {
        if (tiles.Size < checkpoint.Size)
        {
            findings.Add($"wal, record {tiles.Size}", $"{checkpoint.Size} records were signed, but only {tiles.Size} can be read");
            return;
        }
        if (checkpoint.Size > 0 && !checkpoint.Root.AsSpan().SequenceEqual(tiles.SignedRoot))
        {
            findings.Add(CheckpointName, $"the first {checkpoint.Size} records do not have the signed root");
        }
        if (tiles.Size > checkpoint.Size)
        {
            notes.Add(new Finding($"wal, record {checkpoint.Size}", $"{tiles.Size - checkpoint.Size} records are newer than the checkpoint and not signed yet"));
        }
    }

    private static void CheckWitnessed(OpenedCheckpoint? witnessed, Checkpoint signed, TileCheck tiles, Findings findings, List<Finding> notes)
    {
        if (witnessed is null)
        {
            return;
        }
        if (witnessed.Head.Size > signed.Size)
        {
            findings.Add(CosignedName, $"{witnessed.Head.Size} records were cosigned, but only {signed.Size} are signed here: the log was cut");
        }
        else if (witnessed.Head.Size > 0 && tiles.Size >= witnessed.Head.Size && !witnessed.Head.Root.AsSpan().SequenceEqual(tiles.WitnessedRoot))
        {
            findings.Add(CosignedName, $"the first {witnessed.Head.Size} records do not have the root that the witnesses saw: the log was forked");
        }
        else if (witnessed.Witnesses.Count > 0 && tiles.Size > witnessed.Head.Size)
        {
            notes.Add(new Finding($"wal, record {witnessed.Head.Size}", $"{tiles.Size - witnessed.Head.Size} records are newer than what the witnesses cosigned"));
        }
    }

    /// <summary>The cosigned checkpoint, or null where there is none and none is required.</summary>
    private static OpenedCheckpoint? OpenWitnessed(string directory, OpenedCheckpoint signed, TrustPolicy policy, Findings findings, List<Finding> notes)
    {
        var witnessed = OpenCheckpoint(directory, CosignedName, policy, findings, notes);
        if (witnessed is not null && !string.Equals(witnessed.Head.Origin, signed.Head.Origin, StringComparison.Ordinal))
        {
            findings.Add(CosignedName, "the checkpoint belongs to another log");
            return null;
        }
        if (!(witnessed ?? signed).HasQuorum)
        {
            findings.Add(CosignedName, (witnessed ?? signed).QuorumProblem());
        }
        return witnessed;
    }

    private static OpenedCheckpoint? OpenCheckpoint(string directory, string name, TrustPolicy policy, Findings findings, List<Finding> notes)
    {
        var path = Path.Combine(directory, name);
        if (!File.Exists(path))
        {
            return null;
        }
        try
        {
            var opened = OpenedCheckpoint.Open(ReadSmall(path), policy);
            opened.AddNotes(name, notes);
            return opened;
        }
        catch (FormatException error)
        {
            findings.Add(name, error.Message);
            return null;
        }
    }

    private static void CheckNames(string directory, Findings findings, List<Finding> notes)
    {
        foreach (var name in Directory.EnumerateFileSystemEntries(directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal))
        {
            if (name.EndsWith(".tmp", StringComparison.Ordinal))
            {
                notes.Add(new Finding(name, "left by an interrupted write; the next start of the ledger removes it"));
            }
            else if (!KnownNames.Contains(name, StringComparer.Ordinal))
            {
                findings.Add(name, "the file does not belong to a ledger");
            }
        }
    }

    private static void CheckKeyFiles(string directory, VerificationKey log, Findings findings)
    {
        CheckKeyFile(directory, "ledger.pub.pem", log, findings);
        CheckKeyFile(directory, "ledger.vkey", log, findings);
    }

    private static void CheckKeyFile(string directory, string name, VerificationKey key, Findings findings)
    {
        var path = Path.Combine(directory, name);
        try
        {
            if (!File.Exists(path))
            {
                findings.Add(name, "the public key file is missing");
                return;
            }
            var text = System.Text.Encoding.UTF8.GetString(ReadSmall(path));
            var stored = VerificationKey.Parse(text);
            var canonical = stored.Name is null ? VerificationKey.FormatPem(stored.PublicKey) : VerificationKey.Format(stored.Name, stored.PublicKey) + "\n";
            if (!stored.PublicKey.AsSpan().SequenceEqual(key.PublicKey) || !string.Equals(canonical, text, StringComparison.Ordinal))
            {
                findings.Add(name, "the file does not hold the given key");
            }
        }
        catch (FormatException error)
        {
            findings.Add(name, error.Message);
        }
    }

    private static byte[] ReadSmall(string path) =>
        new FileInfo(path).Length <= MaxSmallFileBytes ? File.ReadAllBytes(path) : throw new FormatException("the file is too long");

    private static VerificationResult Result(
        VerificationOutcome outcome, TrustPolicy policy, Findings findings, List<Finding> notes, OpenedCheckpoint? signed = null, OpenedCheckpoint? witnessed = null) => new()
        {
            Outcome = outcome,
            Findings = findings.All,
            Notes = notes,
            Origin = signed?.Head.Origin ?? policy.FirstLog?.Name ?? "",
            CheckpointSize = signed?.Head.Size ?? 0,
            Root = signed is null ? "" : Convert.ToHexStringLower(signed.Head.Root),
            KeyFingerprint = (signed?.Log ?? policy.FirstLog)?.Fingerprint ?? "",
            Witnesses = (witnessed ?? signed)?.Witnesses ?? [],
        };
}
