using System.Buffers.Binary;
using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Target;
using Sallyport.Gateway.Targets;
using Sallyport.Gateway.Transport;

namespace Sallyport.EndToEnd.Postgres;

/// <summary>Signing in to a real PostgreSQL, in every way the gateway knows.</summary>
public sealed class TargetTests(TargetServer server) : IClassFixture<TargetServer>, IAsyncDisposable
{
    private readonly TransportEngine _engine = TransportEngine.Create(new TransportOptions());

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Theory]
    [InlineData("by_scram", TargetTlsMode.Disable)]
    [InlineData("by_scram", TargetTlsMode.Require)]
    [InlineData("by_scram", TargetTlsMode.VerifyCa)]
    [InlineData("by_scram", TargetTlsMode.VerifyFull)]
    [InlineData("by_md5", TargetTlsMode.Disable)]
    [InlineData("by_md5", TargetTlsMode.VerifyFull)]
    [InlineData("by_password", TargetTlsMode.VerifyFull)]
    [InlineData("by_nothing", TargetTlsMode.Disable)]
    public async Task Signs_in(string user, TargetTlsMode mode)
    {
        var target = Target(user, mode);
        await RunAsync(async () =>
        {
            using var connection = await target.ConnectAsync([new("application_name", "sallyport-test")], default);
            Assert.Equal(15, connection.ServerVersion);
            Assert.Contains(new("application_name", "sallyport-test"), connection.Parameters);
            Assert.True(connection.Unread.IsEmpty);
            Assert.Equal(4, connection.BackendKey!.Secret.Length);
            Assert.Equal(mode == TargetTlsMode.Disable ? null : "TLSv1.3", connection.Wire.Tls?.Protocol);
            Assert.Equal(user, await ScalarAsync(connection, "SELECT current_user"));
        });
    }

    [Fact]
    public async Task Scram_bound_to_the_servers_certificate_is_accepted()
    {
        // That the binding is chosen whenever it is offered and known is ScramClientTests' business.
        await RunAsync(async () =>
        {
            using var connection = await Target("tls_only", TargetTlsMode.VerifyFull).ConnectAsync([], default);
            Assert.Equal(server.CertificateHash, connection.Wire.Tls!.ServerEndPointBinding);
        });
    }

    [Fact]
    public async Task A_password_that_is_not_ascii_is_prepared_as_the_server_does()
    {
        await RunAsync(async () =>
        {
            using var connection = await Target("by_unicode", TargetTlsMode.Disable, "pä ss€").ConnectAsync([], default);
            Assert.Equal("by_unicode", await ScalarAsync(connection, "SELECT current_user"));
        });
    }

    [Theory]
    [InlineData("by_scram", TargetTlsMode.VerifyFull)]
    [InlineData("by_md5", TargetTlsMode.Disable)]
    [InlineData("by_password", TargetTlsMode.VerifyFull)]
    public async Task A_wrong_password_is_refused_without_being_shown(string user, TargetTlsMode mode)
    {
        var refusal = await RefusalAsync(Target(user, mode, "wrong-one"));
        Assert.Equal(TargetFailure.Authentication, refusal.Failure);
        Assert.Equal("The target clinic refused the gateway's credential.", refusal.Message);
        Assert.Equal("28P01", refusal.SqlState);
        Assert.DoesNotContain("wrong-one", refusal.ToString());
    }

    [Fact]
    public async Task The_password_itself_is_never_sent_in_plain_text()
    {
        var refusal = await RefusalAsync(Target("by_password", TargetTlsMode.Disable));
        Assert.Equal(TargetFailure.Authentication, refusal.Failure);
        Assert.Contains("unencrypted", refusal.Message);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_or_name_is_refused()
    {
        var stranger = await RefusalAsync(Target("by_scram", TargetTlsMode.VerifyFull, caFile: server.StrangerFile));
        Assert.Equal(TargetFailure.Tls, stranger.Failure);
        Assert.Contains("not trusted", stranger.Message);

        var address = await RefusalAsync(Target("by_scram", TargetTlsMode.VerifyFull, host: "127.0.0.1"));
        Assert.Equal(TargetFailure.Tls, address.Failure);
        Assert.Contains("does not name 127.0.0.1", address.Message);

        await RunAsync(async () => (await Target("by_scram", TargetTlsMode.VerifyCa, host: "127.0.0.1").ConnectAsync([], default)).Dispose());
    }

    [Fact]
    public async Task What_the_server_refuses_keeps_its_code_and_not_its_text()
    {
        var database = await RefusalAsync(Target("by_scram", TargetTlsMode.Disable, database: "no-such-database"));
        Assert.Equal((TargetFailure.Refused, "3D000"), (database.Failure, database.SqlState));
        Assert.DoesNotContain("no-such-database", database.Message);

        var plain = await RefusalAsync(Target("tls_only", TargetTlsMode.Disable));
        Assert.Equal((TargetFailure.Authentication, "28000"), (plain.Failure, plain.SqlState));
    }

    [Fact]
    public async Task A_rotated_password_is_read_again()
    {
        var file = Path.Combine(Support.TestRun.Subdirectory("rotated"), "password");
        await File.WriteAllTextAsync(file, "first\n");
        var target = new PostgresTarget(Options("rotated", TargetTlsMode.Disable) with { Password = CredentialSource.FromFile(file) }, _engine, TimeProvider.System);
        await RunAsync(async () => (await target.ConnectAsync([], default)).Dispose());

        await server.ExecuteAsync("SET password_encryption = 'scram-sha-256'; ALTER ROLE rotated PASSWORD 'second'");
        Assert.Equal(TargetFailure.Authentication, (await RefusalAsync(target)).Failure);
        await File.WriteAllTextAsync(file, "second\n");
        await RunAsync(async () => (await target.ConnectAsync([], default)).Dispose());
    }

    [Theory]
    [InlineData(TargetTlsMode.Disable)]
    [InlineData(TargetTlsMode.VerifyFull)]
    public async Task Cancels_what_a_connection_is_running(TargetTlsMode mode)
    {
        var target = Target("by_scram", mode);
        await RunAsync(async () =>
        {
            using var connection = await target.ConnectAsync([], default);
            await connection.Wire.SendAsync(Query("SELECT pg_sleep(60)"));
            await target.CancelAsync(connection.BackendKey!);
            Assert.Contains("57014", Encoding.UTF8.GetString(await AnswerAsync(connection)));
            Assert.Equal("1", await ScalarAsync(connection, "SELECT 1"));
        });
    }

    [Fact]
    public async Task Nobody_at_the_port_is_a_refusal()
    {
        var target = new PostgresTarget(Options("by_scram", TargetTlsMode.Disable) with { Port = Support.TestRun.FreePort() }, _engine, TimeProvider.System);
        Assert.Equal(TargetFailure.Refused, (await RefusalAsync(target)).Failure);
    }

    private static byte[] Query(string sql)
    {
        var bytes = new byte[1 + 4 + sql.Length + 1];
        bytes[0] = (byte)'Q';
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - 1);
        Encoding.ASCII.GetBytes(sql, bytes.AsSpan(5));
        return bytes;
    }

    /// <summary>Everything up to a ReadyForQuery of an idle session.</summary>
    private static async Task<byte[]> AnswerAsync(TargetConnection connection)
    {
        byte[] ready = [(byte)'Z', 0, 0, 0, 5, (byte)'I'];
        var answer = Array.Empty<byte>();
        var buffer = new byte[4096];
        while (!answer.AsSpan().EndsWith(ready))
        {
            var received = await connection.Wire.ReceiveAsync(buffer);
            Assert.NotEqual(0, received);
            answer = [.. answer, .. buffer.AsSpan(0, received)];
        }

        return answer;
    }

    private static async Task<string> ScalarAsync(TargetConnection connection, string sql)
    {
        await connection.Wire.SendAsync(Query(sql));
        var answer = await AnswerAsync(connection);
        Assert.Equal((byte)'T', answer[0]);
        var row = 1 + BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(1));
        Assert.Equal((byte)'D', answer[row]);
        var length = BinaryPrimitives.ReadInt32BigEndian(answer.AsSpan(row + 7));
        return Encoding.UTF8.GetString(answer, row + 11, length);
    }

    private PostgresTargetOptions Options(string user, TargetTlsMode mode) => new()
    {
        Name = "clinic",
        Host = "localhost",
        Port = server.Port,
        Database = "clinic",
        User = user,
        Password = CredentialSource.FromValue(TargetServer.Password),
        TlsMode = mode,
        CaFile = server.AuthorityFile,
    };

    private PostgresTarget Target(
        string user, TargetTlsMode mode, string password = TargetServer.Password, string? caFile = null, string host = "localhost", string database = "clinic") =>
        new(
            Options(user, mode) with
            {
                Password = CredentialSource.FromValue(password),
                CaFile = caFile ?? server.AuthorityFile,
                Host = host,
                Database = database,
            },
            _engine,
            TimeProvider.System);

    private async Task<TargetUnavailableException> RefusalAsync(PostgresTarget target)
    {
        TargetUnavailableException? refusal = null;
        await RunAsync(async () => refusal = await Assert.ThrowsAsync<TargetUnavailableException>(async () => await target.ConnectAsync([], default)));
        return refusal!;
    }

    private Task RunAsync(Func<Task> session) => _engine.RunAsync(session).WaitAsync(TimeSpan.FromSeconds(30));
}
