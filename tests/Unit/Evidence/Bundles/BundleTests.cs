using System.IO.Compression;
using System.Text;
using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Log;
using Sallyport.Evidence.Verification;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Evidence.Log;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Evidence.Bundles;

public sealed class BundleTests : IAsyncLifetime
{
    private const string Session = "ses-agent-reporting-1";

    private static readonly DateTimeOffset Never = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Always = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestLedger _test = new();
    private Recorder _recorder = null!;

    public async ValueTask InitializeAsync()
    {
        _recorder = await _test.StartAsync();
        await TestLedger.WriteSessionsAsync(_recorder, sessions: 3, commands: 10);
        await TestLedger.WriteSessionsAsync(_recorder, sessions: 1, commands: 4, agent: "agent-etl");
    }

    [Fact]
    public async Task A_session_bundle_verifies_with_the_file_and_the_key_alone()
    {
        var result = Verify(await ExportAsync(EvidenceFilter.ForSession(Session)));
        Assert.Empty(result.Findings);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(1, result.Sessions);
        Assert.Equal(TestLedger.Origin, result.Origin);
    }

    [Fact]
    public async Task A_session_bundle_holds_its_decisions_the_policy_and_the_grants_and_no_other_session()
    {
        using var zip = new ZipArchive(new MemoryStream(await ExportAsync(EvidenceFilter.ForSession(Session))));
        var entries = Text(zip, "log/test.example_audit/entries.jsonl");
        Assert.Contains("\"approval.decide\"", entries, StringComparison.Ordinal);
        Assert.Contains("\"policy.activate\"", entries, StringComparison.Ordinal);
        Assert.Contains("\"gateway.start\"", entries, StringComparison.Ordinal);
        Assert.DoesNotContain("ses-agent-reporting-0", entries, StringComparison.Ordinal);
        Assert.Equal(11, Text(zip, "statements.csv").Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("clinic,clinic.patients.mrn,MRN,token,10,30,0", Text(zip, "masking/summary.csv"), StringComparison.Ordinal);
        Assert.Contains("reporting,clinic,read,reporting-agents", Text(zip, "grants.csv"), StringComparison.Ordinal);
        Assert.Contains("apr-1", Text(zip, "approvals.csv"), StringComparison.Ordinal);
        Assert.Contains("unbounded-write", Text(zip, "denials.csv"), StringComparison.Ordinal);
        Assert.Contains("SELECT mrn FROM clinic.patients", Text(zip, "README.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_period_holds_every_record_and_an_agent_only_its_sessions()
    {
        var all = Verify(await ExportAsync(EvidenceFilter.ForPeriod(Never, Always)));
        Assert.Empty(all.Findings);
        Assert.Equal(4, all.Sessions);
        var agent = await ExportAsync(EvidenceFilter.ForPeriod(Never, Always, "agent-etl"));
        var some = Verify(agent);
        Assert.Empty(some.Findings);
        Assert.Equal(1, some.Sessions);
        using var zip = new ZipArchive(new MemoryStream(agent));
        Assert.DoesNotContain("agent-reporting/", Text(zip, "log/test.example_audit/entries.jsonl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_period_in_the_middle_of_sessions_verifies()
    {
        var session = await _recorder.StartSessionAsync(TestLedger.Facts("ses-across"));
        var intent = session.Intent(TestLedger.Intent());
        await intent.Durable;
        var middle = TimeProvider.System.GetUtcNow().AddMicroseconds(1);
        session.Outcome(TestLedger.Outcome(intent.Index));
        await session.EndAsync("client-closed");
        foreach (var filter in (EvidenceFilter[])[EvidenceFilter.ForPeriod(middle, Always), EvidenceFilter.ForPeriod(middle, Always, "agent-reporting")])
        {
            var result = Verify(await ExportAsync(filter));
            Assert.Empty(result.Findings);
            Assert.Equal(1, result.Sessions);
        }
    }

    [Fact]
    public async Task Nothing_to_export_is_said()
    {
        await Assert.ThrowsAsync<EvidenceSelectionException>(() => ExportAsync(EvidenceFilter.ForSession("ses-none")));
        await Assert.ThrowsAsync<EvidenceSelectionException>(() => ExportAsync(EvidenceFilter.ForPeriod(Never, Never.AddYears(1))));
    }

    [Fact]
    public async Task The_export_itself_is_in_the_ledger()
    {
        await ExportAsync(EvidenceFilter.ForSession(Session));
        await _recorder.DisposeAsync();
        var kinds = new List<string>();
        await using (await Ledger.OpenAsync(_test.Options, (_, leaf) => kinds.Add(Sallyport.Evidence.Records.RecordLine.Parse(leaf).Kind)))
        {
        }
        Assert.Equal("export.created", kinds[^1]);
        Assert.Empty(_test.Verify().Findings);
    }

    [Fact]
    public async Task Any_changed_byte_is_found_and_a_changed_record_is_named()
    {
        var bundle = await ExportAsync(EvidenceFilter.ForSession(Session));
        var numbers = new SeededBytes(3);
        for (var trial = 0; trial < 600; trial++)
        {
            var changed = bundle.ToArray();
            changed[numbers.Next(bundle.Length)] ^= (byte)(1 + numbers.Next(255));
            Assert.NotEqual(0, Verify(changed).ExitCode);
        }
        var byName = StoredZip.Read(bundle).ToDictionary(file => file.Path, file => file.Contents.ToArray(), StringComparer.Ordinal);
        var lines = Encoding.UTF8.GetString(byName["log/test.example_audit/entries.jsonl"]).Split('\n');
        var index = Encoding.UTF8.GetString(byName["log/test.example_audit/index.txt"]).Split('\n');
        var line = lines.Length / 2;
        byName["log/test.example_audit/entries.jsonl"][lines.Take(line).Sum(l => l.Length + 1) + 30] ^= 1;
        var result = Verify(await ZipAsync(byName));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Findings, finding => finding.Where.EndsWith($"record {index[line].Split(' ')[0]}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_changed_byte_in_the_raw_file_names_the_record()
    {
        var bundle = await ExportAsync(EvidenceFilter.ForSession(Session));
        var position = bundle.AsSpan().LastIndexOf("\"k\":\"session.end\",\"n\":\""u8) + 25;
        bundle[position] ^= 1;
        var result = Verify(bundle);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Findings, finding => finding.Where.Contains("entries.jsonl, record ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_removed_repeated_or_reordered_line_is_found()
    {
        var files = StoredZip.Read(await ExportAsync(EvidenceFilter.ForPeriod(Never, Always)))
            .ToDictionary(file => file.Path, file => file.Contents.ToArray(), StringComparer.Ordinal);
        const string Entries = "log/test.example_audit/entries.jsonl";
        const string Index = "log/test.example_audit/index.txt";
        var lines = Encoding.UTF8.GetString(files[Entries]).TrimEnd('\n').Split('\n').ToList();
        var places = Encoding.UTF8.GetString(files[Index]).TrimEnd('\n').Split('\n').ToList();
        foreach (var change in (Action<List<string>>[])[
            list => list.RemoveAt(20),
            list => list.RemoveAt(list.Count - 1),
            list => list.Insert(20, list[20]),
            list => (list[20], list[21]) = (list[21], list[20])])
        {
            var (changedLines, changedPlaces) = (lines.ToList(), places.ToList());
            change(changedLines);
            Assert.Equal(1, Verify(await ZipAsync(With(files, Entries, changedLines))).ExitCode);
            change(changedPlaces);
            var both = With(With(files, Entries, changedLines), Index, changedPlaces);
            var result = Verify(await ZipAsync(both));
            Assert.Equal(1, result.ExitCode);
        }
    }

    [Fact]
    public async Task A_bundle_rebuilt_around_fewer_records_does_not_fit_the_log()
    {
        var files = StoredZip.Read(await ExportAsync(EvidenceFilter.ForSession(Session)));
        var byName = files.ToDictionary(file => file.Path, file => file.Contents.ToArray(), StringComparer.Ordinal);
        var manifest = Manifest.Parse(byName["manifest.json"]);
        var lines = Encoding.UTF8.GetString(byName["log/test.example_audit/entries.jsonl"]).TrimEnd('\n').Split('\n');
        var places = Encoding.UTF8.GetString(byName["log/test.example_audit/index.txt"]).TrimEnd('\n').Split('\n');
        var records = lines.Zip(places)
            .Where(pair => !pair.First.Contains("\"k\":\"deny\"", StringComparison.Ordinal))
            .Select(pair => new BundleRecord(
                long.Parse(pair.Second.Split(' ')[0]), Encoding.UTF8.GetBytes(pair.First), Sallyport.Evidence.Records.RecordLine.Parse(Encoding.UTF8.GetBytes(pair.First))))
            .ToList();
        var rebuilt = BundleContents.Create(manifest.Origin, manifest.Filter, manifest.ExportedBy, manifest.LogSize, records);
        foreach (var file in rebuilt)
        {
            byName[file.Path] = file.Contents.ToArray();
        }
        byName["manifest.json"] = (manifest with { Records = records.Count, Files = [.. rebuilt.Select(ManifestFile.From)] }).Format();
        var result = Verify(await ZipAsync(byName));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(result.Findings, finding => finding.Where == "manifest.json");
        Assert.Contains(result.Findings, finding => finding.Where.EndsWith("nodes.bin", StringComparison.Ordinal));
        Assert.Contains(result.Findings, finding => finding.What.Contains("sequence number", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_logs_checkpoint_and_another_key_are_refused()
    {
        var files = StoredZip.Read(await ExportAsync(EvidenceFilter.ForSession(Session)))
            .ToDictionary(file => file.Path, file => file.Contents.ToArray(), StringComparer.Ordinal);
        using var other = SigningKey.FromSeed(new byte[32]);
        files["checkpoint.txt"] = other.SignNote(TestLedger.Origin, new Checkpoint(TestLedger.Origin, 1, new byte[32]).Format());
        Assert.Contains(Verify(await ZipAsync(files)).Findings, finding => finding.Where == "checkpoint.txt");
        var result = BundleVerifier.Verify(new MemoryStream(await ExportAsync(EvidenceFilter.ForSession(Session))), VerificationKey.Parse(VerificationKey.FormatPem(other.PublicKey)));
        Assert.Equal(1, result.ExitCode);
    }

    [Fact]
    public async Task Unlisted_and_missing_files_are_found_and_other_zips_are_malformed()
    {
        var bundle = await ExportAsync(EvidenceFilter.ForSession(Session));
        var files = StoredZip.Read(bundle).ToDictionary(file => file.Path, file => file.Contents.ToArray(), StringComparer.Ordinal);
        var added = new Dictionary<string, byte[]>(files, StringComparer.Ordinal) { ["extra.txt"] = [1] };
        Assert.Contains(Verify(await ZipAsync(added)).Findings, finding => finding.Where == "extra.txt");
        foreach (var path in files.Keys)
        {
            var removed = files.Where(file => file.Key != path).ToDictionary(StringComparer.Ordinal);
            Assert.NotEqual(0, Verify(await ZipAsync(removed)).ExitCode);
        }
        foreach (var name in (string[])["../out.txt", "/abs.txt", "a//b", "a/./b", "sp ace"])
        {
            Assert.Equal(3, Verify(await ZipAsync(new Dictionary<string, byte[]>(files, StringComparer.Ordinal) { [name] = [1] })).ExitCode);
        }
        Assert.Equal(3, Verify([]).ExitCode);
        Assert.Equal(3, Verify("not a zip at all"u8.ToArray()).ExitCode);
        Assert.Equal(3, Verify(bundle[..^1]).ExitCode);
        Assert.Equal(3, Verify([.. bundle, 0]).ExitCode);
    }

    [Fact]
    public async Task What_records_say_cannot_become_markup_or_a_formula()
    {
        var session = await _recorder.StartSessionAsync(TestLedger.Facts("ses-x"));
        var intent = session.Intent(TestLedger.Intent() with { Command = TestLedger.Command("=cmd|'<script>alert(1)</script>', \"x\"\n") });
        session.Outcome(TestLedger.Outcome(intent.Index));
        await session.EndAsync("client-closed");
        var bundle = await ExportAsync(EvidenceFilter.ForSession("ses-x"));
        Assert.Empty(Verify(bundle).Findings);
        using var zip = new ZipArchive(new MemoryStream(bundle));
        Assert.DoesNotContain("<script>", Text(zip, "README.html"), StringComparison.Ordinal);
        Assert.Contains("\"'=cmd|'<script>alert(1)</script>', \"\"x\"\"\n\"", Text(zip, "statements.csv"), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _recorder.DisposeAsync();
        _test.Dispose();
    }

    private async Task<byte[]> ExportAsync(EvidenceFilter filter)
    {
        var output = new MemoryStream();
        await _recorder.ExportAsync(filter, TestLedger.Person, output, CancellationToken.None);
        return output.ToArray();
    }

    private VerificationResult Verify(byte[] bundle) => BundleVerifier.Verify(new MemoryStream(bundle), _test.Key);

    private static Dictionary<string, byte[]> With(Dictionary<string, byte[]> files, string path, List<string> lines) =>
        new(files, StringComparer.Ordinal) { [path] = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))) };

    private static async Task<byte[]> ZipAsync(Dictionary<string, byte[]> files)
    {
        var output = new MemoryStream();
        await StoredZip.WriteAsync([.. files.Select(file => new BundleFile(file.Key, file.Value))], output, CancellationToken.None);
        return output.ToArray();
    }

    private static string Text(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        var text = new StringBuilder();
        var buffer = new char[4096];
        for (int read; (read = reader.Read(buffer)) > 0;)
        {
            text.Append(buffer, 0, read);
        }
        return text.ToString();
    }
}
