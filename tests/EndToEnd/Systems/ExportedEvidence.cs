using System.IO.Compression;
using System.Text.Json;
using Sallyport.EndToEnd.Support;

namespace Sallyport.EndToEnd.Systems;

/// <summary>An exported bundle: what an auditor gets.</summary>
internal sealed class ExportedEvidence
{
    private readonly List<JsonElement> _records;

    private ExportedEvidence(string file, List<JsonElement> records)
    {
        BundleFile = file;
        _records = records;
    }

    public string BundleFile { get; }

    public IReadOnlyList<JsonElement> Records => _records;

    /// <summary>Exports with the command line, as the auditor audrey.</summary>
    /// <param name="gateway">The gateway that has the ledger.</param>
    /// <param name="issuer">Signs the auditor's token.</param>
    /// <param name="what">Options that say what to export; everything of today without.</param>
    public static async Task<ExportedEvidence> ExportAsync(GatewayProcess gateway, LocalIssuer issuer, params string[] what)
    {
        var file = Path.Combine(TestRun.Subdirectory("evidence"), "bundle.zip");
        string[] period = ["--from", "2020-01-01", "--to", "2100-01-01"];
        var cli = gateway.Cli("auditor") with { Token = issuer.Human("audrey", "auditors") };
        (await cli.RunAsync(["evidence", "export", .. what.Length > 0 ? what : period, "--out", file])).Expect(0);
        return Read(file);
    }

    public static ExportedEvidence Read(string file)
    {
        var records = new List<JsonElement>();
        using var zip = ZipFile.OpenRead(file);
        foreach (var entry in zip.Entries.Where(e => e.FullName.EndsWith(".jsonl", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(entry.Open());
            while (reader.ReadLine() is { } line)
            {
                if (line.Length > 0)
                {
                    records.Add(JsonDocument.Parse(line).RootElement);
                }
            }
        }

        return new ExportedEvidence(file, records);
    }

    public IEnumerable<JsonElement> OfKind(string kind) => _records.Where(r => r.TryGetProperty("k", out var k) && k.GetString() == kind);

    /// <summary>The public key an auditor got when the gateway was set up.</summary>
    public static async Task<string> KeyAsync(GatewayProcess gateway, LocalIssuer issuer)
    {
        var cli = gateway.Cli("auditor") with { Token = issuer.Human("audrey", "auditors") };
        var key = (await cli.RunAsync("ledger", "key")).Expect(0);
        var file = Path.Combine(TestRun.Subdirectory("key"), "ledger.key");
        await File.WriteAllTextAsync(file, key.Output);
        return file;
    }
}
