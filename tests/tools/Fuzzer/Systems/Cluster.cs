using Sallyport.EndToEnd.Support;
using Sallyport.Tools.Fuzzer.Wire;

namespace Sallyport.Tools.Fuzzer.Systems;

/// <summary>A throw-away PostgreSQL server on a free port of the loopback interface, open to everybody on this machine.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    public const string Superuser = "postgres";
    public const string AgentRole = "sallyport";
    private const int MaxStartAttempts = 3;
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);

    // Plans that hash give rows in an order that depends on the values; statistics depend on when they were taken. Both are known
    // residual channels that would hide the others here.
    private static readonly string[] Settings =
    [
        "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB",
        "max_connections=60", "timezone=UTC", "log_timezone=UTC", "log_min_messages=fatal", "autovacuum=off", "enable_hashagg=off", "work_mem=64MB",
        "enable_hashjoin=off", "jit=off", "max_parallel_workers_per_gather=0", "track_activities=on", "statement_timeout=5s", "wal_level=minimal",
        "max_wal_senders=0", "temp_file_limit=200MB",
    ];

    private readonly ChildProcess _server;

    private Cluster(int port, string data, ChildProcess server)
    {
        Port = port;
        Data = data;
        _server = server;
    }

    public int Port { get; }

    public string Data { get; }

    public static async Task<string> InitializeAsync(string binaries)
    {
        var directory = TestRun.Subdirectory("cluster");
        await OwnAsync(directory);
        var data = Path.Combine(directory, "data");
        (await ChildProcess.RunAsync(new Launch(
            Path.Combine(binaries, "initdb"), "--pgdata", data, "--username", Superuser, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
        { AsDatabaseUser = true })).Expect(0);
        return data;
    }

    /// <summary>A copy of a stopped server: the same OIDs, the same transaction ids.</summary>
    public static async Task<string> CopyAsync(string data)
    {
        var directory = TestRun.Subdirectory("cluster");
        await OwnAsync(directory);
        var copy = Path.Combine(directory, "data");
        (await ChildProcess.RunAsync(new Launch("/bin/cp", "-a", data, copy))).Expect(0);
        return copy;
    }

    public static async Task<Cluster> StartAsync(string binaries, string data)
    {
        for (var attempt = 1; ; attempt++)
        {
            var port = TestRun.FreePort();
            string[] settings = [.. Settings, $"port={port}"];
            var cluster = new Cluster(port, data, ChildProcess.Start(new Launch(
                Path.Combine(binaries, "postgres"), ["-D", data, .. settings.SelectMany(s => (string[])["-c", s])])
            { AsDatabaseUser = true, Directory = Path.GetDirectoryName(data), DeathSignal = "QUIT" }));
            if (await cluster.IsUpAsync())
            {
                return cluster;
            }

            await cluster._server.DisposeAsync();
            if (attempt == MaxStartAttempts)
            {
                throw new InvalidOperationException($"PostgreSQL did not start:\n{cluster._server.Error}");
            }
        }
    }

    public Task<Client> ConnectAsync(string database = "postgres", string user = Superuser) => Client.ConnectAsync(Port, user, database, null);

    /// <summary>Runs statements as superuser, one by one.</summary>
    public async Task ExecuteAsync(string database, params IEnumerable<string> statements)
    {
        using var client = await ConnectAsync(database);
        foreach (var sql in statements)
        {
            await client.RowsAsync(sql);
        }
    }

    /// <summary>Ends it so that its folder can be copied.</summary>
    public async Task StopAsync()
    {
        _server.Signal("INT");
        await _server.WaitAsync(StartTime);
        await _server.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_server.HasExited)
        {
            _server.Signal("QUIT");
        }

        await _server.WaitAsync(StartTime);
        await _server.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(Data)!, recursive: true);
    }

    private static async Task OwnAsync(string directory)
    {
        if (TestRun.IsRoot)
        {
            (await ChildProcess.RunAsync(new Launch("/bin/chown", TestRun.DatabaseUser, directory))).Expect(0);
        }
    }

    private async Task<bool> IsUpAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < StartTime && !_server.HasExited)
        {
            try
            {
                using var client = await ConnectAsync();
                return true;
            }
            catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
            {
                await Task.Delay(25);
            }
        }

        return false;
    }
}
