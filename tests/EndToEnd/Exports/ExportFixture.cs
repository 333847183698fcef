using Npgsql;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Exports;

/// <summary>A gateway whose records go to receivers of every kind.</summary>
public sealed class ExportFixture : GatewayFixture, IAsyncDisposable
{
    public const string Secret = "whsec_c2VjcmV0IGtleQ==";

    private const int EntriesOfTile = 256;

    internal PostReceiver Web { get; private set; } = null!;

    internal SyslogServer Syslog { get; private set; } = null!;

    internal string ArchiveFile { get; private set; } = "";

    /// <summary>Values that were in statements, parameters and results.</summary>
    internal List<string> Canaries { get; } = [];

    private protected override Task PrepareAsync() => Server.ExecuteAsync(
        $"CREATE TABLE scratch.canaries (id serial, body text); GRANT ALL ON scratch.canaries, scratch.canaries_id_seq TO {PostgresServer.GatewayUser}", Database);

    private protected override async Task<GatewaySettings> ChangeAsync(GatewaySettings settings)
    {
        Web = await PostReceiver.StartAsync();
        Syslog = await SyslogServer.StartAsync();
        ArchiveFile = Path.Combine(TestRun.Subdirectory("archive"), "ledger.ndjson");
        var secret = Path.Combine(TestRun.Subdirectory("secret"), "hook");
        await File.WriteAllTextAsync(secret, Secret + "\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return settings with
        {
            Rules = "",
            Phi = new Dictionary<string, string> { ["clinic"] = GatewaySettings.ClinicPhi() + "\nscratch.canaries.body: NAME" },
            Limits = "{haltedFor: 0s}",
            More = $$$"""
                exports:
                  - {name: archive, kind: ndjson, file: {{{ArchiveFile}}}}
                  - {name: hook, kind: webhook, url: {{{Web.Address}}}/hook, secret: {file: {{{secret}}}}, alarmAfter: 2s}
                  - {name: syslog, kind: syslog, server: "localhost:{{{Syslog.Port}}}", ca: {{{TestCertificates.Instance.AuthorityFile}}}}
                  - {name: arcsight, kind: syslog, format: cef, server: "localhost:{{{Syslog.Port}}}", ca: {{{TestCertificates.Instance.AuthorityFile}}}, records: [deny, intent]}
                  - {name: events, kind: webhook, format: ocsf, url: {{{Web.Address}}}/ocsf, secret: {file: {{{secret}}}}}
                  - {name: splunk, kind: splunk, url: {{{Web.Address}}}/splunk, secret: {file: {{{secret}}}}}
                  - {name: otel, kind: otlp, url: {{{Web.Address}}}/otel}
                  - {name: ehr, kind: fhir, url: {{{Web.Address}}}/fhir, secret: {file: {{{secret}}}}}
                """,
        };
    }

    /// <summary>Statements of every kind, each with a value of its own that must not leave.</summary>
    internal async Task WorkAsync(int rounds)
    {
        await using var connection = await Gateway.ConnectAsync(Shared.Issuer.Agent("agent-1"));
        for (var i = 0; i < rounds; i++)
        {
            await TryAsync(connection, $"SELECT '{Canary()}' AS note");
            await TryAsync(connection, "INSERT INTO scratch.canaries (body) VALUES ($1)", Canary());
            await TryAsync(connection, "SELECT body FROM scratch.canaries");
            await TryAsync(connection, $"SELECT id FROM scratch.canaries WHERE body = '{Canary()}'");
            await TryAsync(connection, $"SELECT '{Canary()}'::integer");
            await TryAsync(connection, $"SELECT \"{Canary()}\" FROM clinic.patients");
            await TryAsync(connection, $"SELECT 1 /* {Canary()} */");
        }
    }

    /// <summary>Waits until every receiver has what is recorded now.</summary>
    internal async Task UpToDateAsync()
    {
        var end = (await LedgerAsync()).Count;
        await TestRun.UntilAsync("the receivers have everything", async () =>
        {
            var (_, list) = await Gateway.ApiAsync(HttpMethod.Get, "/api/v1/exports", Shared.Issuer.Human("olga", "operators"));
            return list.GetProperty("items").EnumerateArray().All(export => export.GetProperty("next").GetInt64() >= end);
        });
    }

    /// <summary>The records that are on the disk, as the tiles of the next checkpoint have them.</summary>
    internal async Task<IReadOnlyList<string>> LedgerAsync()
    {
        var (_, note) = await Gateway.ApiAsync(HttpMethod.Get, "/api/v1/ledger/checkpoint", Shared.Issuer.Human("olga", "auditors"));
        var size = long.Parse(note.GetString()!.Split('\n')[1], System.Globalization.CultureInfo.InvariantCulture);
        var copy = WrittenFiles.Copy(Path.Combine(Gateway.DataDirectory, "ledger"));
        var records = new List<string>();
        for (var first = 0L; first < size; first += EntriesOfTile)
        {
            var path = Path.Combine(copy, "tile", "entries", (first / EntriesOfTile).ToString("D3", System.Globalization.CultureInfo.InvariantCulture));
            // A tile that grew meanwhile has another width.
            var bytes = await File.ReadAllBytesAsync(File.Exists(path) ? path : Directory.EnumerateFiles(path + ".p").MaxBy(file => new FileInfo(file).Length)!);
            for (var at = 0; at < bytes.Length;)
            {
                var length = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
                records.Add(System.Text.Encoding.UTF8.GetString(bytes, at + sizeof(ushort), length));
                at += sizeof(ushort) + length;
            }
        }
        return [.. records.Take((int)size)];
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await DisposeAsync();
        await Web.DisposeAsync();
        await Syslog.DisposeAsync();
    }

    // 16 letters that no template, name or encoded hash holds.
    private string Canary()
    {
        const string Letters = "bcdfghjklmnpqrstvwxz";
        var number = Canaries.Count;
        var canary = "zq" + string.Concat(Enumerable.Range(0, 11).Select(i => Letters[(number * 7 + i * 11 + i * i * (number % 13 + 1)) % Letters.Length]))
            + number.ToString("D3", System.Globalization.CultureInfo.InvariantCulture);
        Canaries.Add(canary);
        return canary;
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
            // Some must fail: refusals and errors are exported too.
        }
    }
}
