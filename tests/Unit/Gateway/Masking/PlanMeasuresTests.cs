using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Sallyport.Gateway.Masking;

namespace Sallyport.Unit.Gateway.Masking;

public sealed class PlanMeasuresTests
{
    [Theory]
    [InlineData("        Sort Method: quicksort  Memory: 26kB", "        Sort Method: 0")]
    [InlineData("  Buckets: 1024  Batches: 1  Memory Usage: 9kB", "  Buckets: 0")]
    [InlineData("  Hits: 4  Misses: 3  Evictions: 0  Overflows: 0  Memory Usage: 1kB", "  Hits: 0")]
    [InlineData("  Buffers: shared hit=3 dirtied=1", "  Buffers: 0")]
    [InlineData("  WAL: records=1 bytes=124", "  WAL: 0")]
    [InlineData("  Storage: Memory  Maximum Storage: 17kB", "  Storage: 0")]
    [InlineData("Memory:9", "Memory:0")]
    [InlineData("\"Memory\": ,", "\"Memory\": 0")]
    [InlineData("Serialization: output=1kB  format=text", "Serialization: 0")]
    public void A_line_that_measures_keeps_its_label_only(string line, string masked) => Assert.Equal(masked, Mask(line));

    [Theory]
    [InlineData("Seq Scan on patients  (actual rows=12 loops=1)")]
    [InlineData("  Rows Removed by Filter: 11")]
    [InlineData("  ->  Sort (actual rows=12 loops=1)")]
    [InlineData("        Sort Key: name")]
    [InlineData("")]
    [InlineData("Memory")]
    [InlineData("Memory:")]
    [InlineData("\"Memory\": {")]
    public void Every_other_line_passes(string line) => Assert.Equal(line, Mask(line));

    [Fact]
    public void Json_stays_json()
    {
        const string plan = """
            [
              {
                "Plan": {
                  "Node Type": "Sort",
                  "Actual Rows": 12,
                  "Sort Method": "quicksort",
                  "Sort Space Used": 26,
                  "Sort Space Type": "Memory"
                },
                "Planning": {
                  "Shared Hit Blocks": 37
                },
                "Memory": {
                  "Memory Used": 12
                }
              }
            ]
            """;
        var masked = JsonDocument.Parse(Mask(plan)).RootElement[0];
        var sort = masked.GetProperty("Plan");
        Assert.Equal("Sort", sort.GetProperty("Node Type").GetString());
        Assert.Equal(12, sort.GetProperty("Actual Rows").GetInt32());
        Assert.All((string[])["Sort Method", "Sort Space Used", "Sort Space Type"], name => Assert.Equal(0, sort.GetProperty(name).GetInt32()));
        Assert.Equal(0, masked.GetProperty("Planning").GetProperty("Shared Hit Blocks").GetInt32());
        Assert.Equal(0, masked.GetProperty("Memory").GetProperty("Memory Used").GetInt32());
    }

    [Fact]
    public void Xml_stays_xml()
    {
        var masked = XDocument.Parse(Mask("<explain>\n  <Sort-Method>quicksort</Sort-Method>\n  <Sort-Space-Used>26</Sort-Space-Used>\n  <Actual-Rows>3</Actual-Rows>\n  <WAL-Usage>\n    <WAL-Bytes>9</WAL-Bytes>\n  </WAL-Usage>\n</explain>")).Root!;
        Assert.Equal("0", masked.Element("Sort-Method")!.Value);
        Assert.Equal("0", masked.Element("Sort-Space-Used")!.Value);
        Assert.Equal("3", masked.Element("Actual-Rows")!.Value);
        Assert.Equal("0", masked.Element("WAL-Usage")!.Element("WAL-Bytes")!.Value);
    }

    [Fact]
    public void Yaml_keeps_its_groups()
    {
        Assert.Equal("- Plan: \n    Sort Space Used: 0\n    Actual Rows: 3\n    Memory: \n      Memory Used: 0", Mask("- Plan: \n    Sort Space Used: 26\n    Actual Rows: 3\n    Memory: \n      Memory Used: 9"));
    }

    private static string Mask(string plan)
    {
        var value = Encoding.UTF8.GetBytes(plan);
        var destination = new byte[value.Length];
        return Encoding.UTF8.GetString(destination, 0, new PlanMeasures().Write(value, destination));
    }
}
