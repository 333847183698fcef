using Npgsql;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>A real PostgreSQL of its own, on a free port of the loopback interface, with the sample clinic in it.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    public const string Superuser = "postgres";
    public const string SuperuserPassword = "superuser-e2e";

    /// <summary>A database nobody connects to: the clinic as it was loaded.</summary>
    public const string Template = "clinic_template";
    public const string GatewayUser = "sallyport";
    public const string GatewayPassword = "gateway-e2e";
    private const int MaxStartAttempts = 3;

    private readonly ChildProcess _server;

    private PostgresServer(int major, int port, string directory, ChildProcess server)
    {
        Major = major;
        Port = port;
        DataDirectory = directory;
        _server = server;
    }

    public int Major { get; }

    public int Port { get; }

    public string DataDirectory { get; }

    public string Log => _server.Error;

    /// <param name="major">15 (Debian), 17 or 18 (npm); others where SALLYPORT_POSTGRES_MAJOR names a folder with the programs in its <c>bin</c>.</param>
    /// <param name="settings">Further lines of <c>postgresql.conf</c>.</param>
    public static async Task<PostgresServer> StartAsync(int major, params string[] settings)
    {
        var directory = TestRun.Subdirectory($"postgres{major}");
        var binaries = Binaries(major);
        if (TestRun.IsRoot)
        {
            (await ChildProcess.RunAsync(new Launch("/bin/chown", TestRun.DatabaseUser, directory))).Expect(0);
        }

        var data = Path.Combine(directory, "data");
        (await ChildProcess.RunAsync(new Launch(
            Path.Combine(binaries, "initdb"), "--pgdata", data, "--username", Superuser, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions")
        { AsDatabaseUser = true })).Expect(0);

        for (var attempt = 1; ; attempt++)
        {
            var port = TestRun.FreePort();
            string[] all =
            [
                $"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "full_page_writes=off",
                "shared_buffers=64MB", "max_connections=200", "max_prepared_transactions=10", "timezone=UTC", "log_timezone=UTC",
                "log_min_messages=log", "password_encryption=scram-sha-256", .. settings,
            ];
            var server = ChildProcess.Start(new Launch(Path.Combine(binaries, "postgres"), ["-D", data, .. all.SelectMany(s => (string[])["-c", s])])
            {
                AsDatabaseUser = true,
                Directory = directory,
                DeathSignal = "QUIT",
            });
            var postgres = new PostgresServer(major, port, directory, server);
            if (await postgres.IsUpAsync())
            {
                await postgres.PrepareAsync(data);
                return postgres;
            }

            await server.DisposeAsync();
            if (attempt == MaxStartAttempts)
            {
                throw new InvalidOperationException($"PostgreSQL {major} did not start:\n{postgres.Log}");
            }
        }
    }

    public string ConnectionString(string database, string user = Superuser, string? password = null) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Database = database,
        Username = user,
        Password = password ?? (user == Superuser ? SuperuserPassword : GatewayPassword),
        Pooling = false,
        Timeout = 30,
    }.ConnectionString;

    public async Task<NpgsqlConnection> ConnectAsync(string database = "clinic", string user = Superuser)
    {
        var connection = new NpgsqlConnection(ConnectionString(database, user));
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Runs statements as superuser, past any gateway.</summary>
    public async Task ExecuteAsync(string sql, string database = "clinic")
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>One value as superuser, past any gateway.</summary>
    public async Task<object?> ScalarAsync(string sql, string database = "clinic")
    {
        await using var connection = await ConnectAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public void Kill() => _server.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_server.HasExited)
        {
            _server.Signal("QUIT");
        }

        await _server.WaitAsync(TimeSpan.FromSeconds(30));
        await _server.DisposeAsync();
    }

    /// <summary>The folder of a major's programs; libpq is in the one beside it.</summary>
    public static string Binaries(int major)
    {
        if (major == 15)
        {
            return "/usr/lib/postgresql/15/bin";
        }

        var native = Environment.GetEnvironmentVariable($"SALLYPORT_POSTGRES_{major}") is { Length: > 0 } given
            ? given
            : Path.Combine(TestRun.NodeModules, $"postgres{major}", "native");
        return Path.Combine(Reachable.ByDatabaseUser(native), "bin");
    }

    private async Task<bool> IsUpAsync()
    {
        for (var attempt = 0; attempt < 1200 && !_server.HasExited; attempt++)
        {
            try
            {
                await using var connection = await ConnectAsync("postgres");
                return true;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(25);
            }
        }

        return false;
    }

    private async Task PrepareAsync(string data)
    {
        await ExecuteAsync($"ALTER ROLE {Superuser} PASSWORD '{SuperuserPassword}'", "postgres");
        (await ChildProcess.RunAsync(new Launch(Path.Combine(TestRun.Repository, "samples", "clinic", "load"))
        {
            Environment = new()
            {
                ["PGHOST"] = "127.0.0.1",
                ["PGPORT"] = Port.ToString(),
                ["PGUSER"] = Superuser,
                ["SALLYPORT_ROLE_PASSWORD"] = GatewayPassword,
                ["TMPDIR"] = TestRun.Directory,
            },
        })).Expect(0);
        await ExecuteAsync($"CREATE SCHEMA scratch AUTHORIZATION {GatewayUser}");
        await ExecuteAsync($"CREATE DATABASE {Template} TEMPLATE clinic", "postgres");

        // From here on every connection needs a password, as at any real site.
        await File.WriteAllTextAsync(Path.Combine(data, "pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
        await ExecuteAsync("SELECT pg_reload_conf()", "postgres");
    }
}
