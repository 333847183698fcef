using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Operations;

/// <summary>A changed configuration file comes into force by itself, without a session noticing more than its new rules and masks.</summary>
public sealed class HotReloadTests(HotReloadTests.Fixture fixture) : IClassFixture<HotReloadTests.Fixture>
{
    private const string Tagged = "\n    scratch.visits.room: ROOM";

    [Fact]
    public async Task A_live_session_masks_a_newly_tagged_column_from_its_next_command()
    {
        var plain = await File.ReadAllTextAsync(fixture.Gateway.ConfigurationFile);
        var token = Shared.Issuer.Agent("agent-1");
        await using var psql = ChildProcess.Start(fixture.Gateway.Psql(token).Launch("--no-align", "--tuples-only"));
        await using var session = await fixture.Gateway.ConnectAsync(token);
        await using var read = new NpgsqlCommand("SELECT room FROM scratch.visits WHERE id = 1", session);
        await read.PrepareAsync();
        Assert.Equal("Room-4711", await read.ExecuteScalarAsync());
        var backend = await ScalarAsync(session, "SELECT pg_backend_pid()");
        await psql.Input.WriteLineAsync("SELECT room FROM scratch.visits WHERE id = 1;");
        await TestRun.UntilAsync("psql shows the value", () => psql.Output.Contains("Room-4711", StringComparison.Ordinal));
        await ExecuteAsync(session, "BEGIN");
        await ExecuteAsync(session, "DECLARE rooms CURSOR FOR SELECT room FROM scratch.visits ORDER BY id");
        Assert.Equal("Room-4711", await ScalarAsync(session, "FETCH rooms"));

        // By rename, as careful editors and deployments do.
        await ReplaceAsync(plain.Replace("phi:\n  clinic:", "phi:\n  clinic:" + Tagged, StringComparison.Ordinal));
        await InForceAsync();

        var late = await Assert.ThrowsAsync<PostgresException>(() => ScalarAsync(session, "FETCH rooms"));
        Assert.Contains("redeclared", late.MessageText);
        await ExecuteAsync(session, "ROLLBACK");
        Assert.DoesNotContain("4711", (string?)await read.ExecuteScalarAsync());
        Assert.DoesNotContain("4711", (string?)await ScalarAsync(session, "SELECT room FROM scratch.visits WHERE id = 1"));
        Assert.Equal(backend, await ScalarAsync(session, "SELECT pg_backend_pid()"));
        var shown = psql.Output.Length;
        await psql.Input.WriteLineAsync("SELECT room FROM scratch.visits WHERE id = 1; SELECT 'done';");
        await TestRun.UntilAsync("psql answers", () => psql.Output[shown..].Contains("done", StringComparison.Ordinal));
        Assert.DoesNotContain("4711", psql.Output[shown..]);

        // And back: what is no longer tagged comes as it is.
        await ReplaceAsync(plain);
        await InForceAsync();
        Assert.Equal("Room-4711", await read.ExecuteScalarAsync());
        await ScalarAsync(session, "SELECT 1");
    }

    [Fact]
    public async Task A_bad_file_is_refused_with_all_its_problems_and_the_old_policy_stays()
    {
        var plain = await File.ReadAllTextAsync(fixture.Gateway.ConfigurationFile);
        var (_, before) = await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/policy", Shared.Issuer.Agent("agent-1"));
        await using var session = await fixture.Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        // In place, as an editor that is slow.
        await using (var file = new StreamWriter(fixture.Gateway.ConfigurationFile) { AutoFlush = true })
        {
            await file.WriteAsync(plain + "\nunknown: 1\n");
            await file.WriteAsync("another: 2\n");
        }

        await TestRun.UntilAsync("the file is refused", async () => (await PolicyAsync()).TryGetProperty("refused", out var refused) && refused.GetProperty("problems").GetInt32() == 2);
        Assert.Equal(before.GetProperty("hash").GetString(), (await PolicyAsync()).GetProperty("hash").GetString());
        Assert.Contains("unknown", fixture.Gateway.Log);
        Assert.Contains("another", fixture.Gateway.Log);
        Assert.Equal(1, await ScalarAsync(session, "SELECT 1"));
        var evidence = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        Assert.NotEmpty(evidence.OfKind("policy.refused"));

        await ReplaceAsync(plain);
        await InForceAsync();
    }

    [Fact]
    public async Task A_link_that_is_swapped_is_a_changed_file()
    {
        // As Kubernetes mounts a ConfigMap: the file is a link through a link, and only that one changes.
        var plain = await File.ReadAllTextAsync(fixture.Gateway.ConfigurationFile);
        var folder = Path.GetDirectoryName(fixture.Gateway.ConfigurationFile)!;
        foreach (var (version, text) in new[] { ("..1", plain), ("..2", plain + "\n# another version\n") })
        {
            Directory.CreateDirectory(Path.Combine(folder, version));
            await File.WriteAllTextAsync(Path.Combine(folder, version, "sallyport.yaml"), text);
        }

        await LinkAsync("..data", "..1");
        File.CreateSymbolicLink(fixture.Gateway.ConfigurationFile + ".new", "..data/sallyport.yaml");
        File.Move(fixture.Gateway.ConfigurationFile + ".new", fixture.Gateway.ConfigurationFile, overwrite: true);
        var before = (await PolicyAsync()).GetProperty("hash").GetString();
        await LinkAsync("..data", "..2");
        await TestRun.UntilAsync("the other version is in force", async () => (await PolicyAsync()).GetProperty("hash").GetString() != before);
        await ReplaceAsync(plain);
        await InForceAsync();

        async Task LinkAsync(string name, string target)
        {
            var link = Path.Combine(folder, name);
            File.CreateSymbolicLink(link + ".new", target);
            (await ChildProcess.RunAsync(new Launch("/bin/mv", "-f", "-T", link + ".new", link))).Expect(0);
        }
    }

    private async Task<System.Text.Json.JsonElement> PolicyAsync() =>
        (await fixture.Gateway.ApiAsync(HttpMethod.Get, "/api/v1/policy", Shared.Issuer.Agent("agent-1"))).Body;

    private async Task ReplaceAsync(string text)
    {
        await File.WriteAllTextAsync(fixture.Gateway.ConfigurationFile + ".new", text);
        File.Move(fixture.Gateway.ConfigurationFile + ".new", fixture.Gateway.ConfigurationFile, overwrite: true);
    }

    private Task InForceAsync()
    {
        var text = File.ReadAllText(fixture.Gateway.ConfigurationFile).Replace("\r\n", "\n", StringComparison.Ordinal);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));
        return TestRun.UntilAsync("the file is in force", async () => (await PolicyAsync()).GetProperty("hash").GetString() == hash);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        return await command.ExecuteScalarAsync();
    }

    private static async Task ExecuteAsync(NpgsqlConnection session, string sql)
    {
        await using var command = new NpgsqlCommand(sql, session);
        await command.ExecuteNonQueryAsync();
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with { Rules = "" });

        private protected override Task PrepareAsync() => Server.ExecuteAsync(
            $"""
            CREATE TABLE scratch.visits (id int PRIMARY KEY, room text);
            INSERT INTO scratch.visits SELECT i, 'Room-471' || i FROM generate_series(1, 9) i;
            GRANT SELECT ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};
            """,
            Database);
    }
}
