using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Sallyport.EndToEnd.Clients;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>The built gateway as a process of its own, with a folder and ports of its own.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    private const int MaxStartAttempts = 3;

    private readonly GatewaySettings _settings;
    private ChildProcess _process;
    private string _earlierLog = "";

    private GatewayProcess(GatewaySettings settings, string folder, int postgresPort, int apiPort, ChildProcess process)
    {
        _settings = settings;
        Folder = folder;
        PostgresPort = postgresPort;
        ApiPort = apiPort;
        _process = process;
    }

    /// <summary>Everything the gateway writes lies below this folder.</summary>
    public string Folder { get; }

    public string DataDirectory => Path.Combine(Folder, "data");

    public string ConfigurationFile => Path.Combine(Folder, "sallyport.yaml");

    public int PostgresPort { get; }

    public int ApiPort { get; }

    public string ApiUrl => $"{(_settings.Tls ? "https" : "http")}://localhost:{ApiPort}";

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Both output streams of all its runs.</summary>
    public string Log => _earlierLog + _process.Output + _process.Error;

    public static async Task<GatewayProcess> StartAsync(GatewaySettings settings)
    {
        var folder = TestRun.Subdirectory("gateway");
        for (var attempt = 1; ; attempt++)
        {
            var (postgresPort, apiPort) = (TestRun.FreePort(), TestRun.FreePort());
            var configuration = Path.Combine(folder, "sallyport.yaml");
            await File.WriteAllTextAsync(configuration, settings.Yaml(postgresPort, apiPort, Path.Combine(folder, "data")));
            var gateway = new GatewayProcess(settings, folder, postgresPort, apiPort, Launch(configuration));
            if (await gateway.IsReadyAsync())
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

    /// <summary>Runs the server with this configuration until it ends by itself: for starts that must fail.</summary>
    public static Task<Finished> RunAsync(string configurationFile) => ChildProcess.RunAsync(ServerLaunch(configurationFile), TimeSpan.FromSeconds(60));

    /// <summary>A native client of the gateway; the password is the token.</summary>
    public Psql Psql(string token, string target = "clinic", string user = "agent-1") =>
        new(_settings.Tls ? "localhost" : "127.0.0.1", PostgresPort, target, user, token) { SslMode = _settings.Tls ? "require" : "disable" };

    public Endpoint Endpoint(string token, string target = "clinic", string user = "agent-1") =>
        new(PostgresPort, target, user, token) { SslMode = _settings.Tls ? "require" : "disable" };

    public string ConnectionString(string token, string target = "clinic", Action<Npgsql.NpgsqlConnectionStringBuilder>? more = null) =>
        NpgsqlScenarios.ConnectionString(Endpoint(token, target), more);

    public async Task<Npgsql.NpgsqlConnection> ConnectAsync(string token, string target = "clinic", Action<Npgsql.NpgsqlConnectionStringBuilder>? more = null)
    {
        var connection = new Npgsql.NpgsqlConnection(ConnectionString(token, target, more));
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>The real command line, with a home folder of its own for each name.</summary>
    public UserCli Cli(string home = "cli") => new(ApiUrl, Path.Combine(Folder, home), _settings.Tls ? TestCertificates.Instance.AuthorityFile : null);

    /// <summary>A request to the REST API.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body)> ApiAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var http = Http(token);
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        return (response.StatusCode, isJson ? JsonDocument.Parse(text).RootElement : JsonSerializer.SerializeToElement(text));
    }

    public HttpClient Http(string? token)
    {
        var handler = new SocketsHttpHandler();
        if (_settings.Tls)
        {
            handler.SslOptions.CertificateChainPolicy = TestCertificates.Instance.Trust();
        }

        var http = new HttpClient(handler) { BaseAddress = new Uri(ApiUrl), Timeout = TimeSpan.FromSeconds(90) };
        if (token is not null)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return http;
    }

    /// <summary>The pending approval request a test means, as a reviewer sees it, once there is one.</summary>
    public async Task<JsonElement> ApprovalAsync(string token, Func<JsonElement, bool> isMeant)
    {
        JsonElement? found = null;
        await TestRun.UntilAsync("the approval is pending", async () =>
        {
            var (status, page) = await ApiAsync(HttpMethod.Get, "/api/v1/approvals?state=pending&limit=500", token);
            Assert.Equal(HttpStatusCode.OK, status);
            foreach (var item in page.GetProperty("items").EnumerateArray())
            {
                var (_, whole) = await ApiAsync(HttpMethod.Get, $"/api/v1/approvals/{item.GetProperty("id").GetString()}", token);
                if (whole.TryGetProperty("statement", out _) && isMeant(whole))
                {
                    found = whole;
                }
            }

            return found is not null;
        });
        return found!.Value;
    }

    public void Signal(string name) => _process.Signal(name);

    /// <summary>No farewell: what a power cut leaves.</summary>
    public async Task KillAsync()
    {
        _process.Signal("KILL");
        await _process.WaitAsync();
    }

    /// <summary>Asks it to end and waits; gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        _process.Signal("TERM");
        return (await _process.WaitAsync(TimeSpan.FromSeconds(60))).ExitCode;
    }

    /// <summary>Starts it again in the same folder, on the same ports.</summary>
    public async Task RestartAsync()
    {
        _earlierLog = Log;
        _process = Launch(ConfigurationFile);
        if (!await IsReadyAsync())
        {
            throw new InvalidOperationException($"The gateway did not start again:\n{Log}");
        }
    }

    /// <summary>Waits until the log says it.</summary>
    public Task LoggedAsync(string text) => TestRun.UntilAsync($"the gateway logs {text}", () => Log.Contains(text, StringComparison.Ordinal));

    public async ValueTask DisposeAsync() => await _process.DisposeAsync();

    private static Launch ServerLaunch(string configuration) => new(TestRun.Program("Server", "sallyport-server"), "run", configuration);

    private static ChildProcess Launch(string configuration) => ChildProcess.Start(ServerLaunch(configuration));

    private async Task<bool> IsReadyAsync()
    {
        using var http = Http(token: null);
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
