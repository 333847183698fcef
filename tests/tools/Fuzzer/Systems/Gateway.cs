using System.Text;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.Tools.Fuzzer.Systems;

/// <summary>The built gateway in front of one cluster: one target for each of the cluster's databases.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private const int MaxStartAttempts = 3;

    private readonly ChildProcess _process;
    private readonly string _folder;

    private Gateway(string folder, int port, ChildProcess process)
    {
        _folder = folder;
        Port = port;
        _process = process;
    }

    public int Port { get; }

    public bool HasExited => _process.HasExited;

    public string Log => _process.Output + _process.Error;

    public static async Task<Gateway> StartAsync(string program, LocalIssuer issuer, Cluster cluster, IReadOnlyList<string> databases, GatewayOptions options)
    {
        var folder = TestRun.Subdirectory("gateway");
        for (var attempt = 1; ; attempt++)
        {
            var (port, apiPort) = (TestRun.FreePort(), TestRun.FreePort());
            var configuration = Path.Combine(folder, "sallyport.yaml");
            await File.WriteAllTextAsync(configuration, Yaml(issuer, cluster, databases, options, port, apiPort, Path.Combine(folder, "data")));
            var gateway = new Gateway(folder, port, ChildProcess.Start(new Launch(program, "run", configuration)));
            if (await gateway.IsReadyAsync(apiPort))
            {
                return gateway;
            }

            var log = gateway.Log;
            await gateway._process.DisposeAsync();
            if (attempt == MaxStartAttempts || !log.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException($"The gateway did not start:\n{log}");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Yaml(LocalIssuer issuer, Cluster cluster, IReadOnlyList<string> databases, GatewayOptions options, int port, int apiPort, string data)
    {
        var yaml = new StringBuilder();
        yaml.AppendLine("origin: fuzzer.example.test").AppendLine($"data: {data}");
        yaml.AppendLine($"listen: {{postgres: 127.0.0.1:{port}, http: 127.0.0.1:{apiPort}}}").AppendLine("insecureLoopback: true");
        yaml.AppendLine("identity:");
        yaml.AppendLine($"  - {{issuer: {LocalIssuer.Issuer}, audience: {LocalIssuer.Audience}, jwks: {{file: {issuer.KeyFile}}}, agents: {{claim: client_id, in: [fuzzer]}}}}");
        yaml.AppendLine("targets:");
        foreach (var database in databases)
        {
            yaml.AppendLine($"  - {{name: {database}, kind: postgres, address: \"127.0.0.1:{cluster.Port}\", database: {database}, tls: disable, credential: {{user: {Cluster.AgentRole}}}}}");
        }

        yaml.AppendLine("grants:");
        foreach (var database in databases)
        {
            yaml.AppendLine($"  - {{name: {database.Replace('_', '-')}, groups: [fuzzers], target: {database}, allow: [read, write, ddl]}}");
        }

        yaml.AppendLine("phi:");
        foreach (var database in databases)
        {
            yaml.AppendLine($"  {database}:");
            foreach (var line in options.Phi)
            {
                yaml.AppendLine($"    {line}");
            }
        }

        yaml.AppendLine($"masks: {options.Masks}").AppendLine("functions:");
        foreach (var database in databases)
        {
            yaml.AppendLine($"  {database}: [\"fuzz.age_band(date)\"]");
        }

        yaml.AppendLine("rules: []").AppendLine($"limits: {options.Limits}").AppendLine(options.More);
        return yaml.ToString();
    }

    private async Task<bool> IsReadyAsync(int apiPort)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{apiPort}"), Timeout = TimeSpan.FromSeconds(10) };
        var ready = false;
        await TestRun.UntilAsync("the gateway is ready or gone", async () =>
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
                ready = answer.IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                ready = false;
            }

            return ready || _process.HasExited;
        });
        return ready;
    }
}

/// <summary>What differs between one gateway under test and another.</summary>
internal sealed record GatewayOptions(IReadOnlyList<string> Phi, string Masks, string Limits, string More);
