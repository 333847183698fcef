using System.Diagnostics;
using System.Text;
using Sallyport.Evidence.Bundles;
using Sallyport.Unit.Evidence.Log;
using Sallyport.Unit.Tidy;

namespace Sallyport.Unit.Evidence.Bundles;

/// <summary>The commands of the page for people without our software, run as they stand there.</summary>
public sealed class HandVerificationTests : IDisposable
{
    private const string Page = "docs/guide/verify-by-hand.md";
    private const string Log = "log/test.example_audit/";

    private readonly TestLedger _test = new();

    [Fact]
    public async Task The_page_verifies_a_bundle_and_refuses_what_was_changed()
    {
        var files = StoredZip.Read(await ExportAsync()).ToDictionary(file => file.Path, file => Encoding.Latin1.GetString(file.Contents.Span), StringComparer.Ordinal);
        Assert.Contains("VERIFIED: ", await RunAsync("good", files), StringComparison.Ordinal);
        var entries = files[Log + "entries.jsonl"];
        var lines = entries.Split('\n');
        await RefusesAsync("a changed record", Log + "entries.jsonl", entries.Replace("\"intent\"", "\"intend\"", StringComparison.Ordinal));
        await RefusesAsync("a removed record", Log + "entries.jsonl", string.Join('\n', lines.Skip(1)));
        await RefusesAsync("a table", "sessions.csv", files["sessions.csv"].Replace("clinic", "clinik", StringComparison.Ordinal));
        await RefusesAsync("the manifest", "manifest.json", files["manifest.json"].Replace("\"records\": ", "\"records\":  ", StringComparison.Ordinal));
        await RefusesAsync("the tree size", "checkpoint.txt", ReplaceFirst(files["checkpoint.txt"], "\n", "\n1"));
        await RefusesAsync("the log's signature", "checkpoint.txt", files["checkpoint.txt"].Replace(" test", " tost", StringComparison.Ordinal));
        await RefusesAsync("a node", Log + "nodes.bin", (char)(files[Log + "nodes.bin"][0] ^ 1) + files[Log + "nodes.bin"][1..]);
        await RefusesAsync("the export's record", "export-record.json", files["export-record.json"].Replace("\"by\"", "\"bi\"", StringComparison.Ordinal));
        await RefusesAsync("the proof", "manifest.tlog-proof", files["manifest.tlog-proof"].Replace("index ", "index 1", StringComparison.Ordinal));
        await RefusesAsync("an added file", "extra.csv", "a,b");
        await RefusesAsync("a missing file", "statements.csv", contents: null);

        async Task RefusesAsync(string name, string path, string? contents)
        {
            var changed = new Dictionary<string, string>(files, StringComparer.Ordinal);
            changed.Remove(path);
            if (contents is not null)
            {
                Assert.NotEqual(files.GetValueOrDefault(path), contents);
                changed[path] = contents;
            }
            var output = await RunAsync(name.Replace(' ', '-'), changed);
            Assert.True(output.Contains("FAILED: ", StringComparison.Ordinal) && !output.Contains("VERIFIED", StringComparison.Ordinal), $"{name}: {output}");
        }
    }

    public void Dispose() => _test.Dispose();

    private static string ReplaceFirst(string text, string from, string to) => text.Split(from, 2) is [var before, var after] ? before + to + after : text;

    private async Task<byte[]> ExportAsync()
    {
        await using var recorder = await _test.StartAsync();
        await TestLedger.WriteSessionsAsync(recorder, sessions: 2, commands: 1);
        var bytes = new MemoryStream();
        await recorder.ExportAsync(EvidenceFilter.ForSession("ses-agent-reporting-1"), TestLedger.Person, bytes, CancellationToken.None);
        return bytes.ToArray();
    }

    /// <summary>Unpacks and runs; gives everything that was printed.</summary>
    private async Task<string> RunAsync(string name, Dictionary<string, string> files)
    {
        var folder = _test.PathOf(name);
        foreach (var (path, contents) in files)
        {
            var target = Path.Combine(folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            await File.WriteAllBytesAsync(target, Encoding.Latin1.GetBytes(contents), TestContext.Current.CancellationToken);
        }
        File.Copy(Path.Combine(_test.Directory, "ledger.pub.pem"), Path.Combine(folder, "ledger.pub.pem"));
        var page = RepositoryFiles.Read(Page);
        var script = page.Split("```sh\n", 2)[1].Split("```\n", 2)[0];
        // Outside of the folder, in which every file must belong to the bundle.
        var (scriptFile, outputFile) = (_test.PathOf(name + ".sh"), _test.PathOf(name + ".out"));
        await File.WriteAllTextAsync(scriptFile, script, TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo("bash") { WorkingDirectory = folder };
        foreach (var argument in (string[])["-c", "exec bash \"$0\" >\"$1\" 2>&1", scriptFile, outputFile])
        {
            start.ArgumentList.Add(argument);
        }
        using var shell = Process.Start(start)!;
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        var output = await File.ReadAllTextAsync(outputFile, TestContext.Current.CancellationToken);
        Assert.Equal(shell.ExitCode == 0, output.Contains("VERIFIED", StringComparison.Ordinal));
        return output;
    }
}
