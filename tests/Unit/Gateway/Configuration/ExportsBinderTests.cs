using Sallyport.Gateway.Configuration;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Configuration;

public sealed class ExportsBinderTests : IDisposable
{
    private const string Rest = SampleText.Grants + "exports:";

    private readonly TemporaryFolder _folder = new();

    public ExportsBinderTests()
    {
        File.WriteAllText(_folder.File("secret"), "s\n");
        using var authority = new TestAuthority(_folder.Path);
        authority.Issue("gateway", "gateway");
        authority.Issue("other", "other");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Kinds_and_filters_are_read()
    {
        var loaded = Load("""
              - {name: archive, kind: ndjson, file: out.ndjson, maxMiB: 5, except: [heartbeat, clock.status], start: now, alarmAfter: 5m}
              - {name: hook, kind: webhook, url: https://siem.clinic.example/in, secret: {file: secret}, ca: ca.crt, certificate: gateway.crt, key: gateway.key, records: [access.*, deny]}
              - {name: siem, kind: syslog, server: siem.clinic.example, format: cef}
              - {name: splunk, kind: splunk, url: https://splunk.clinic.example:8088, secret: {file: secret}}
              - {name: otel, kind: otlp, url: http://127.0.0.1:4318}
              - {name: ehr, kind: fhir, url: https://fhir.clinic.example/r4, secret: {file: secret}}
            """);
        Assert.DoesNotContain(loaded.Problems, problem => !problem.IsWarning);
        var (archive, hook) = (loaded.Configuration!.Exports[0], loaded.Configuration.Exports[1]);
        Assert.Equal((_folder.File("out.ndjson"), 5L << 20, true, TimeSpan.FromMinutes(5)), (archive.File, archive.MaxFileBytes, archive.FromNow, archive.AlarmAfter));
        Assert.Equal((false, true), (archive.Takes("heartbeat"), archive.Takes("intent")));
        Assert.Equal(["access.decision", "access.request", "deny"], hook.Records.Order());
        var siem = loaded.Configuration.Exports[2];
        Assert.Equal(("siem.clinic.example", 6514, ExportFormat.Cef), (siem.Host, siem.Port, siem.Format));
        Assert.Equal([ExportFormat.Ocsf, ExportFormat.Otlp, ExportFormat.AuditEvent], loaded.Configuration.Exports.Skip(3).Select(export => export.Format));
        Assert.Equal((true, false), (hook.Takes("deny"), hook.Takes("intent")));
    }

    [Theory]
    [InlineData("{name: a, kind: ndjson}", "exports[1].file is missing")]
    [InlineData("{name: a, kind: pigeon}", "exports[1].kind cannot be \"pigeon\"")]
    [InlineData("{name: a, kind: webhook, url: https://x.example}", "exports[1].secret is missing")]
    [InlineData("{name: a, kind: webhook, url: https://x.example, secret: s}", "the secret stands in the file itself, and whoever has it can post")]
    [InlineData("{name: a, kind: webhook, url: http://x.example, secret: {file: secret}}", "records would travel without TLS")]
    [InlineData("{name: a, kind: webhook, url: 'https://u:p@x.example', secret: {file: secret}}", "url holds a user or a password")]
    [InlineData("{name: a, kind: webhook, url: https://x.example, secret: {file: secret}, certificate: gateway.crt}", "certificate and key belong together")]
    [InlineData("{name: a, kind: webhook, url: https://x.example, secret: {file: secret}, certificate: gateway.crt, key: other.key}", "certificate and key are no pair")]
    [InlineData("{name: a, kind: ndjson, file: a, records: [denied]}", "there are no records of kind denied")]
    [InlineData("{name: a, kind: ndjson, file: a}\n  - {name: a, kind: ndjson, file: b}", "export a stands here a second time")]
    [InlineData("{name: a, kind: ndjson, file: a}\n  - {name: b, kind: ndjson, file: ./a}", "another export writes this file")]
    [InlineData("{name: a, kind: ndjson, file: a, url: https://x.example}", "exports[1].url is not known")]
    [InlineData("{name: a, kind: syslog, server: 'a b'}", "server is not HOST or HOST:PORT")]
    [InlineData("{name: a, kind: syslog, server: a, format: record}", "exports[1].format cannot be \"record\"")]
    [InlineData("{name: a, kind: splunk, url: https://x.example}", "exports[1].secret is missing")]
    [InlineData("{name: a, kind: fhir, url: https://x.example, format: ocsf}", "exports[1].format cannot be \"ocsf\"")]
    public void What_cannot_be_done_is_a_problem(string entry, string problem) => Assert.Contains(Load("  - " + entry).Problems, p => p.Message == problem);

    private ConfigurationResult Load(string text)
    {
        File.WriteAllText(_folder.File("c.yaml"), $"{Rest}\n{text}\n");
        return ConfigurationLoader.Load(_folder.File("c.yaml"));
    }
}
