using Npgsql;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Records;

/// <summary>Values that agents send or get are found nowhere in what the gateway writes.</summary>
public sealed class NothingAtRestTests(NothingAtRestTests.Fixture fixture) : IClassFixture<NothingAtRestTests.Fixture>
{
    private const int Seeds = 200;

    [Fact]
    public async Task Two_hundred_seeded_values_are_nowhere()
    {
        var seeds = await fixture.SendAsync(Seeds);
        var bundle = await ExportedEvidence.ExportAsync(fixture.Gateway, Shared.Issuer);
        await fixture.Gateway.StopAsync();

        var written = WrittenFiles.Of(fixture.Gateway);
        Assert.True(written.Count > 5);
        Assert.All(seeds, seed => Assert.Empty(written.Holding(seed)));

        // Inside the bundle too: what an auditor gets.
        var text = string.Join('\n', bundle.Records.Select(r => r.GetRawText()));
        Assert.All(seeds, seed => Assert.DoesNotContain(seed, text));

        // The search works: a name that must be there is found.
        Assert.NotEmpty(written.Holding("clinic.patients"));
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task PrepareAsync() => Server.ExecuteAsync(
            $"""
            CREATE TABLE scratch.seeds (id integer, body text CHECK (length(body) < 1000), UNIQUE (body));
            GRANT ALL ON scratch.seeds TO {PostgresServer.GatewayUser};
            """,
            Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "- {name: asked, match: {effects: [delete]}, verdict: ask, approvers: [security-officers], hold: 1s, expires: 10m}",
            Phi = new Dictionary<string, string> { ["clinic"] = GatewaySettings.ClinicPhi() + "\nscratch.seeds.body: NAME" },
            Limits = "{haltedFor: 0s, approvalsPendingPerPrincipal: 1000}",
        });

        /// <summary>Sends pseudo-words in every place a statement has for a value, with two clients.</summary>
        internal async Task<List<string>> SendAsync(int count)
        {
            var seeds = new List<string>();
            await using var connection = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
            for (var i = 0; i < count; i++)
            {
                var seed = Seed(i);
                seeds.Add(seed);
                Task sending = (i % 20) switch
                {
                    0 => TryAsync(connection, $"SELECT '{seed}'"),
                    1 => TryAsync(connection, "SELECT $1::text", seed),
                    2 => TryAsync(connection, $"SELECT 1 AS \"{seed}\""),
                    3 => TryAsync(connection, $"SELECT 1 /* {seed} */ -- {seed}"),
                    4 => TryAsync(connection, $"SELECT '{seed}'::integer"),
                    5 => TryAsync(connection, $"INSERT INTO scratch.seeds VALUES ({i}, '{seed}')"),
                    6 => TryAsync(connection, "INSERT INTO scratch.seeds VALUES ($1, $2)", i, seed),
                    7 => TryAsync(connection, $"SELECT patient_id FROM clinic.patients WHERE last_name = '{seed}'"),
                    8 => TryAsync(connection, "SELECT patient_id FROM clinic.patients WHERE mrn = $1", seed),
                    9 => TryAsync(connection, $"SELECT \"{seed}\" FROM clinic.patients"),
                    10 => TryAsync(connection, $"SELECT * FROM clinic.{seed}"),
                    11 => TryAsync(connection, $"SELECT $tag${seed}$tag$, E'{seed}', U&'{seed}', B'0', X'{Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(seed))}'"),
                    12 => TryAsync(connection, $"DELETE FROM scratch.seeds WHERE body = '{seed}'"),
                    13 => TryAsync(connection, $"{seed} FROM nothing"),
                    14 => CopyAsync(connection, i, seed),
                    15 => TryAsync(connection, $"SET application_name = '{seed}'"),
                    16 => TryAsync(connection, $"PREPARE \"{seed}\" AS SELECT 1"),
                    17 => TryAsync(connection, $"NOTIFY somebody, '{seed}'"),
                    18 => TryAsync(connection, $"UPDATE scratch.seeds SET body = '{seed}' WHERE id = {i}"),
                    _ => Gateway.Psql(Shared.Issuer.Agent("agent-1"), user: seed).QueryAsync($"SELECT '{seed}'; INSERT INTO scratch.seeds VALUES (1, '{seed}'), (2, '{seed}')"),
                };
                await sending;
            }

            return seeds;
        }

        // Unlike anything else: 14 letters that no dictionary, template or name holds.
        private static string Seed(int number)
        {
            const string Letters = "bcdfghjklmnpqrstvwxz";
            return "zq" + string.Concat(Enumerable.Range(0, 12).Select(i => Letters[(number * 7 + i * 11 + i * i * (number % 13 + 1)) % Letters.Length])) + number.ToString("D3", System.Globalization.CultureInfo.InvariantCulture);
        }

        private static async Task TryAsync(NpgsqlConnection connection, string sql, params object[] parameters)
        {
            try
            {
                await using var command = new NpgsqlCommand(sql, connection);
                foreach (var value in parameters)
                {
                    command.Parameters.Add(new NpgsqlParameter { Value = value });
                }

                await command.ExecuteNonQueryAsync();
            }
            catch (PostgresException)
            {
                // Half of these statements must fail: errors are a way to the disk too.
            }
        }

        private static async Task CopyAsync(NpgsqlConnection connection, int id, string seed)
        {
            try
            {
                await using var rows = await connection.BeginTextImportAsync("COPY scratch.seeds FROM STDIN");
                await rows.WriteAsync($"{id}\t{seed}\n");
            }
            catch (PostgresException)
            {
                // COPY into a tagged table may be refused.
            }
        }
    }
}
