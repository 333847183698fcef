using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sallyport.EndToEnd.Support;
using Sallyport.EndToEnd.Systems;

namespace Sallyport.EndToEnd.Exports;

/// <summary>Copies of the records arrive whole, through crashes of the gateway and receivers that are down, and hold no value.</summary>
public sealed class ExportTests(ExportFixture fixture) : IClassFixture<ExportFixture>
{
    [Fact]
    public async Task Every_record_arrives_though_gateway_and_receivers_go_down_and_no_value_does()
    {
        await fixture.WorkAsync(5);
        await fixture.UpToDateAsync();
        fixture.Web.IsDown = true;
        var working = fixture.WorkAsync(10);
        await fixture.Syslog.StopAsync();
        await working;
        await TestRun.UntilAsync("the hook is behind", async () => await StateAsync("hook") == "behind");
        await fixture.Gateway.LoggedAsync("Export hook is behind");
        Assert.NotEqual("behind", await StateAsync("archive"));
        await fixture.Gateway.KillAsync();
        await fixture.Gateway.RestartAsync();
        await fixture.Syslog.RestartAsync();
        working = fixture.WorkAsync(10);
        await fixture.Syslog.StopAsync();
        await fixture.Syslog.RestartAsync();
        await working;
        fixture.Web.IsDown = false;
        await fixture.UpToDateAsync();

        var ledger = await fixture.LedgerAsync();
        Assert.Contains("export.gap", ledger.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("k").GetString()));
        AssertComplete(ledger, (await File.ReadAllLinesAsync(fixture.ArchiveFile)).Select(line => JsonDocument.Parse(line).RootElement));
        AssertComplete(ledger, fixture.Web.BodiesAt("/hook").SelectMany(body => JsonDocument.Parse(body).RootElement.GetProperty("data").GetProperty("records").EnumerateArray()));
        Assert.All(fixture.Web.Posts.Where(post => post.Path == "/hook"), AssertSigned);
        AssertSyslog(ledger, fixture.Syslog.Messages());
        AssertIndexes(ledger, "/ocsf", body => Items(body, "data", "records").Select(e => Last(e.GetProperty("metadata").GetProperty("uid"))));
        AssertIndexes(ledger, "/fhir", body => Items(body, "entry").Select(e => Last(e.GetProperty("resource").GetProperty("entity")[0].GetProperty("what").GetProperty("identifier").GetProperty("value"))));
        AssertIndexes(ledger, "/splunk/services/collector/event", body => Encoding.UTF8.GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Last(JsonDocument.Parse(line).RootElement.GetProperty("fields").GetProperty("index"))));
        AssertIndexes(ledger, "/otel/v1/logs", body => Items(body, "resourceLogs").SelectMany(e => e.GetProperty("scopeLogs")[0].GetProperty("logRecords").EnumerateArray())
            .Select(e => Last(e.GetProperty("attributes")[1].GetProperty("value").GetProperty("intValue"))));
        AssertNoCanary(("syslog", await File.ReadAllBytesAsync(fixture.Syslog.MessageFile)), ("archive", await File.ReadAllBytesAsync(fixture.ArchiveFile)), ("posts", [.. fixture.Web.Posts.SelectMany(post => post.Body)]));
    }

    /// <summary>Each record of the ledger is there, with the hash of its bytes.</summary>
    private static void AssertComplete(IReadOnlyList<string> ledger, IEnumerable<JsonElement> exported)
    {
        var seen = new SortedDictionary<long, string>();
        foreach (var item in exported)
        {
            var raw = item.GetProperty("record").GetRawText();
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([0, .. Encoding.UTF8.GetBytes(raw)])), item.GetProperty("leaf").GetString());
            seen[item.GetProperty("index").GetInt64()] = raw;
        }
        // Records of the time after the comparison began may be there as well.
        Assert.Equal(ledger, seen.Values.Take(ledger.Count));
    }

    /// <summary>No record is missing among what was posted to a path.</summary>
    private void AssertIndexes(IReadOnlyList<string> ledger, string path, Func<byte[], IEnumerable<long>> read)
    {
        var indexes = fixture.Web.BodiesAt(path).SelectMany(read).ToHashSet();
        Assert.DoesNotContain(Enumerable.Range(0, ledger.Count), index => !indexes.Contains(index));
    }

    private static IEnumerable<JsonElement> Items(byte[] body, params IEnumerable<string> path) =>
        path.Aggregate(JsonDocument.Parse(body).RootElement, (element, name) => element.GetProperty(name)).EnumerateArray();

    /// <summary>The number at the end: <c>ORIGIN/INDEX</c>, or the index itself.</summary>
    private static long Last(JsonElement text) => long.Parse(text.GetString()!.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Every record is there as rsyslog received it, and those of the second export in the Common Event Format.</summary>
    private static void AssertSyslog(IReadOnlyList<string> ledger, IReadOnlyList<string> messages)
    {
        var whole = new SortedDictionary<long, string>();
        var events = new HashSet<long>();
        foreach (var message in messages)
        {
            var index = long.Parse(message.Split("index=\"", 2)[1].Split('"', 2)[0], System.Globalization.CultureInfo.InvariantCulture);
            var text = message[(message.IndexOf("\"] ", StringComparison.Ordinal) + 3)..];
            if (text.StartsWith("CEF:0|", StringComparison.Ordinal))
            {
                events.Add(index);
            }
            else
            {
                whole[index] = text;
            }
        }
        Assert.Equal(ledger, whole.Values.Take(ledger.Count));
        var expected = Enumerable.Range(0, ledger.Count).Where(index => JsonDocument.Parse(ledger[index]).RootElement.GetProperty("k").GetString() is "deny" or "intent");
        Assert.Equal(expected.Select(index => (long)index), events.Where(index => index < ledger.Count).Order());
    }

    private static void AssertSigned(Post post)
    {
        var signed = Encoding.UTF8.GetBytes($"{post.Headers["webhook-id"]}.{post.Headers["webhook-timestamp"]}.");
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData("secret key"u8, [.. signed, .. post.Body])), post.Headers["webhook-signature"]);
    }

    private void AssertNoCanary(params IReadOnlyList<(string Name, byte[] Bytes)> received)
    {
        var files = WrittenFiles.Of(received);
        Assert.True(fixture.Canaries.Count > 50);
        Assert.All(fixture.Canaries, canary => Assert.Empty(files.Holding(canary)));
        // The search works: a name that must be there is found, in everything that was received.
        Assert.Equal(received.Count, files.Holding("scratch.canaries").Select(found => found.Split(' ')[0]).Distinct().Count());
    }

    private async Task<string?> StateAsync(string name)
    {
        var list = await (fixture.Gateway.Cli("auditor") with { Token = Shared.Issuer.Human("audrey", "auditors") }).JsonAsync("exports", "list");
        return list.GetProperty("items").EnumerateArray().Single(export => export.GetProperty("name").GetString() == name).GetProperty("state").GetString();
    }
}
