using System.Net;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Operations;

/// <summary>What an operator sees and does.</summary>
public sealed class OperationsTests
{
    [Fact]
    public async Task Health_readiness_metrics_and_the_api_s_own_description_are_served()
    {
        var (gateway, _, _) = await Shared.GatewayAsync();
        await using (gateway)
        {
            (await gateway.Psql(Shared.Issuer.Agent("agent-1")).QueryAsync("SELECT 1")).Expect(0);
            Assert.Equal(HttpStatusCode.OK, (await gateway.ApiAsync(HttpMethod.Get, "/healthz", null)).Status);
            Assert.Equal(HttpStatusCode.OK, (await gateway.ApiAsync(HttpMethod.Get, "/readyz", null)).Status);
            var (_, openApi) = await gateway.ApiAsync(HttpMethod.Get, "/openapi/v1.json", null);
            Assert.True(openApi.GetProperty("paths").TryGetProperty("/api/v1/approvals/{id}/approve", out _));

            using var http = gateway.Http(Shared.Issuer.Human("oscar", "operators"));
            var metrics = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            Assert.Contains("# TYPE sallyport_", metrics);
            Assert.DoesNotContain("agent-1", metrics);
        }
    }

    [Fact]
    public async Task Asked_to_end_it_tells_its_sessions_closes_the_ledger_and_leaves_with_zero()
    {
        var (gateway, _, _) = await Shared.GatewayAsync();
        await using (gateway)
        {
            using var client = await RawClient.SignInAsync(gateway.PostgresPort, Shared.Issuer.Agent("agent-1"));
            var stopping = gateway.StopAsync();
            var last = await client.ReadToEndAsync();
            Assert.Contains(last, m => m.Type == 'E' && m.Field('C') == "57P01");
            Assert.Equal(0, await stopping);
            await gateway.RestartAsync();
            var evidence = await ExportedEvidence.ExportAsync(gateway, Shared.Issuer);
            Assert.Single(evidence.OfKind("gateway.stop"));
            Assert.NotEmpty(evidence.OfKind("session.end"));
        }
    }

    [Fact]
    public async Task A_target_that_goes_away_is_told_to_the_client_in_a_clear_sentence()
    {
        await using var server = await PostgresServer.StartAsync(15);
        await using var gateway = await GatewayProcess.StartAsync(GatewaySettings.For(server, Shared.Issuer));
        using var client = await RawClient.SignInAsync(gateway.PostgresPort, Shared.Issuer.Agent("agent-1"));
        await client.SendAsync(RawClient.Query("SELECT pg_sleep(60)"));
        await Task.Delay(300);
        server.Kill();
        var last = await client.ReadToEndAsync();
        Assert.Contains(last, m => m.Type == 'E');

        var refused = await gateway.Psql(Shared.Issuer.Agent("agent-1")).QueryAsync("SELECT 1");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("target clinic", refused.Error);
        Assert.DoesNotContain(PostgresServer.GatewayPassword, refused.Error + gateway.Log);
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_cancels_its_statement_at_the_target()
    {
        var (gateway, server, database) = await Shared.GatewayAsync();
        await using (gateway)
        {
            using var client = await RawClient.SignInAsync(gateway.PostgresPort, Shared.Issuer.Agent("agent-1"));
            await client.SendAsync(RawClient.Query("SELECT pg_sleep(120)"));
            var running = $"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND query LIKE '%pg_sleep(120)%' AND state = 'active' AND pid <> pg_backend_pid()";
            await TestRun.UntilAsync("the statement runs", async () => (long)(await server.ScalarAsync(running, "postgres"))! == 1);
            client.Reset();
            await TestRun.UntilAsync("the statement is cancelled", async () => (long)(await server.ScalarAsync(running, "postgres"))! == 0);
        }
    }

    [Fact]
    public async Task An_idle_session_and_an_old_one_are_ended_with_a_sentence()
    {
        var (gateway, _, _) = await Shared.GatewayAsync(change: s => s with { Limits = "{idle: 1s, sessionLifetime: 4s}" });
        await using (gateway)
        {
            using var idle = await RawClient.SignInAsync(gateway.PostgresPort, Shared.Issuer.Agent("agent-1"));
            Assert.Contains(await idle.ReadToEndAsync(), m => m.Type == 'E' && m.Field('M').Contains("idle", StringComparison.OrdinalIgnoreCase));

            await using var busy = await gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
            await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
            {
                for (var i = 0; i < 300; i++)
                {
                    await using var command = new NpgsqlCommand("SELECT 1", busy);
                    await command.ExecuteScalarAsync();
                    await Task.Delay(100);
                }
            });
        }
    }

    [Fact]
    public async Task An_operator_ends_a_session_and_an_auditor_reads_it()
    {
        var (gateway, _, _) = await Shared.GatewayAsync();
        await using (gateway)
        {
            using var client = await RawClient.SignInAsync(gateway.PostgresPort, Shared.Issuer.Agent("agent-1", runId: "run-5"));
            await client.RoundTripAsync(RawClient.Query("SELECT mrn FROM clinic.patients WHERE patient_id = 7"));
            var auditor = gateway.Cli("audrey") with { Token = Shared.Issuer.Human("audrey", "auditors") };
            var sessions = await auditor.JsonAsync("sessions", "list", "--state", "live");
            var id = sessions.GetProperty("items")[0].GetProperty("id").GetString()!;
            Assert.Contains("run-5", (await auditor.RunAsync("sessions", "show", id)).Expect(0).Output);

            var stranger = gateway.Cli("alice") with { Token = Shared.Issuer.Human("alice", "developers") };
            Assert.NotEqual(0, (await stranger.RunAsync("sessions", "kill", id, "--reason", "no")).ExitCode);
            var oscar = gateway.Cli("oscar") with { Token = Shared.Issuer.Human("oscar", "operators") };
            (await oscar.RunAsync("sessions", "kill", id, "--reason", "incident 12")).Expect(0);
            Assert.Contains(await client.ReadToEndAsync(), m => m.Type == 'E' && m.Field('S') == "FATAL");

            var evidence = await ExportedEvidence.ExportAsync(gateway, Shared.Issuer, "--session", id);
            Assert.NotEmpty(evidence.OfKind("intent"));
            Assert.Single(evidence.OfKind("session.end"));
            var key = await ExportedEvidence.KeyAsync(gateway, Shared.Issuer);
            (await gateway.Cli().RunAsync("evidence", "verify", evidence.BundleFile, "--key", key)).Expect(0);
        }
    }

    [Fact]
    public async Task A_configuration_with_mistakes_is_refused_with_all_of_them()
    {
        var file = Path.Combine(TestRun.Subdirectory("bad"), "sallyport.yaml");
        await File.WriteAllTextAsync(file, "origin: x\ndata: ./d\nlisten: {postgres: nonsense}\nidentity: []\ntargets: []\nunknown: 1\n");
        var refused = await GatewayProcess.RunAsync(file);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(":3:", refused.Output + refused.Error);
        Assert.Contains(":6:", refused.Output + refused.Error);
    }

    [Fact]
    public async Task A_reload_brings_the_new_rules_into_force_and_is_recorded()
    {
        var (gateway, _, _) = await Shared.GatewayAsync(change: s => s with { Rules = "" });
        await using (gateway)
        {
            await using var open = await gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
            await using var read = new NpgsqlCommand("SELECT count(*) FROM clinic.payers", open);
            await read.ExecuteScalarAsync();
            var yaml = await File.ReadAllTextAsync(gateway.ConfigurationFile);
            await File.WriteAllTextAsync(gateway.ConfigurationFile, yaml.Replace("rules: []", "rules:\n  - {name: closed-now, match: {class: read, tables: [clinic.payers]}, verdict: deny}", StringComparison.Ordinal));
            gateway.Signal("HUP");
            await TestRun.UntilAsync("the new rule is in force", async () =>
            {
                try
                {
                    await read.ExecuteScalarAsync();
                    return false;
                }
                catch (PostgresException refused)
                {
                    Assert.Contains("closed-now", refused.MessageText);
                    return true;
                }
            });
            var evidence = await ExportedEvidence.ExportAsync(gateway, Shared.Issuer);
            Assert.Equal(2, evidence.OfKind("policy.activate").Count());
        }
    }
}
