using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Configuration;
using Sallyport.Gateway.Exports;

namespace Sallyport.Unit.Gateway.Exports;

public sealed partial class SyslogMessageTests
{
    [Fact]
    public async Task A_message_has_the_fields_of_the_specification_and_ends_in_the_record()
    {
        await using var fixture = await ExportFixture.CreateAsync();
        foreach (var record in fixture.Everything().Records)
        {
            var text = Encoding.UTF8.GetString(SyslogMessage.Compose(ExportFormat.Rfc5424, "origin.example", record));
            var match = Message.Match(text);
            Assert.True(match.Success, text);
            Assert.InRange(int.Parse(match.Groups["pri"].Value, CultureInfo.InvariantCulture), 80, 87);
            Assert.Equal((record.Line.Header.Time, record.Kind), (match.Groups["time"].Value, match.Groups["id"].Value));
            Assert.Contains($" index=\"{record.Index}\" leaf=\"{record.Hash}\"", match.Groups["data"].Value, StringComparison.Ordinal);
            Assert.Equal(ExportFixture.Text(record), match.Groups["text"].Value);
        }
    }

    [Fact]
    public void What_ends_a_parameter_is_escaped()
    {
        var text = Encoding.UTF8.GetString(SyslogMessage.Compose(ExportFormat.Rfc5424, "o\"r]i\\g\nin", Record("deny", ",\"rule\":\"a]b\\\"c\\\\d\"")));
        Assert.Contains(@" origin=""o\""r\]i\\g?in"" ", text, StringComparison.Ordinal);
        Assert.Contains(@" rule=""a\]b\""c\\d""] ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_field_that_is_not_printable_cannot_add_another()
    {
        var text = Encoding.UTF8.GetString(SyslogMessage.Compose(ExportFormat.Rfc5424, "o", Record("deny", "", node: "a b\\u0007ü")));
        Assert.Contains("Z a?b?? sallyport boot deny [", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deny", "", 4)]
    [InlineData("outcome", ",\"status\":\"ok\"", 6)]
    [InlineData("outcome", ",\"status\":\"error\"", 5)]
    [InlineData("log.status", ",\"disk\":\"critical\"", 3)]
    [InlineData("something.new", "", 5)]
    public void The_severity_follows_what_happened(string kind, string fields, int severity) =>
        Assert.StartsWith($"<{80 + severity}>1 ", Encoding.UTF8.GetString(SyslogMessage.Compose(ExportFormat.Rfc5424, "o", Record(kind, fields))), StringComparison.Ordinal);

    [Fact]
    public void A_frame_counts_octets_and_not_characters()
    {
        var output = new ArrayBufferWriter<byte>();
        var record = Record("deny", ",\"rule\":\"größer\"");
        SyslogMessage.WriteFrame(output, ExportFormat.Rfc5424, "o", record);
        var message = SyslogMessage.Compose(ExportFormat.Rfc5424, "o", record);
        Assert.Equal([.. Encoding.ASCII.GetBytes($"{message.Length} "), .. message], output.WrittenSpan.ToArray());
    }

    [Fact]
    public void Cef_escapes_what_separates_its_fields()
    {
        var record = Record("deny", ",\"class\":\"write\",\"tmpl\":\"UPDATE t SET a = $1\\n-- \\\\ | x\",\"rule\":\"r\",\"action\":\"refused\",\"reason\":\"rule\"");
        var text = Encoding.UTF8.GetString(SyslogMessage.Compose(ExportFormat.Cef, "o.example", record));
        Assert.Contains("] CEF:0|Sallyport|Sallyport|", text, StringComparison.Ordinal);
        Assert.Contains(@"|deny|Statement blocked|7|rt=1795262400123 externalId=o.example/7 ", text, StringComparison.Ordinal);
        Assert.Contains(@" act=refused outcome=failure reason=rule cs1Label=template cs1=UPDATE t SET a \= $1\n-- \\ | x cs2Label=rule cs2=r ", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', text);
    }

    [Fact]
    public void Cef_headers_escape_pipes() => Assert.Equal(@"a\|b\\c d", CefMessage.Header("a|b\\c\nd"));

    [Fact]
    public void Every_kind_of_record_has_a_title()
    {
        var kinds = typeof(RecordKinds).GetFields().Select(field => (string)field.GetRawConstantValue()!).ToList();
        Assert.True(kinds.Count > 40);
        Assert.All(kinds, kind => Assert.NotEqual(kind, RecordTitles.Of(kind)));
    }

    internal static ExportedRecord Record(string kind, string fields, string node = "gw-1", string session = "", string connection = "") => new(7, Encoding.UTF8.GetBytes(
        "{\"v\":1,\"k\":\"" + kind + "\",\"n\":\"00\",\"node\":\"" + node + "\",\"boot\":\"boot\",\"t\":\"2026-11-21T12:00:00.123456Z\",\"mono\":1,\"sid\":\"" + session
        + "\",\"seq\":0,\"sub\":\"\",\"ag\":\"\",\"conn\":\"" + connection + "\",\"prev\":\"\"" + fields + "}"));

    [GeneratedRegex(
        @"\A<(?<pri>\d{1,3})>1 (?<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z) (?<host>[!-~]{1,255}) (?<app>[!-~]{1,48}) (?<proc>[!-~]{1,128}) (?<id>[!-~]{1,32}) \[(?<data>[!-~]+@\d+( [!-~]+=""([^""\\\]]|\\[""\\\]])*"")*)\] (?<text>.*)\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Message { get; }
}
