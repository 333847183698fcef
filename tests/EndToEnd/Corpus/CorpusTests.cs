using System.Text.Json;
using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Corpus;

/// <summary>
/// 309 ways to get at a tagged value, each of which works on the bare server, and 114 statements of real tools that must go on working.
/// The rows and what they expect are described in the folder's README.
/// </summary>
public sealed class CorpusTests(CorpusTests.Fixture fixture) : IClassFixture<CorpusTests.Fixture>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    [Fact]
    public async Task No_row_leaks_through_the_gateway()
    {
        var report = Path.Combine(fixture.Folder, "leaks.json");
        var finished = await fixture.RunAsync(Limit, "run.mjs", "open.jsonl", "--json", report);
        var rows = JsonDocument.Parse(await File.ReadAllTextAsync(report)).RootElement.EnumerateArray().ToList();
        Assert.Equal(309, rows.Count);
        var leaks = rows.Where(r => r.GetProperty("leak").GetBoolean() && r.GetProperty("expect").GetString() != "ALLOW-INFERENCE")
            .Select(r => $"{r.GetProperty("id")} {r.GetProperty("channels")}").ToList();
        Assert.Empty(leaks);

        // A gateway that refuses to talk at all would leak nothing either.
        Assert.DoesNotContain(rows, r => r.GetProperty("errors").EnumerateArray().Any(e => e.GetString()!.StartsWith("CONN", StringComparison.Ordinal)));
        Assert.True(finished.ExitCode == 0, finished.Output[^Math.Min(finished.Output.Length, 2000)..] + finished.Error);
    }

    [Fact]
    public async Task Work_that_touches_no_tagged_column_goes_on_unchanged()
    {
        var report = Path.Combine(fixture.Folder, "utility.json");
        var finished = await fixture.RunAsync(Limit, "util.mjs", "utility_open.jsonl", "--json", report);
        var untouched = File.ReadLines(Path.Combine(fixture.Folder, "utility_open.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(row => !row.GetProperty("touches_phi").GetBoolean())
            .Select(row => row.GetProperty("id").GetString()!)
            .ToHashSet(StringComparer.Ordinal);
        var rows = JsonDocument.Parse(await File.ReadAllTextAsync(report)).RootElement.EnumerateArray().ToList();
        Assert.Equal(114, rows.Count);
        var lost = rows.Where(r => !r.GetProperty("ok").GetBoolean() && untouched.Contains(r.GetProperty("id").GetString()!))
            .Select(r => $"{r.GetProperty("id")}: {r.GetProperty("bad")}")
            .Where(row => !ServerVersion.IsMatch(row)).ToList();
        Assert.Empty(lost);
        Assert.DoesNotContain("canary leaked", finished.Output);
    }

    // The expected answers were recorded on another minor version of the server.
    private static readonly Regex ServerVersion = new(@"PostgreSQL 15\.\d+ \(Debian|col server_version", RegexOptions.None, TimeSpan.FromSeconds(1));

    public sealed class Fixture : IAsyncLifetime
    {
        private static readonly string[] Logins = ["agent_ro", "agent_rw", "app_owner", "agent_su"];

        private PostgresServer? _server;
        private GatewayProcess? _gateway;
        private string _writable = "";

        public string Folder { get; } = TestRun.Subdirectory("corpus");

        public async ValueTask InitializeAsync()
        {
            var source = Path.Combine(TestRun.Repository, "tests", "EndToEnd", "Corpus");
            foreach (var file in Directory.EnumerateFiles(source).Where(f => !f.EndsWith(".cs", StringComparison.Ordinal)))
            {
                File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
            }

            (await ChildProcess.RunAsync(new Launch("/bin/tar", "-xzf", "rows.tar.gz") { Directory = Folder })).Expect(0);
            _writable = TestRun.Subdirectory("corpus-server");
            Directory.CreateDirectory(Path.Combine(_writable, "log"));
            if (TestRun.IsRoot)
            {
                (await ChildProcess.RunAsync(new Launch("/bin/chown", "-R", TestRun.DatabaseUser, _writable))).Expect(0);
            }

            _server = await PostgresServer.StartAsync(
                15, "wal_level=logical", "shared_preload_libraries=pg_stat_statements", "logging_collector=on", $"log_directory={_writable}/log", "log_filename=pg.log");
            // The corpus makes the database "clinic" anew, and counts the databases of its server.
            await _server.ExecuteAsync($"DROP DATABASE {PostgresServer.Template}", "postgres");
            var setup = new Launch("/bin/bash", Path.Combine(Folder, "setup.sh"), "127.0.0.1", _server.Port.ToString(), PostgresServer.Superuser, PostgresServer.SuperuserPassword, "1", _writable)
            {
                Directory = Folder,
                Environment = new() { ["PATH"] = Path.GetDirectoryName(TestRun.Node) + ":/usr/bin:/bin", ["CORPUS_DIR"] = _writable },
            };
            (await ChildProcess.RunAsync(setup, TimeSpan.FromSeconds(180))).Expect(0);
            _gateway = await GatewayProcess.StartAsync(new GatewaySettings
            {
                Local = Shared.Issuer,
                Targets = [.. Logins.Select(login => ("corpus_" + login, _server, "clinic", login, "pw"))],
                Grants = string.Join('\n', Logins.Select(login => $"- {{name: {login.Replace('_', '-')}, groups: [reporting-agents], target: corpus_{login}, allow: [read, write, ddl]}}")),
                Rules = "",
                Phi = Logins.ToDictionary(login => "corpus_" + login, _ => Phi()),
                Masks = "{PHI: redact, default: redact}",
                Limits = "{haltedFor: 0s}",
            });
        }

        public async ValueTask DisposeAsync()
        {
            if (_gateway is not null)
            {
                await _gateway.DisposeAsync();
            }

            if (_server is not null)
            {
                await _server.DisposeAsync();
            }
        }

        internal Task<Finished> RunAsync(TimeSpan limit, string program, string rows, params string[] more) => ChildProcess.RunAsync(
            new Launch(
                TestRun.Node, [program, rows, "--port", _gateway!.PostgresPort.ToString(), "--admin-port", _server!.Port.ToString(),
                "--admin-pass", PostgresServer.SuperuserPassword, "--dir", _writable, .. more])
            {
                Directory = Folder,
                Environment = new() { ["CORPUS_GATEWAY_TOKEN"] = Shared.Issuer.Agent("agent-1", seconds: 3600) },
            },
            limit);

        private string Phi()
        {
            var tables = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "phi.json"))).RootElement.GetProperty("phi");
            return string.Join('\n', tables.EnumerateObject().SelectMany(t => t.Value.EnumerateArray().Select(c => $"{t.Name}.{c.GetString()}: PHI")));
        }
    }
}
