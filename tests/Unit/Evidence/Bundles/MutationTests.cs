using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sallyport.Evidence.Bundles;
using Sallyport.Evidence.Records;
using Sallyport.Evidence.Verification;
using Sallyport.Evidence.Witnessing;
using Sallyport.Gateway.Recording;
using Sallyport.Unit.Evidence.Log;
using Sallyport.Unit.Support;
using Sallyport.Unit.Tidy;

namespace Sallyport.Unit.Evidence.Bundles;

/// <summary>
/// What somebody could do to a bundle, each with the reason it must fail for, given to two verifiers that share no code: the command line's and the HTML
/// page's. Whoever makes the changes knows the format and fixes every hash that can be fixed without the ledger's key.
/// </summary>
public sealed partial class MutationTests : IDisposable
{
    private const string Log = "log/test.example_audit/";
    private const string Entries = Log + "entries.jsonl";
    private const string Index = Log + "index.txt";
    private const string AnyReason = "";
    private const int FlippedBytes = 60;

    private readonly TestLedger _test = new();
    private readonly ManualTime _time = new();
    private readonly List<(string Name, byte[] Bundle, string Reason)> _cases = [];

    [Fact]
    public async Task Both_verifiers_refuse_every_change_for_the_right_reason()
    {
        await WriteAsync();
        using var witness = Witness.Open(_test.PathOf("w"), "witness.example/w", [_test.Key], _time);
        var policy = $"log {File.ReadAllText(Path.Combine(_test.Directory, "ledger.vkey")).Trim()}\nwitness w {witness.VerifierKey} https://w.example/\nquorum w\n";
        var trust = TrustPolicy.Parse(Encoding.UTF8.GetBytes(policy));
        var good = await ExportAsync(_test.Directory, trust, witness);
        await AddCasesAsync(good);
        _cases.Add(("a bundle of the real ledger that no witness saw", await ExportAsync(_test.Directory), "no witness of the policy cosigned it"));
        Assert.True(_cases.Count > 80);

        var page = await VerifyInPageAsync(policy, [good, .. _cases.Select(mutation => mutation.Bundle)]);
        Assert.Empty(BundleVerifier.Verify(new MemoryStream(good), trust).Findings);
        Assert.Equal("verified:", page[0]);
        for (var i = 0; i < _cases.Count; i++)
        {
            var (name, bundle, reason) = _cases[i];
            var result = BundleVerifier.Verify(new MemoryStream(bundle), trust);
            Assert.True(result.ExitCode != 0 && result.Findings.Any(finding => Says(finding.ToString(), reason)), $"{name}: {string.Join("; ", result.Findings)}");
            Assert.True(!page[i + 1].StartsWith("verified", StringComparison.Ordinal) && Says(page[i + 1], reason), $"{name}, in the page: {page[i + 1]}");
        }
    }

    [Fact]
    public async Task With_the_key_alone_a_history_written_anew_with_that_key_fails_where_it_contradicts_itself()
    {
        await WriteAsync();
        var leaves = await _test.LeavesAsync();
        var end = leaves.FindLastIndex(leaf => RecordLine.Parse(leaf).Kind == RecordKinds.SessionEnd);
        var dated = leaves.ToList();
        dated[end] = Encoding.UTF8.GetBytes(Time().Replace(Encoding.UTF8.GetString(leaves[end]), "\"t\":\"2026-11-21T11:00:00.000000Z\""));
        var session = RecordLine.Parse(leaves[end]).Header.Session;
        var without = leaves.Where(leaf => RecordLine.Parse(leaf).Header.Session != session);
        var bundles = new[] { await ExportAsync(_test.Directory), await ExportAsync(await _test.ForgeAsync(dated, "dated")), await ExportAsync(await _test.ForgeAsync(without, "without")) };
        string[] reasons = [AnyReason, "s before what the gateway's clock was", "3 sessions had begun, but 2 are there"];
        var page = await VerifyInPageAsync(VerificationKey.FormatPem(_test.Key.PublicKey), bundles);
        for (var i = 0; i < bundles.Length; i++)
        {
            var result = BundleVerifier.Verify(new MemoryStream(bundles[i]), _test.Key);
            Assert.Equal(i == 0, result.Findings.Count == 0);
            Assert.True(Says(string.Join(' ', result.Findings), reasons[i]), string.Join("; ", result.Findings));
            Assert.True(Says(page[i], reasons[i]) && page[i].StartsWith(i == 0 ? "verified" : "failed", StringComparison.Ordinal), page[i]);
        }
    }

    public void Dispose() => _test.Dispose();

    private static bool Says(string text, string reason) => text.Contains(reason, StringComparison.Ordinal);

    private async Task WriteAsync()
    {
        await using var recorder = await StartAsync(_test.Directory);
        await TestLedger.WriteSessionsAsync(recorder, sessions: 3, commands: 4);
        _time.Advance(GatewayPulse.Interval);
        await recorder.StoppedAsync("shutdown");
    }

    private Task<Recorder> StartAsync(string directory) =>
        Recorder.StartAsync(_test.Options with { Directory = directory, TimeProvider = _time }, "gw-1", "0.1.0");

    private async Task<byte[]> ExportAsync(string directory, TrustPolicy? policy = null, Witness? witness = null)
    {
        await using var recorder = await StartAsync(directory);
        using var cosigner = policy is null ? null : new LedgerCosigner(recorder.Ledger, policy, new OneWitness(witness!));
        recorder.SignHead = cosigner is null ? null : cosigner.SignHeadAsync;
        var bytes = new MemoryStream();
        await recorder.ExportAsync(EvidenceFilter.ForPeriod(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue), TestLedger.Person, bytes, CancellationToken.None);
        return bytes.ToArray();
    }

    private async Task AddCasesAsync(byte[] good)
    {
        var numbers = new SeededBytes(5);
        for (var i = 0; i < FlippedBytes; i++)
        {
            var changed = good.ToArray();
            var at = numbers.Next(changed.Length);
            changed[at] ^= (byte)(1 << numbers.Next(8));
            _cases.Add(($"byte {at} changed", changed, AnyReason));
        }
        _cases.Add(("tail cut", good[..^400], AnyReason));
        var files = StoredZip.Read(good).ToDictionary(file => file.Path, file => file.Contents.ToArray(), StringComparer.Ordinal);
        foreach (var path in files.Keys)
        {
            await AddAsync($"{path} removed", Without(path), AnyReason);
            await AddAsync($"{path} emptied", With(path, []), AnyReason);
        }
        await AddAsync("file added", With("notes.txt", [1]), "not listed in the manifest");
        await AddLinesAsync("a line removed", lines => lines.RemoveAt(7));
        await AddLinesAsync("a line duplicated", lines => lines.Insert(7, lines[7]));
        await AddLinesAsync("two lines swapped", lines => (lines[7], lines[8]) = (lines[8], lines[7]));
        await AddLinesAsync("the last line removed", lines => lines.RemoveAt(lines.Count - 1));
        await AddLinesAsync("a record changed", lines => lines[7] = lines[7].Replace("clinic", "clinik", StringComparison.Ordinal), "do not give the signed root");
        await AddAsync("a checkpoint of another size", With("checkpoint.txt", Checkpoint(1)), "is wrong");
        await AddAsync("the witness's line removed", With("checkpoint.txt", [.. Lines("checkpoint.txt").SkipLast(1).SelectMany(line => Encoding.UTF8.GetBytes(line + "\n"))]), "no witness of the policy cosigned it");
        await AddAsync("the log's line removed", With("checkpoint.txt", Encoding.UTF8.GetBytes(Signature().Replace(Text("checkpoint.txt"), "", 1))), "not signed by the given key");
        await AddAsync("a signature line twice", With("checkpoint.txt", Encoding.UTF8.GetBytes(Text("checkpoint.txt") + Lines("checkpoint.txt")[^1] + "\n")), "no signature covers");
        await AddAsync("a table changed, manifest made to fit", Fitting("sessions.csv", Encoding.UTF8.GetBytes(Text("sessions.csv").Replace("clinic", "clinik", StringComparison.Ordinal))), "not the one whose SHA-256 is in the log");

        string Text(string path) => Encoding.UTF8.GetString(files[path]);
        List<string> Lines(string path) => [.. Text(path).Split('\n')[..^1]];
        byte[] Checkpoint(int size) => Encoding.UTF8.GetBytes(string.Join('\n', Text("checkpoint.txt").Split('\n').Select((line, i) => i == 1 ? $"{size}" : line)));
        Dictionary<string, byte[]> With(string path, byte[] contents) => new(files, StringComparer.Ordinal) { [path] = contents };
        Dictionary<string, byte[]> Without(string path) => files.Where(file => file.Key != path).ToDictionary(StringComparer.Ordinal);
        Dictionary<string, byte[]> Fitting(string path, byte[] contents) => Fit(With(path, contents));

        async Task AddAsync(string name, Dictionary<string, byte[]> changed, string reason)
        {
            var bytes = new MemoryStream();
            await StoredZip.WriteAsync([.. changed.Select(file => new BundleFile(file.Key, file.Value))], bytes, CancellationToken.None);
            _cases.Add((name, bytes.ToArray(), reason));
        }

        async Task AddLinesAsync(string name, Action<List<string>> change, string reason = "the manifest is not the one whose SHA-256 is in the log")
        {
            var lines = Lines(Entries);
            change(lines);
            var contents = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));
            await AddAsync($"{name}, index as it was", With(Entries, contents), AnyReason);
            List<string> places = [.. Lines(Index).Select(line => line.Split(' ')[0]), "1000"];
            var index = lines.Zip(places, (line, place) => $"{place} {Convert.ToHexStringLower(Merkle.HashLeaf(Encoding.UTF8.GetBytes(line)))}\n");
            var both = Fit(new Dictionary<string, byte[]>(files, StringComparer.Ordinal) { [Entries] = contents, [Index] = Encoding.ASCII.GetBytes(string.Concat(index)) });
            await AddAsync($"{name}, index and manifest made to fit", both, reason);
        }
    }

    /// <summary>Writes sizes, hashes and the number of records into the manifest anew.</summary>
    private static Dictionary<string, byte[]> Fit(Dictionary<string, byte[]> files)
    {
        var manifest = Manifest.Parse(files["manifest.json"]);
        var records = Encoding.UTF8.GetString(files[Entries]).Count(character => character == '\n');
        var listed = manifest.Files.Select(file => ManifestFile.From(new BundleFile(file.Path, files[file.Path])));
        files["manifest.json"] = (manifest with { Records = records, Files = [.. listed] }).Format();
        return files;
    }

    /// <summary>Verdict and findings of the HTML page's own script for each bundle.</summary>
    private async Task<List<string>> VerifyInPageAsync(string trust, IReadOnlyList<byte[]> bundles)
    {
        var (trustFile, output) = (_test.PathOf("trust.txt"), _test.PathOf("page.jsonl"));
        await File.WriteAllTextAsync(trustFile, trust, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("node") { RedirectStandardError = true, UseShellExecute = false };
        string[] arguments = [Path.Combine(RepositoryFiles.Root, "tests/Unit/Support/verify-bundles.mjs"), Path.Combine(RepositoryFiles.Root, "docs/guide/verify.html"), trustFile, output];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        for (var i = 0; i < bundles.Count; i++)
        {
            var path = _test.PathOf($"case-{i}.zip");
            await File.WriteAllBytesAsync(path, bundles[i], TestContext.Current.CancellationToken);
            start.ArgumentList.Add(path);
        }
        using var node = Process.Start(start)!;
        var error = new char[2000];
        var length = await node.StandardError.ReadBlockAsync(error, TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0, new string(error, 0, length));
        return [.. File.ReadLines(output).Select(Read)];
    }

    private static string Read(string line)
    {
        using var result = JsonDocument.Parse(line);
        var findings = result.RootElement.GetProperty("findings").EnumerateArray().Select(finding => $"{finding.GetProperty("where")}: {finding.GetProperty("what")}");
        return result.RootElement.GetProperty("verdict").GetString() + ":" + string.Join("; ", findings);
    }

    [GeneratedRegex("\"t\":\"[^\"]*\"", RegexOptions.None, 5000)]
    private static partial Regex Time();

    [GeneratedRegex("^— test[^\n]*\n", RegexOptions.Multiline, 5000)]
    private static partial Regex Signature();

    private sealed class OneWitness(Witness witness) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var answer = witness.AddCheckpoint(await request.Content!.ReadAsByteArrayAsync(cancellationToken));
            return new HttpResponseMessage((System.Net.HttpStatusCode)answer.Status) { Content = new ByteArrayContent(answer.Body) };
        }
    }
}
