using System.Text.Json;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;
using Sallyport.Gateway.Exports.Fhir;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Exports;

/// <summary>What Splunk, OpenTelemetry collectors and FHIR servers get, and when it counts as taken.</summary>
public sealed class CollectorSenderTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ExportFormat.Ocsf, "sallyport:ocsf")]
    [InlineData(ExportFormat.Record, "sallyport:record")]
    public async Task Splunk_gets_one_event_for_each_record_with_its_time(ExportFormat format, string type)
    {
        await using var fixture = await ExportFixture.CreateAsync();
        await using var server = await FakeServer.StartAsync();
        server.AnswerJson("{\"text\":\"Success\",\"code\":0}");
        using var sender = new SplunkSender(Configuration(ExportKind.Splunk, format, server, fixture.Secret("token-1")));
        var batch = fixture.Everything();
        await sender.SendAsync(batch, Stop);
        Assert.Equal(("POST /services/collector/event", "Splunk token-1"), (server.Only.Line, server.Only.Authorization));
        var events = server.Only.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(batch.Records.Count, events.Count);
        foreach (var (e, record) in events.Zip(batch.Records))
        {
            Assert.Equal((type, batch.Origin, $"{record.Index}"), (e.GetProperty("sourcetype").GetString(), e.GetProperty("source").GetString(), e.GetProperty("fields").GetProperty("index").GetString()));
            Assert.Equal(RecordMeaning.TimeOf(record.Line).ToUnixTimeMilliseconds(), (long)Math.Round(e.GetProperty("time").GetDecimal() * 1000));
            Assert.Empty(format == ExportFormat.Ocsf ? OcsfSchema.Problems(e.GetProperty("event")) : []);
        }
    }

    [Fact]
    public async Task A_collector_gets_log_records_in_the_JSON_encoding_of_OTLP()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        await using var server = await FakeServer.StartAsync();
        server.AnswerJson("{}");
        using var sender = new OtlpSender(Configuration(ExportKind.Otlp, ExportFormat.Otlp, server, secret: null), fixture.Time);
        var batch = fixture.Everything();
        await sender.SendAsync(batch, Stop);
        Assert.Equal(("POST /v1/logs", ""), (server.Only.Line, server.Only.Authorization));
        var resource = JsonDocument.Parse(server.Only.Body).RootElement.GetProperty("resourceLogs").EnumerateArray().Single();
        Assert.Equal("sallyport", Attribute(resource.GetProperty("resource"), "service.name", "stringValue"));
        var logs = resource.GetProperty("scopeLogs").EnumerateArray().Single().GetProperty("logRecords").EnumerateArray().ToList();
        Assert.Equal(batch.Records.Count, logs.Count);
        foreach (var (log, record) in logs.Zip(batch.Records))
        {
            Assert.Equal(ExportFixture.Text(record), log.GetProperty("body").GetProperty("stringValue").GetString());
            Assert.Equal((record.Hash, $"{record.Index}"), (Attribute(log, "sallyport.leaf", "stringValue"), Attribute(log, "sallyport.index", "intValue")));
            Assert.Equal($"{RecordMeaning.TimeOf(record.Line).ToUnixTimeMilliseconds()}", log.GetProperty("timeUnixNano").GetString()![..^6]);
            Assert.Equal("sallyport." + record.Kind, log.GetProperty("eventName").GetString());
        }
        Assert.Equal(13, logs[batch.Records.ToList().FindIndex(record => record.Kind == "deny")].GetProperty("severityNumber").GetInt32());
    }

    [Theory]
    [InlineData("{\"partialSuccess\":{\"rejectedLogRecords\":\"3\",\"errorMessage\":\"no\"}}", "rejected")]
    [InlineData("{\"partialSuccess\":{\"rejectedLogRecords\":3}}", "rejected")]
    [InlineData("not json", "answer")]
    public async Task What_a_collector_rejects_in_part_is_not_taken(string answer, string code)
    {
        await using var fixture = await ExportFixture.CreateAsync();
        await using var server = await FakeServer.StartAsync();
        server.AnswerJson(answer);
        using var sender = new OtlpSender(Configuration(ExportKind.Otlp, ExportFormat.Otlp, server, fixture.Secret("t")), fixture.Time);
        Assert.Equal(code, (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(fixture.Everything(), Stop))).Code);
        Assert.Equal("Bearer t", server.Only.Authorization);
    }

    [Fact]
    public async Task A_FHIR_server_gets_audit_events_with_all_that_R4_requires()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        await using var server = await FakeServer.StartAsync();
        var batch = fixture.Everything();
        server.AnswerJson(Answer(batch.Records.Count, "201 Created"), type: "application/fhir+json");
        using var sender = new FhirSender(Configuration(ExportKind.Fhir, ExportFormat.AuditEvent, server, fixture.Secret("t")));
        await sender.SendAsync(batch, Stop);
        var bundle = JsonDocument.Parse(server.Only.Body).RootElement;
        Assert.Equal(("Bundle", "transaction"), (bundle.GetProperty("resourceType").GetString(), bundle.GetProperty("type").GetString()));
        var resources = bundle.GetProperty("entry").EnumerateArray().Select(entry => entry.GetProperty("resource")).ToList();
        Assert.Equal(batch.Records.Count, resources.Count);
        foreach (var (resource, record) in resources.Zip(batch.Records))
        {
            FhirShape.AssertAuditEvent(resource);
            var ledger = resource.GetProperty("entity")[0];
            Assert.Equal($"{batch.Origin}/{record.Index}", ledger.GetProperty("what").GetProperty("identifier").GetProperty("value").GetString());
            Assert.Equal(record.Leaf.ToArray(), ledger.GetProperty("detail").EnumerateArray().Single(item => item.GetProperty("type").GetString() == "record").GetProperty("valueBase64Binary").GetBytesFromBase64());
        }
        var denied = resources[batch.Records.ToList().FindIndex(record => record.Kind == "deny")];
        Assert.Equal(("8", "rule (rule unbounded-write)", "110113"), (denied.GetProperty("outcome").GetString(), denied.GetProperty("outcomeDesc").GetString(), denied.GetProperty("type").GetProperty("code").GetString()));
        Assert.Equal("DELETE FROM clinic.patients"u8.ToArray(), denied.GetProperty("entity")[1].GetProperty("query").GetBytesFromBase64());
    }

    [Theory]
    [InlineData("400 Bad Request", 0, "rejected")]
    [InlineData("201 Created", 1, "rejected")]
    public async Task A_FHIR_server_that_lacks_one_event_has_not_taken_the_batch(string status, int missing, string code)
    {
        await using var fixture = await ExportFixture.CreateAsync();
        await using var server = await FakeServer.StartAsync();
        var batch = fixture.Everything();
        server.AnswerJson(Answer(batch.Records.Count - missing, status));
        using var sender = new FhirSender(Configuration(ExportKind.Fhir, ExportFormat.AuditEvent, server, secret: null));
        Assert.Equal(code, (await Assert.ThrowsAsync<ExportFailedException>(() => sender.SendAsync(batch, Stop))).Code);
    }

    [Fact]
    public void Every_kind_of_record_is_an_audit_event()
    {
        var kinds = typeof(Sallyport.Evidence.Records.RecordKinds).GetFields().Select(field => (string)field.GetRawConstantValue()!).Append("something.new");
        Assert.All(kinds, kind =>
        {
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                AuditEvent.Write(json, "o.example", SyslogMessageTests.Record(kind, ",\"client\":\"192.0.2.7\",\"effects\":\"insert\",\"pol\":\"p q\""));
            }
            FhirShape.AssertAuditEvent(JsonDocument.Parse(stream.ToArray()).RootElement);
        });
    }

    private static ExportConfiguration Configuration(ExportKind kind, ExportFormat format, FakeServer server, SecretSource? secret) =>
        ExportFixture.Configuration with { Kind = kind, Format = format, Url = server.Address, Secret = secret };

    private static string Answer(int entries, string status) =>
        $"{{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[{string.Join(',', Enumerable.Repeat($"{{\"response\":{{\"status\":\"{status}\"}}}}", entries))}]}}";

    private static string? Attribute(JsonElement item, string key, string type) => item.GetProperty("attributes").EnumerateArray()
        .Single(attribute => attribute.GetProperty("key").GetString() == key).GetProperty("value").GetProperty(type).GetString();
}
