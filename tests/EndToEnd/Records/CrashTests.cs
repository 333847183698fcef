using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Records;

/// <summary>Power cuts: what was acknowledged is there, what was under way is known to be unknown.</summary>
public sealed class CrashTests
{
    private const int Crashes = 20;
    private const int Clients = 4;

    [Fact]
    public async Task Killed_twenty_times_under_load_it_keeps_every_acknowledged_record_and_a_tree_that_verifies()
    {
        var (gateway, server, database) = await Shared.GatewayAsync(change: s => s with { Rules = "" });
        await using (gateway)
        {
            await server.ExecuteAsync(
                $"CREATE TABLE scratch.work (id text PRIMARY KEY); GRANT ALL ON scratch.work TO {PostgresServer.GatewayUser}", database);
            var acknowledged = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
            for (var crash = 0; crash < Crashes; crash++)
            {
                using var stop = new CancellationTokenSource();
                var load = Enumerable.Range(0, Clients).Select(client => LoadAsync(gateway, $"{crash}-{client}", acknowledged, stop.Token)).ToArray();
                var before = acknowledged.Count;
                await TestRun.UntilAsync("some writes were acknowledged", () => acknowledged.Count > before + 10);
                await gateway.KillAsync();
                await stop.CancelAsync();
                await Task.WhenAll(load);
                await gateway.RestartAsync();
            }

            // What the client was told is in the table, and the ledger holds an intent for each.
            Assert.Equal(0L, await server.ScalarAsync(
                $"SELECT count(*) FROM unnest(ARRAY[{string.Join(',', acknowledged.Keys.Select(k => $"'{k}'"))}]) AS a WHERE a NOT IN (SELECT id FROM scratch.work)", database));
            var evidence = await ExportedEvidence.ExportAsync(gateway, Shared.Issuer);
            var intents = evidence.OfKind("intent").Count();
            var ended = evidence.OfKind("outcome").Count() + evidence.OfKind("outcome.unknown").Count();
            var done = (long)(await server.ScalarAsync("SELECT count(*) FROM scratch.work", database))!;
            Assert.True(intents >= done, $"{done} writes and {intents} intents");
            Assert.Equal(intents, ended);
            Assert.NotEmpty(evidence.OfKind("outcome.unknown"));
            Assert.Equal(Crashes + 1, evidence.OfKind("gateway.start").Count());

            var key = await ExportedEvidence.KeyAsync(gateway, Shared.Issuer);
            (await gateway.Cli().RunAsync("evidence", "verify", evidence.BundleFile, "--key", key)).Expect(0);
            Assert.Equal(0, await gateway.StopAsync());
            (await gateway.Cli().RunAsync("ledger", "verify", Path.Combine(gateway.DataDirectory, "ledger"), "--key", key)).Expect(0);
        }
    }

    private static async Task LoadAsync(GatewayProcess gateway, string name, ConcurrentDictionary<string, bool> acknowledged, CancellationToken stop)
    {
        try
        {
            await using var connection = await gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{i}");
                await using var command = new NpgsqlCommand("INSERT INTO scratch.work VALUES ($1)", connection) { Parameters = { new() { Value = id } } };
                await command.ExecuteNonQueryAsync(CancellationToken.None);
                acknowledged[id] = true;
            }
        }
        catch (NpgsqlException)
        {
            // The gateway was killed: that is what the test does.
        }
    }
}
