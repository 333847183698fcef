using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Corpus;

/// <summary>The corpus's database on a server of its own, a gateway with a target for each of its logins, and the two runners.</summary>
internal sealed partial class CorpusSystem : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);
    private const string DefaultLevel = "equality";
    private static readonly string[] Logins = ["agent_ro", "agent_rw", "app_owner", "agent_su"];

    private readonly PostgresServer _server;
    private GatewayProcess _gateway;
    private readonly string _writable;

    private CorpusSystem(string folder, string writable, PostgresServer server, GatewayProcess gateway)
    {
        Folder = folder;
        _writable = writable;
        _server = server;
        _gateway = gateway;
    }

    public string Folder { get; }

    public GatewayProcess Gateway => _gateway;

    public PostgresServer Server => _server;

    /// <param name="major">Of the server.</param>
    /// <param name="seed">Of the values.</param>
    /// <param name="level">Predicate level of all tagged columns.</param>
    public static async Task<CorpusSystem> StartAsync(int major, int seed, string level = DefaultLevel)
    {
        var (folder, writable) = (TestRun.Subdirectory("corpus"), TestRun.Subdirectory("corpus-server"));
        var source = Path.Combine(TestRun.Repository, "tests", "EndToEnd", "Corpus");
        foreach (var file in Directory.EnumerateFiles(source).Where(f => !f.EndsWith(".cs", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        (await ChildProcess.RunAsync(new Launch("/bin/tar", "-xzf", "rows.tar.gz") { Directory = folder })).Expect(0);
        Directory.CreateDirectory(Path.Combine(writable, "log"));
        if (TestRun.IsRoot)
        {
            (await ChildProcess.RunAsync(new Launch("/bin/chown", "-R", TestRun.DatabaseUser, writable))).Expect(0);
        }

        var server = await PostgresServer.StartAsync(
            major, "wal_level=logical", "shared_preload_libraries=pg_stat_statements", "logging_collector=on", $"log_directory={writable}/log", "log_filename=pg.log");
        try
        {
            await SetUpAsync(server, folder, writable, seed);
            return new CorpusSystem(folder, writable, server, await GatewayProcess.StartAsync(Settings(server, folder, level, Logins)));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Replays the leak rows.</summary>
    /// <param name="through">Through the gateway, or on the bare server.</param>
    /// <param name="only">The ids to replay, or all.</param>
    /// <param name="user">Who signs in, or null for the login each row names.</param>
    public async Task<List<JsonElement>> LeaksAsync(bool through, IReadOnlyList<string>? only = null, string? user = null)
    {
        var report = Path.Combine(Folder, $"leaks-{(through ? "gateway" : "bare")}.json");
        await RunAsync(through, ["run.mjs", "open.jsonl", "--json", report, .. only is null ? [] : (IEnumerable<string>)["--only", string.Join(',', only)], .. user is null ? [] : (IEnumerable<string>)["--user", user]]);
        return [.. JsonDocument.Parse(await File.ReadAllTextAsync(report)).RootElement.EnumerateArray()];
    }

    /// <summary>Starts another gateway in front of the same database that signs in as one more role, with the target in <c>floor</c> mode.</summary>
    public async Task UseFloorAsync(string role)
    {
        await _gateway.DisposeAsync();
        _gateway = await GatewayProcess.StartAsync(Settings(_server, Folder, DefaultLevel, role) with { TargetMode = "floor" });
    }

    /// <summary>Replays the utility rows through the gateway.</summary>
    public async Task<(List<JsonElement> Rows, string Output)> UtilityAsync()
    {
        var report = Path.Combine(Folder, "utility.json");
        var finished = await RunAsync(through: true, ["util.mjs", "utility_open.jsonl", "--json", report]);
        return ([.. JsonDocument.Parse(await File.ReadAllTextAsync(report)).RootElement.EnumerateArray()], finished.Output);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static async Task SetUpAsync(PostgresServer server, string folder, string writable, int seed)
    {
        if (server.Major != 15)
        {
            // The schema is written for the Debian package of 15: what another server lacks is left out, and the rows that need it do not count.
            var schema = Path.Combine(folder, "schema.sql");
            await File.WriteAllTextAsync(schema, StopPattern.Replace(await File.ReadAllTextAsync(schema), @"\set ON_ERROR_STOP off"));
            var setup = Path.Combine(folder, "setup.sh");
            await File.WriteAllTextAsync(setup, (await File.ReadAllTextAsync(setup)).Replace("-v ON_ERROR_STOP=1 ", "", StringComparison.Ordinal));
        }

        // The corpus makes the database "clinic" anew, and counts the databases of its server.
        await server.ExecuteAsync($"DROP DATABASE {PostgresServer.Template}", "postgres");
        var launch = new Launch(
            "/bin/bash", Path.Combine(folder, "setup.sh"), "127.0.0.1", server.Port.ToString(), PostgresServer.Superuser, PostgresServer.SuperuserPassword,
            seed.ToString(CultureInfo.InvariantCulture), writable)
        {
            Directory = folder,
            Environment = new() { ["PATH"] = Path.GetDirectoryName(TestRun.Node) + ":/usr/bin:/bin", ["CORPUS_DIR"] = writable },
        };
        (await ChildProcess.RunAsync(launch, TimeSpan.FromSeconds(180))).Expect(0);
    }

    private static GatewaySettings Settings(PostgresServer server, string folder, string level, params string[] logins) => new()
    {
        Local = Shared.Issuer,
        Targets = [.. logins.Select(login => ("corpus_" + login, server, "clinic", login, "pw"))],
        Grants = string.Join('\n', logins.Select(login => $"- {{name: {login.Replace('_', '-')}, groups: [reporting-agents], target: corpus_{login}, allow: [read, write, ddl]}}")),
        Rules = "",
        Phi = logins.ToDictionary(login => "corpus_" + login, _ => Phi(folder)),
        Masks = "{PHI: redact, default: redact}",
        Limits = "{haltedFor: 0s}",
        More = $"predicates: {{default: {level}}}",
    };

    private static string Phi(string folder)
    {
        var tables = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "phi.json"))).RootElement.GetProperty("phi");
        return string.Join('\n', tables.EnumerateObject().SelectMany(t => t.Value.EnumerateArray().Select(c => $"{t.Name}.{c.GetString()}: PHI")));
    }

    private Task<Finished> RunAsync(bool through, IReadOnlyList<string> arguments) => ChildProcess.RunAsync(
        new Launch(
            TestRun.Node, [.. arguments, "--port", (through ? _gateway.PostgresPort : _server.Port).ToString(), "--admin-port", _server.Port.ToString(),
            "--admin-pass", PostgresServer.SuperuserPassword, "--dir", _writable])
        {
            Directory = Folder,
            Environment = through ? new() { ["CORPUS_GATEWAY_TOKEN"] = Shared.Issuer.Agent("agent-1", seconds: 3600) } : [],
        },
        Limit);

    [GeneratedRegex(@"^\\set ON_ERROR_STOP on$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StopPattern { get; }
}
