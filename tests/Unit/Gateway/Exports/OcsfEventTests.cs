using System.Text;
using System.Text.Json;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;

namespace Sallyport.Unit.Gateway.Exports;

public sealed class OcsfEventTests
{
    private const string Statement = ",\"class\":\"write\",\"effects\":\"delete\",\"tmpl\":\"DELETE FROM ehr.patient\",\"tmpl_fp\":\"aa\",\"objects\":[\"w:ehr.patient\"],\"pol\":\"p\",\"rule\":\"no-unbounded\"";

    [Fact]
    public async Task Every_record_of_a_ledger_is_an_event_that_the_schema_accepts()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        foreach (var record in fixture.Everything().Records)
        {
            var e = Event(record);
            Assert.Empty(OcsfSchema.Problems(e));
            Assert.Equal(ExportFixture.Text(record), e.GetProperty("unmapped").GetProperty("record").GetRawText());
            Assert.Equal($"test.example/audit/{record.Index}", e.GetProperty("metadata").GetProperty("uid").GetString());
        }
    }

    [Fact]
    public void Every_kind_of_record_is_accepted_however_little_it_holds_and_has_a_class()
    {
        var kinds = typeof(RecordKinds).GetFields().Select(field => (string)field.GetRawConstantValue()!).ToList();
        Assert.All(kinds, kind =>
        {
            foreach (var fields in (string[])["", Statement, ",\"client\":\"192.0.2.7\",\"decision\":\"approve\",\"by\":\"p_1\",\"for\":\"p_2\",\"disk\":\"low\",\"status\":\"error\",\"sqlstate\":\"42601\",\"dur_us\":12345,\"mask\":[{\"col\":\"a\"}]"])
            {
                var e = Event(SyslogMessageTests.Record(kind, fields, session: fields.Length > 0 ? "ses_1" : "", connection: fields.Length > 0 ? "clinic" : ""));
                Assert.True(OcsfSchema.Problems(e) is [], $"{kind} {fields}: {string.Join("; ", OcsfSchema.Problems(e))}");
                Assert.NotEqual(0, e.GetProperty("class_uid").GetInt32());
            }
        });
    }

    [Fact]
    public void A_kind_that_is_not_known_yet_is_a_base_event()
    {
        var e = Event(SyslogMessageTests.Record("something.new", ""));
        Assert.Empty(OcsfSchema.Problems(e));
        Assert.Equal((0, "something.new"), (e.GetProperty("class_uid").GetInt32(), e.GetProperty("activity_name").GetString()));
    }

    [Fact]
    public void A_blocked_statement_says_what_it_would_have_done_and_which_rule_stopped_it()
    {
        var e = Event(SyslogMessageTests.Record("deny", Statement, session: "ses_1", connection: "clinic"));
        Assert.Equal((600507L, 2, 2, 2), (Number("type_uid"), Number("action_id"), Number("disposition_id"), Number("status_id")));
        Assert.Equal(("DELETE FROM ehr.patient", "ehr.patient", "clinic", "no-unbounded"), (Text("query_info", "query_string"), Text("table", "name"), Text("database", "name"), Text("policy", "name")));
        Assert.True(e.GetProperty("is_alert").GetBoolean());

        long Number(string name) => e.GetProperty(name).GetInt64();

        string? Text(string name, string field) => e.GetProperty(name).GetProperty(field).GetString();
    }

    [Theory]
    [InlineData("intent", ",\"class\":\"read\",\"decision\":\"allow\"", 600504, 1)]
    [InlineData("intent", ",\"class\":\"write\",\"effects\":\"insert,update\",\"decision\":\"approved\"", 600502, 8)]
    [InlineData("intent", ",\"class\":\"ddl\",\"effects\":\"create\",\"decision\":\"allow\"", 600506, 1)]
    [InlineData("outcome", ",\"status\":\"ok\",\"mask\":[{\"col\":\"a\"}]", 600599, 11)]
    [InlineData("auth.fail", "", 300201, 26)]
    [InlineData("approval.request", ",\"approval\":\"apr_1\"", 300401, 14)]
    [InlineData("approval.decide", ",\"approval\":\"apr_1\",\"decision\":\"approve\"", 300410, 8)]
    [InlineData("access.decision", ",\"request\":\"req_1\",\"decision\":\"deny\"", 300411, 25)]
    [InlineData("grant.revoke", ",\"grant\":\"gr_1\"", 300411, 24)]
    [InlineData("principal.disable", ",\"principal\":\"p_1\"", 300105, 24)]
    [InlineData("session.kill", ",\"session\":\"ses_1\"", 600304, 24)]
    public void Records_are_the_events_that_the_reference_page_names(string kind, string fields, long type, int disposition)
    {
        var e = Event(SyslogMessageTests.Record(kind, fields));
        Assert.Equal((type, disposition), (e.GetProperty("type_uid").GetInt64(), e.GetProperty("disposition_id").GetInt32()));
    }

    [Fact]
    public void The_check_finds_what_is_wrong()
    {
        Assert.Equal(["time is required"], Changed("\"time\":", "\"time_dt\":").Where(problem => problem.EndsWith("required", StringComparison.Ordinal)));
        Assert.NotEmpty(Changed("\"severity_id\":3", "\"severity_id\":12"));
        Assert.NotEmpty(Changed("\"severity_id\":3", "\"severity_id\":\"3\""));
        Assert.NotEmpty(Changed("\"profiles\":[\"security_control\"]", "\"labels\":[]"));
        Assert.NotEmpty(Changed("\"type_id\":1", "\"size\":1"));
        Assert.NotEmpty(Changed("\"database\":", "\"databases\":"));
    }

    private static List<string> Changed(string old, string changed)
    {
        var text = Event(SyslogMessageTests.Record("deny", "", connection: "clinic")).GetRawText();
        Assert.Contains(old, text, StringComparison.Ordinal);
        return OcsfSchema.Problems(JsonDocument.Parse(text.Replace(old, changed, StringComparison.Ordinal)).RootElement);
    }

    private static JsonElement Event(ExportedRecord record)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            RecordFormats.Write(json, ExportFormat.Ocsf, "test.example/audit", record);
        }
        return JsonDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).RootElement;
    }
}
