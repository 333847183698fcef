using System.Buffers.Binary;
using System.Collections;
using System.Globalization;
using Npgsql;
using Sallyport.EndToEnd.Clients;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Masking;

/// <summary>Masked values of every type, read by real drivers: each must see what it would see if the mask's constant were stored.</summary>
public sealed class MaskedTypesTests(MaskedTypesTests.Fixture fixture) : IClassFixture<MaskedTypesTests.Fixture>
{
    private const string Python = """
        import sys, psycopg
        with psycopg.connect() as conn:
            for binary in (False, True):
                for row in conn.cursor(binary=binary).execute("SELECT * FROM " + sys.argv[1] + " ORDER BY id"):
                    print([repr(value) for value in row])
        """;

    private const string Node = """
        import pg from 'pg'
        const client = new pg.Client({ ssl: false })
        await client.connect()
        const result = await client.query({ text: `SELECT * FROM ${process.argv[2]} ORDER BY id`, rowMode: 'array' })
        console.log(JSON.stringify(result.rows))
        await client.end()
        """;

    private readonly string _token = Shared.Issuer.Agent("agent-1", seconds: 3600);

    [Fact]
    public async Task Every_sentinel_is_what_the_server_itself_writes()
    {
        await using var connection = await fixture.Server.ConnectAsync(fixture.Database);
        var sentinels = new List<(uint Oid, string Type, string Text, byte[] Binary)>();
        await using (var types = new NpgsqlCommand("SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid < 16384 AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A' ORDER BY oid", connection))
        await using (var reader = await types.ExecuteReaderAsync(TestContext.Current.CancellationToken))
        {
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                var oid = reader.GetFieldValue<uint>(0);
                // Money is written as the server's locale wants it, the internal type of full-text indexes has no input, and text shows its tag.
                if (oid is not (790 or 3642) && MaskedTypes.SentinelOf(oid) is { } forms && !forms.Text.Contains("ANY", StringComparison.Ordinal) && forms.Text != "*")
                {
                    sentinels.Add((oid, reader.GetString(1), forms.Text, forms.Binary));
                }
            }
        }

        Assert.True(sentinels.Count > 50, $"{sentinels.Count} types have a sentinel");
        var list = string.Join(", ", sentinels.Select(s => $"'{s.Text}'::{s.Type}"));
        await using var copy = await connection.BeginRawBinaryCopyAsync($"COPY (SELECT {list}) TO STDOUT (FORMAT binary)", TestContext.Current.CancellationToken);
        using var bytes = new MemoryStream();
        await copy.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        await copy.DisposeAsync();
        var at = 21;
        foreach (var sentinel in sentinels)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes.ToArray().AsSpan(at));
            Assert.Equal($"{sentinel.Type} {Convert.ToHexString(sentinel.Binary)}", $"{sentinel.Type} {Convert.ToHexString(bytes.ToArray(), at + 4, length)}");
            at += 4 + length;
        }

        await using var texts = new NpgsqlCommand($"SELECT ARRAY[{string.Join(", ", sentinels.Select(s => $"format('%s', '{s.Text}'::{s.Type})"))}]", connection);
        Assert.Equal(sentinels.Select(s => s.Text), (string[])(await texts.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }

    [Fact]
    public async Task Npgsql_reads_every_masked_value()
    {
        // The driver keeps the types of a connection string, and with another name it reads those of the extension too.
        var direct = fixture.Server.ConnectionString(fixture.Database) + ";Application Name=direct";
        var seen = await NpgsqlAsync(fixture.Gateway.ConnectionString(_token), MaskedTypes.Table);
        Assert.Equal(await NpgsqlAsync(direct, MaskedTypes.Sentinels), seen);
        Assert.Equal(2 * MaskedTypes.All.Length, seen.Count);
        AssertNothingStored(string.Join('\n', seen));
    }

    [Theory]
    [InlineData("psql")]
    [InlineData("psycopg")]
    [InlineData("node")]
    public async Task A_driver_reads_every_masked_value(string client)
    {
        var seen = await RunAsync(client, fixture.Gateway.Endpoint(_token), MaskedTypes.Table);
        Assert.Equal(await RunAsync(client, new Endpoint(fixture.Server.Port, fixture.Database, PostgresServer.GatewayUser, PostgresServer.GatewayPassword), MaskedTypes.Sentinels), seen);
        AssertNothingStored(seen);
    }

    private static async Task<string> RunAsync(string client, Endpoint endpoint, string table)
    {
        var folder = TestRun.Subdirectory("masked-types");
        var launch = client switch
        {
            "psql" => new Launch("/usr/bin/psql", "--no-psqlrc", "--csv", "--command", $"SELECT * FROM {table} ORDER BY id"),
            "psycopg" => new Launch("/usr/bin/python3", Write(folder, "read.py", Python), table),
            _ => new Launch(TestRun.Node, Write(folder, "read.mjs", Node), table) { Directory = folder },
        };
        if (client == "node")
        {
            File.CreateSymbolicLink(Path.Combine(folder, "node_modules"), TestRun.NodeModules);
        }

        return (await ChildProcess.RunAsync(launch with { Environment = endpoint.Environment }, TimeSpan.FromSeconds(60))).Expect(0).Output;
    }

    private static string Write(string folder, string name, string text)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Every cell as Npgsql gives it, by the binary format wherever it knows one.</summary>
    private static async Task<List<string>> NpgsqlAsync(string connectionString, string table)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"SELECT * FROM {table} ORDER BY id", connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var cells = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            for (var column = 1; column < reader.FieldCount; column++)
            {
                cells.Add($"{MaskedTypes.All[column - 1].Type}: {Show(() => reader.GetValue(column))}");
            }
        }

        return cells;
    }

    private static string Show(Func<object> read)
    {
        try
        {
            return read() switch
            {
                DBNull => "NULL",
                string text => text,
                byte[] bytes => Convert.ToHexString(bytes),
                BitArray bits => string.Concat(bits.Cast<bool>().Select(bit => bit ? '1' : '0')),
                IEnumerable items => $"[{string.Join(", ", items.Cast<object>())}]",
                var value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
            };
        }
        catch (Exception unreadable) when (unreadable is InvalidCastException or NotSupportedException)
        {
            // What the driver has no type for it cannot read from a server either; both sides are compared.
            return unreadable.GetType().Name;
        }
    }

    private static void AssertNothingStored(string seen)
    {
        foreach (var stored in new[] { "4711", "47.11", "Ada", "1990", "08:00:2b", "10.4.", "0f1e2d3c", "high", "seven" })
        {
            Assert.DoesNotContain(stored, seen);
        }
    }

    public sealed class Fixture : GatewayFixture
    {
        private protected override Task PrepareAsync() =>
            Server.ExecuteAsync($"{MaskedTypes.Schema()} GRANT USAGE ON SCHEMA scratch TO {PostgresServer.GatewayUser}; GRANT SELECT ON ALL TABLES IN SCHEMA scratch TO {PostgresServer.GatewayUser};", Database);

        private protected override Task<GatewaySettings> ChangeAsync(GatewaySettings settings) => Task.FromResult(settings with
        {
            Rules = "",
            Phi = new Dictionary<string, string> { ["clinic"] = MaskedTypes.Phi() },
            Masks = "{ANY: sentinel}",
        });
    }
}
