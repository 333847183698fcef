using Sallyport.Evidence.Records;

namespace Sallyport.Evidence.Verification;

/// <summary>
/// Verifies a ledger directory (stopped, or a copy) from its bytes: segments, records, session chains, tiles, checkpoint.
/// Shares no code with what writes it.
/// </summary>
public static class LedgerVerifier
{
    private const int MaxSmallFileBytes = 64 << 10;

    private static readonly string[] KnownNames = ["wal", "tile", "checkpoint", "lock", "ledger.key", "ledger.pub.pem", "ledger.vkey"];

    /// <param name="directory">The ledger's directory.</param>
    /// <param name="key">The key the auditor trusts, obtained from somebody else than the holder of the directory.</param>
    public static VerificationResult Verify(string directory, VerificationKey key)
    {
        var findings = new Findings();
        var notes = new List<Finding>();
        if (!Directory.Exists(directory) || !Directory.Exists(Path.Combine(directory, "wal")))
        {
            return Malformed(key, directory, "it is no ledger directory: there is no wal folder in it");
        }
        var checkpoint = OpenCheckpoint(directory, key, findings);
        CheckNames(directory, key, findings, notes);
        if (checkpoint is null)
        {
            return Result(VerificationOutcome.Failed, key, findings, notes, checkpoint: null, records: 0, sessions: 0);
        }
        var tiles = new TileCheck(directory, checkpoint.Size, findings);
        var content = new ContentCheck(findings, notes);
        var segments = new SegmentCheck(directory, checkpoint.Origin, findings);
        var records = segments.ReadAll((segment, index, leaf) => AddRecord(segment, index, leaf, tiles, content, findings));
        content.Finish();
        CheckTree(checkpoint, tiles, findings, notes);
        if (tiles.Size >= checkpoint.Size)
        {
            tiles.Finish(notes);
        }
        return Result(findings.Any ? VerificationOutcome.Failed : VerificationOutcome.Verified, key, findings, notes, checkpoint, records, content.Sessions);
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
            findings.Add("checkpoint", $"the first {checkpoint.Size} records do not have the signed root");
        }
        if (tiles.Size > checkpoint.Size)
        {
            notes.Add(new Finding($"wal, record {checkpoint.Size}", $"{tiles.Size - checkpoint.Size} records are newer than the checkpoint and not signed yet"));
        }
    }

    private static Checkpoint? OpenCheckpoint(string directory, VerificationKey key, Findings findings)
    {
        var path = Path.Combine(directory, "checkpoint");
        if (!File.Exists(path))
        {
            findings.Add("checkpoint", "the signed checkpoint is missing");
            return null;
        }
        try
        {
            return Checkpoint.Open(ReadSmall(path), key);
        }
        catch (FormatException error)
        {
            findings.Add("checkpoint", error.Message);
            return null;
        }
    }

    private static void CheckNames(string directory, VerificationKey key, Findings findings, List<Finding> notes)
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
        CheckKeyFile(directory, "ledger.pub.pem", key, findings);
        CheckKeyFile(directory, "ledger.vkey", key, findings);
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

    private static VerificationResult Malformed(VerificationKey key, string where, string what)
    {
        var findings = new Findings();
        findings.Add(where, what);
        return Result(VerificationOutcome.Malformed, key, findings, [], checkpoint: null, records: 0, sessions: 0);
    }

    private static VerificationResult Result(
        VerificationOutcome outcome, VerificationKey key, Findings findings, List<Finding> notes, Checkpoint? checkpoint, long records, long sessions) => new()
        {
            Outcome = outcome,
            Findings = findings.All,
            Notes = notes,
            Origin = checkpoint?.Origin ?? key.Name ?? "",
            Records = records,
            Sessions = sessions,
            CheckpointSize = checkpoint?.Size ?? 0,
            Root = checkpoint is null ? "" : Convert.ToHexStringLower(checkpoint.Root),
            KeyFingerprint = key.Fingerprint,
        };
}
