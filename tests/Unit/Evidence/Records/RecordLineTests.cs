using System.Text;
using Sallyport.Evidence.Records;

namespace Sallyport.Unit.Evidence.Records;

public sealed class RecordLineTests
{
    private const string Header =
        """{"v":1,"k":"intent","n":"00","node":"gw","boot":"b","t":"2026-11-21T12:00:00.000000Z","mono":1,"sid":"s","seq":0,"sub":"u","ag":"","conn":"c","prev":"" """;

    public static TheoryData<string> Broken =>
    [
        "",
        "[]",
        "{}",
        Header.TrimEnd() + "}\n",
        Header.TrimEnd() + ",}",
        Header.TrimEnd() + ",\"rows\":1.5}",
        Header.TrimEnd() + ",\"rows\":1e3}",
        Header.TrimEnd() + ",\"rows\":null}",
        Header.TrimEnd() + ",\"rows\":true}",
        Header.TrimEnd() + ",\"rows\":99999999999999999999}",
        Header.TrimEnd() + ",\"rows\":1,\"rows\":2}",
        Header.TrimEnd() + ",\"k\":\"deny\"}",
        Header.TrimEnd() + ",\"mask\":[{\"col\":\"a\",\"col\":\"b\"}]}",
        Header.TrimEnd() + ",\"deep\":[[[[1]]]]}",
        Header.TrimEnd().Replace("\"v\":1", "\"v\":2", StringComparison.Ordinal) + "}",
        Header.TrimEnd().Replace("\"seq\":0", "\"seq\":\"0\"", StringComparison.Ordinal) + "}",
        Header.TrimEnd().Replace("\"k\":\"intent\",\"n\":\"00\"", "\"n\":\"00\",\"k\":\"intent\"", StringComparison.Ordinal) + "}",
        Header.TrimEnd() + ",\"x\":\"\\ud800\"}",
    ];

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_line_that_is_not_canonical_enough_is_refused(string line) =>
        Assert.Throws<RecordFormatException>(() => RecordLine.Parse(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused() =>
        Assert.Throws<RecordFormatException>(() => RecordLine.Parse((byte[])[.. Encoding.UTF8.GetBytes(Header.TrimEnd() + ",\"x\":\""), 0xFF, .. "\"}"u8]));

    [Fact]
    public void Unknown_kinds_and_fields_of_this_version_are_read()
    {
        var record = RecordLine.Parse(Encoding.UTF8.GetBytes(Header.TrimEnd().Replace("intent", "heartbeat", StringComparison.Ordinal) + ",\"future\":[{\"a\":1}]}"));
        Assert.Equal("heartbeat", record.Kind);
        Assert.Equal("", record.Text("missing"));
        Assert.Null(record.Integer("missing"));
        Assert.Single(record.Items("future"));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("quote \" backslash \\ slash /")]
    [InlineData("controls \u0000 \u0001 \n \r \t \u001f \u007f")]
    [InlineData("accents ä é, greek Ω, emoji 😀, line \u2028 separator")]
    [InlineData("")]
    public void Whatever_is_written_reads_back(string text)
    {
        var line = new LineWriter();
        line.Raw("{\"a\":0"u8);
        line.Field("text"u8, text);
        line.Field("least"u8, long.MinValue);
        line.HexField("hex"u8, [0, 0xAB, 0xFF]);
        line.Raw("}"u8);
        using var document = System.Text.Json.JsonDocument.Parse(line.Written.ToArray());
        Assert.Equal(text, document.RootElement.GetProperty("text").GetString());
        Assert.Equal(long.MinValue, document.RootElement.GetProperty("least").GetInt64());
        Assert.Equal("00abff", document.RootElement.GetProperty("hex").GetString());
        Assert.DoesNotContain((byte)'\n', line.Written.ToArray());
    }

    [Fact]
    public void A_lone_surrogate_becomes_the_replacement_character()
    {
        var line = new LineWriter();
        line.Text("a\ud800b");
        Assert.Equal("\"a\uFFFDb\"", Encoding.UTF8.GetString(line.Written));
    }
}
