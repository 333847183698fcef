using Sallyport.EndToEnd.Systems;
using Sallyport.Tools.Fuzzer.Database;
using Sallyport.Tools.Fuzzer.Wire;

namespace Sallyport.Tools.Fuzzer.Systems;

/// <summary>Two servers that differ in tagged values only, each behind a gateway of its own or, to see what the fuzzer finds then, bare.</summary>
internal sealed class Twins : IAsyncDisposable
{
    private const string Source = "fuzz_source";
    private const int TokenSeconds = 6 * 3600;

    private readonly Cluster[] _clusters;
    private readonly Gateway[] _gateways;
    private readonly LocalIssuer _issuer;
    private int _agents;

    private Twins(Cluster[] clusters, Gateway[] gateways, LocalIssuer issuer)
    {
        _clusters = clusters;
        _gateways = gateways;
        _issuer = issuer;
    }

    /// <summary>Whether both gateways still run.</summary>
    public bool AreAlive => Array.TrueForAll(_gateways, g => !g.HasExited);

    public string GatewayLogs => string.Join('\n', _gateways.Select(g => g.Log));

    public static string DatabaseOf(int worker) => $"fuzz_{worker}";

    public static async Task<Twins> StartAsync(Options options, ulong seed)
    {
        var binaries = options.Binaries;
        var data = await Cluster.InitializeAsync(binaries);
        var first = await Cluster.StartAsync(binaries, data);
        await first.ExecuteAsync("postgres", $"CREATE DATABASE {Source}");
        await first.ExecuteAsync(Source, await SchemaAsync());
        await first.StopAsync();
        string[] folders = [data, await Cluster.CopyAsync(data)];
        var databases = Enumerable.Range(0, options.Workers).Select(DatabaseOf).ToList();
        var clusters = await Task.WhenAll(folders.Select(async (folder, i) =>
        {
            var cluster = await Cluster.StartAsync(binaries, folder);
            await cluster.ExecuteAsync(Source, Population.Statements(seed, second: i == 1));
            await cluster.ExecuteAsync("postgres", databases.Select(name => $"CREATE DATABASE {name} TEMPLATE {Source}"));
            return cluster;
        }));
        var issuer = new LocalIssuer();
        var gateways = options.Direct
            ? []
            : await Task.WhenAll(clusters.Select(cluster => Gateway.StartAsync(options.Server, issuer, cluster, databases, options.Gateway)));
        return new Twins(clusters, gateways, issuer);
    }

    /// <summary>A new session with the same database on either side; the same new agent on both, so that no budget is worn.</summary>
    public async Task<Client[]> ConnectAsync(int worker)
    {
        var database = DatabaseOf(worker);
        if (_gateways.Length == 0)
        {
            return await Task.WhenAll(_clusters.Select(cluster => Client.ConnectAsync(cluster.Port, Cluster.AgentRole, database, null)));
        }

        var number = Interlocked.Increment(ref _agents);
        var token = _issuer.Agent($"fuzzer-{number}", "fuzzers", onBehalfOf: $"human-{number}", seconds: TokenSeconds);
        return await Task.WhenAll(_gateways.Select(gateway => Client.ConnectAsync(gateway.Port, "fuzzer", database, token)));
    }

    /// <summary>Makes a worker's databases anew on both sides: what is rolled back leaves its space behind, and sizes change plans.</summary>
    public Task RenewAsync(int worker) => Task.WhenAll(_clusters.Select(cluster => cluster.ExecuteAsync(
        "postgres", $"DROP DATABASE {DatabaseOf(worker)} WITH (FORCE)", $"CREATE DATABASE {DatabaseOf(worker)} TEMPLATE {Source}")));

    /// <summary>A superuser's session with the first server, past the gateway.</summary>
    public Task<Client> AdministerAsync() => _clusters[0].ConnectAsync(DatabaseOf(0));

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        foreach (var cluster in _clusters)
        {
            await cluster.DisposeAsync();
        }
    }

    private static async Task<string> SchemaAsync()
    {
        await using var stream = typeof(Twins).Assembly.GetManifestResourceStream("schema.sql")!;
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }
}
