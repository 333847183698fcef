using System.Globalization;
using System.Text;
using Sallyport.Evidence.Records;
using Sallyport.Evidence.Verification;

namespace Sallyport.Evidence.Bundles;

/// <summary>
/// Verifies a bundle with nothing but the file and the key: the signature, the place of every record in the signed tree, the export's
/// own record, the sessions' chains, and that every other file follows from the records.
/// </summary>
public static class BundleVerifier
{
    private const int NewLine = '\n';

    /// <summary>Reads at most <see cref="BundleLimits.MaxBundleBytes"/> and verifies.</summary>
    /// <param name="bundle">The zip.</param>
    /// <param name="key">The key the auditor trusts, obtained from somebody else than the sender of the bundle.</param>
    public static VerificationResult Verify(Stream bundle, VerificationKey key) => Verify(bundle, TrustPolicy.Of(key));

    /// <summary>As above, with the logs, witnesses and quorum the auditor trusts.</summary>
    public static VerificationResult Verify(Stream bundle, TrustPolicy policy)
    {
        var findings = new Findings();
        var state = new State(policy, findings);
        VerificationOutcome outcome;
        try
        {
            outcome = Verify(StoredZip.Read(ReadAll(bundle)), state);
        }
        catch (FormatException error)
        {
            findings.Add("bundle", error.Message);
            outcome = VerificationOutcome.Malformed;
        }
        return new VerificationResult
        {
            Outcome = outcome,
            Findings = findings.All,
            Notes = state.Notes,
            Origin = state.Origin,
            Records = state.Records,
            Sessions = state.Sessions,
            CheckpointSize = state.Head?.Size ?? 0,
            Root = state.Head is null ? "" : Convert.ToHexStringLower(state.Head.Root),
            KeyFingerprint = (state.Signed?.Log ?? policy.FirstLog)?.Fingerprint ?? "",
            Witnesses = state.Signed?.Witnesses ?? [],
        };
    }

    private static VerificationOutcome Verify(List<BundleFile> list, State state)
    {
        var files = list.ToDictionary(file => file.Path, StringComparer.Ordinal);
        if (!files.TryGetValue(BundlePaths.Manifest, out var manifestFile))
        {
            throw new FormatException("There is no manifest in the bundle.");
        }
        var manifest = Manifest.Parse(manifestFile.Contents);
        state.Origin = manifest.Origin;
        CheckFileList(manifest, files, state.Findings);
        state.Head = OpenCheckpoint(manifest, files, state);
        var records = ReadRecords(manifest, files, state);
        if (state.Head is null || records is null)
        {
            return VerificationOutcome.Failed;
        }
        state.Records = records.Count;
        CheckExportRecord(manifest, manifestFile, files, state);
        CheckTree(manifest, records, files, state);
        CheckClaims(manifest, records, state);
        CheckDerivedFiles(manifest, records, files, state.Findings);
        return state.Findings.Any ? VerificationOutcome.Failed : VerificationOutcome.Verified;
    }

    private static ReadOnlyMemory<byte> ReadAll(Stream bundle)
    {
        var bytes = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int read; (read = bundle.Read(buffer)) > 0;)
        {
            if (bytes.Length + read > BundleLimits.MaxBundleBytes)
            {
                throw new FormatException($"The file is longer than {BundleLimits.MaxBundleBytes} bytes.");
            }
            bytes.Write(buffer, 0, read);
        }
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    private static void CheckFileList(Manifest manifest, Dictionary<string, BundleFile> files, Findings findings)
    {
        var listed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in manifest.Files)
        {
            if (!listed.Add(entry.Path) || !files.TryGetValue(entry.Path, out var file))
            {
                findings.Add(entry.Path, "the file is listed in the manifest but is not in the bundle, or is listed twice");
            }
            else if (file.Contents.Length != entry.Bytes || !string.Equals(file.Sha256, entry.Sha256, StringComparison.Ordinal))
            {
                findings.Add(entry.Path, "the file was changed: its SHA-256 is not the one in the manifest");
            }
        }
        foreach (var file in files.Values.Where(file => !file.IsIntact))
        {
            findings.Add(file.Path, "the file was changed: its zip checksum does not match");
        }
        foreach (var path in files.Keys.Where(path => !listed.Contains(path) && !BundlePaths.IsSelfProving(path, manifest.Origin)))
        {
            findings.Add(path, "the file is not listed in the manifest");
        }
    }

    private static Checkpoint? OpenCheckpoint(Manifest manifest, Dictionary<string, BundleFile> files, State state)
    {
        if (!files.TryGetValue(BundlePaths.Checkpoint, out var file))
        {
            state.Findings.Add(BundlePaths.Checkpoint, "the signed checkpoint is missing");
            return null;
        }
        try
        {
            var opened = OpenedCheckpoint.Open(file.Contents.Span, state.Policy);
            state.Signed = opened;
            if (!opened.HasQuorum)
            {
                state.Findings.Add(BundlePaths.Checkpoint, opened.QuorumProblem());
            }
            opened.AddNotes(BundlePaths.Checkpoint, state.Notes);
            if (string.Equals(opened.Head.Origin, manifest.Origin, StringComparison.Ordinal))
            {
                return opened.Head;
            }
            state.Findings.Add(BundlePaths.Checkpoint, "the checkpoint belongs to another log than the manifest");
        }
        catch (FormatException error)
        {
            state.Findings.Add(BundlePaths.Checkpoint, error.Message);
        }
        return null;
    }

    private static List<BundleRecord>? ReadRecords(Manifest manifest, Dictionary<string, BundleFile> files, State state)
    {
        var (entriesPath, indexPath) = (BundlePaths.Entries(manifest.Origin), BundlePaths.Index(manifest.Origin));
        if (!files.TryGetValue(entriesPath, out var entries) || !files.TryGetValue(indexPath, out var index))
        {
            state.Findings.Add(entriesPath, "the records or their index are missing");
            return null;
        }
        var lines = Lines(entries.Contents);
        var places = Encoding.ASCII.GetString(index.Contents.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var records = new List<BundleRecord>();
        for (var i = 0; i < places.Length; i++)
        {
            if (!TryPlace(places[i], out var position, out var hash) || (records.Count > 0 && position <= records[^1].Index))
            {
                state.Findings.Add($"{indexPath}, line {i + 1}", "the line does not name the next record");
                return null;
            }
            if (i >= lines.Count)
            {
                state.Findings.Add($"{entriesPath}, record {position}", "the record is missing");
                return null;
            }
            if (!TryRecord(position, hash, lines[i], out var record, out var problem))
            {
                state.Findings.Add($"{entriesPath}, record {position}", problem);
                return null;
            }
            records.Add(record!);
        }
        if (lines.Count == places.Length && records.Count == manifest.Records && records.Count > 0)
        {
            return records;
        }
        state.Findings.Add(entriesPath, $"there are {lines.Count} records, {places.Length} in the index, and {manifest.Records} in the manifest");
        return null;
    }

    private static bool TryRecord(long position, string hash, ReadOnlyMemory<byte> line, out BundleRecord? record, out string problem)
    {
        record = null;
        problem = "the record was changed, or another one is in its place: its hash is not the one in the index";
        if (!string.Equals(Convert.ToHexStringLower(Merkle.HashLeaf(line.Span)), hash, StringComparison.Ordinal))
        {
            return false;
        }
        try
        {
            record = new BundleRecord(position, line.ToArray(), RecordLine.Parse(line));
            return true;
        }
        catch (RecordFormatException error)
        {
            problem = error.Message;
            return false;
        }
    }

    private static List<ReadOnlyMemory<byte>> Lines(ReadOnlyMemory<byte> bytes)
    {
        var lines = new List<ReadOnlyMemory<byte>>();
        while (!bytes.IsEmpty)
        {
            var end = bytes.Span.IndexOf((byte)NewLine);
            lines.Add(end < 0 ? bytes : bytes[..end]);
            bytes = end < 0 ? default : bytes[(end + 1)..];
        }
        return lines;
    }

    private static bool TryPlace(string line, out long index, out string hash)
    {
        var split = line.IndexOf(' ');
        hash = split < 0 ? "" : line[(split + 1)..];
        index = -1;
        return split > 0 && long.TryParse(line.AsSpan(0, split), NumberStyles.None, CultureInfo.InvariantCulture, out index);
    }

    private static void CheckExportRecord(Manifest manifest, BundleFile manifestFile, Dictionary<string, BundleFile> files, State state)
    {
        if (!files.TryGetValue(BundlePaths.ExportRecord, out var exported) || !files.TryGetValue(BundlePaths.ManifestProof, out var proofFile))
        {
            state.Findings.Add(BundlePaths.ManifestProof, "the export's record or its proof is missing");
            return;
        }
        try
        {
            var proof = InclusionProof.Parse(proofFile.Contents.Span);
            var head = OpenedCheckpoint.Open(proof.Checkpoint, state.Policy).Head;
            if (!proof.Checkpoint.AsSpan().SequenceEqual(files[BundlePaths.Checkpoint].Contents.Span))
            {
                state.Findings.Add(BundlePaths.ManifestProof, "it holds another signed checkpoint than the bundle");
            }
            if (!head.SameAs(state.Head!) || proof.Index < manifest.LogSize
                || !Merkle.VerifyInclusion(Merkle.HashLeaf(exported.Contents.Span), proof.Index, head.Size, proof.Path, head.Root))
            {
                state.Findings.Add(BundlePaths.ManifestProof, $"it does not prove that the export's record is record {proof.Index} of the log");
            }
            var record = RecordLine.Parse(exported.Contents);
            if (!string.Equals(record.Kind, RecordKinds.ExportCreated, StringComparison.Ordinal)
                || !string.Equals(record.Text("manifest"), manifestFile.Sha256, StringComparison.Ordinal))
            {
                state.Findings.Add(BundlePaths.Manifest, "the manifest is not the one whose SHA-256 is in the log");
            }
        }
        catch (FormatException error)
        {
            state.Findings.Add(BundlePaths.ManifestProof, error.Message);
        }
    }

    private static void CheckTree(Manifest manifest, List<BundleRecord> records, Dictionary<string, BundleFile> files, State state)
    {
        var path = BundlePaths.Nodes(manifest.Origin);
        if (!files.TryGetValue(path, out var nodes))
        {
            state.Findings.Add(path, "the Merkle nodes are missing");
            return;
        }
        var indexes = records.ConvertAll(record => record.Index);
        var root = SubsetProof.Root(indexes, i => Merkle.HashLeaf(records[i].Leaf), state.Head!.Size, nodes.Contents.Span);
        if (root is null || !root.AsSpan().SequenceEqual(state.Head.Root))
        {
            state.Findings.Add(path, "the records and these nodes do not give the signed root: a node, a record's place or its bytes were changed");
        }
    }

    private static void CheckClaims(Manifest manifest, List<BundleRecord> records, State state)
    {
        var entries = BundlePaths.Entries(manifest.Origin);
        var chains = new ChainCheck(state.Findings, entries) { FollowGateway = false, CompleteFrom = manifest.Filter.Session.Length > 0 ? 0 : manifest.FirstRecord };
        var population = new PopulationCheck(state.Findings, entries, manifest.FirstRecord);
        var runs = new RunCheck(state.Findings, state.Notes, entries);
        var credentials = new CredentialCheck(state.Findings, state.Notes, entries);
        var previous = -1L;
        foreach (var record in records)
        {
            if (manifest.Filter.IsWholeRange && record.Index >= manifest.FirstRecord)
            {
                population.Add(record.Index, record.Line);
                runs.Add(record.Index, record.Line);
            }
            if (manifest.Filter.IsWholeRange && previous >= manifest.FirstRecord && record.Index != previous + 1)
            {
                state.Findings.Add($"{entries}, record {previous + 1}", "the record is missing from a range that claims to be whole");
            }
            if (manifest.Filter.Session.Length > 0)
            {
                credentials.Add(record.Index, record.Line);
            }
            chains.Add(record.Index, record.Line, Convert.ToHexStringLower(Merkle.HashLeaf(record.Leaf)));
            previous = record.Index;
        }
        runs.Finish();
        credentials.Finish();
        var first = ClaimedRange.First(manifest.Filter, records);
        if (first != manifest.FirstRecord || previous != manifest.LastRecord || previous >= manifest.LogSize)
        {
            state.Findings.Add(BundlePaths.Manifest, "the first and last record are not those of the bundle");
        }
        if (!manifest.Sessions.SequenceEqual(SessionSummary.Of(records).Select(ManifestSession.From)))
        {
            state.Findings.Add(BundlePaths.Manifest, "the sessions are not those of the records");
        }
        state.Sessions = chains.Sessions;
    }

    private static void CheckDerivedFiles(Manifest manifest, List<BundleRecord> records, Dictionary<string, BundleFile> files, Findings findings)
    {
        var expected = BundleContents.Create(manifest.Origin, manifest.Filter, manifest.ExportedBy, manifest.LogSize, records);
        foreach (var file in expected)
        {
            if (!files.TryGetValue(file.Path, out var actual) || !actual.Contents.Span.SequenceEqual(file.Contents.Span))
            {
                findings.Add(file.Path, "the file is not what the records give");
            }
        }
        var paths = expected.Select(file => file.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var extra in manifest.Files.Where(file => !paths.Contains(file.Path)))
        {
            findings.Add(extra.Path, "the file does not belong to a bundle");
        }
    }

    private sealed class State(TrustPolicy policy, Findings findings)
    {
        public TrustPolicy Policy { get; } = policy;

        public List<Finding> Notes { get; } = [];

        public OpenedCheckpoint? Signed { get; set; }

        public Findings Findings { get; } = findings;

        public string Origin { get; set; } = "";

        public Checkpoint? Head { get; set; }

        public long Records { get; set; }

        public long Sessions { get; set; }
    }
}
