using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;
using Sallyport.Unit.Support;

namespace Sallyport.EndToEnd.Postgres;

/// <summary>A PostgreSQL 15 with TLS, and one login per way of authenticating.</summary>
public sealed class TargetServer : IAsyncLifetime
{
    public const string Password = "s3cret-of-the-target";

    private PostgresServer? _server;
    private TestAuthority? _authority;
    private TestAuthority? _stranger;

    public int Port => Server.Port;

    public string AuthorityFile => _authority!.AuthorityFile;

    /// <summary>An authority that did not sign the server's certificate.</summary>
    public string StrangerFile => _stranger!.AuthorityFile;

    /// <summary>SHA-256 of the server's certificate.</summary>
    public byte[] CertificateHash { get; private set; } = [];

    private PostgresServer Server => _server ?? throw new InvalidOperationException("The server has not started.");

    public async ValueTask InitializeAsync()
    {
        var directory = TestRun.Subdirectory("target-tls");
        _authority = new TestAuthority(directory);
        _stranger = new TestAuthority(TestRun.Subdirectory("target-stranger"));
        var (certificate, key) = _authority.Issue("server", "localhost", "db.clinic.example");
        CertificateHash = X509CertificateLoader.LoadCertificateFromFile(certificate).GetCertHash(HashAlgorithmName.SHA256);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (TestRun.IsRoot)
        {
            (await ChildProcess.RunAsync(new Launch("/bin/chown", "-R", TestRun.DatabaseUser, directory))).Expect(0);
        }

        _server = await PostgresServer.StartAsync(15, "ssl=on", $"ssl_cert_file={certificate}", $"ssl_key_file={key}");
        await Server.ExecuteAsync(
            $"""
            SET password_encryption = 'scram-sha-256';
            CREATE ROLE by_scram LOGIN PASSWORD '{Password}';
            CREATE ROLE by_unicode LOGIN PASSWORD 'pä{'\u00a0'}ss€';
            CREATE ROLE by_password LOGIN PASSWORD '{Password}';
            CREATE ROLE by_nothing LOGIN;
            CREATE ROLE tls_only LOGIN PASSWORD '{Password}';
            CREATE ROLE rotated LOGIN PASSWORD 'first';
            SET password_encryption = 'md5';
            CREATE ROLE by_md5 LOGIN PASSWORD '{Password}';
            """);
        await File.WriteAllTextAsync(Path.Combine(Server.DataDirectory, "data", "pg_hba.conf"),
            """
            host    all by_md5      127.0.0.1/32 md5
            host    all by_password 127.0.0.1/32 password
            host    all by_nothing  127.0.0.1/32 trust
            hostssl all tls_only    127.0.0.1/32 scram-sha-256
            host    all tls_only    127.0.0.1/32 reject
            host    all all         127.0.0.1/32 scram-sha-256

            """);
        await ExecuteAsync("SELECT pg_reload_conf()");
    }

    public async ValueTask DisposeAsync()
    {
        _authority?.Dispose();
        _stranger?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Server.ConnectionString("clinic"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
