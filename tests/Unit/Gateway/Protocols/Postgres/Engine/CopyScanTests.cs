using System.Buffers.Binary;
using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

/// <summary>A masked value in the data of a COPY is found wherever the messages are cut.</summary>
public sealed class CopyScanTests
{
    private const string Token = "tok_name_sabcd_abcdefghijklmnop";

    private static readonly MaskedForms Forms = new(["NAME"]);

    [Theory]
    [InlineData("1\t[NAME]\n", true)]
    [InlineData("1\t[NAME]\r\n", true)]
    [InlineData("1\t[NAME]", true)]
    [InlineData("[NAME]\t2\n", true)]
    [InlineData("1\t******1234\n", true)]
    [InlineData("1\t" + Token + "\n2\tAda\n", true)]
    [InlineData("1\t\"[NAME]\"\n", true)]
    [InlineData("1\t[OTHER]\n2\tAda\n", false)]
    [InlineData("1\tsee [NAME]\n[NAME] says\t2\n", false)]
    [InlineData("1\t\\N\n\\.\n", false)]
    [InlineData("", false)]
    public void Text(string data, bool isFound) => AssertFinds(Layout(new CopySettings()), Encoding.UTF8.GetBytes(data), isFound);

    [Theory]
    [InlineData("id,name\n1,[NAME]\n", true)]
    [InlineData("1,\"[NAME]\"\n", true)]
    [InlineData("\"a,b\nc\",\"[NAME]\"", true)]
    [InlineData("\"a\"\"b\",[NAME]\n", true)]
    [InlineData("1,\"x,[NAME],y\"\n", false)]
    [InlineData("1,\"x\n[NAME]\n\"\n", false)]
    [InlineData("1,\"\"\"\",Ada\n", false)]
    public void Csv(string data, bool isFound) => AssertFinds(Layout(new CopySettings { Format = CopyFormat.Csv }), Encoding.UTF8.GetBytes(data), isFound);

    [Theory]
    [InlineData("1;'a\\';b';'[NAME]'", true)]
    [InlineData("1;'a\\';[NAME];b'\n", false)]
    public void Csv_with_marks_of_its_own(string data, bool isFound) =>
        AssertFinds(Layout(new CopySettings { Format = CopyFormat.Csv, Delimiter = ";", Quote = "'", Escape = "\\" }), Encoding.UTF8.GetBytes(data), isFound);

    [Fact]
    public void Binary()
    {
        var layout = Layout(new CopySettings { Format = CopyFormat.Binary });
        AssertFinds(layout, BinaryRows(["1", null, "Ada"], [], ["[NAME]", "2"]), isFound: true);
        AssertFinds(layout, BinaryRows(["1", "", Token]), isFound: true);
        AssertFinds(layout, BinaryRows(["1", "see [NAME]"], [null, ""]), isFound: false);
        AssertFinds(layout, [.. BinaryRows(["1"]), .. "[NAME]"u8], isFound: false);
    }

    [Fact]
    public void A_long_field_is_none_and_does_not_hide_the_next()
    {
        var longField = new string('*', 100_000);
        AssertFinds(Layout(new CopySettings()), Encoding.UTF8.GetBytes($"{longField}\t1\n"), isFound: false, chunks: [1_000, 100_000]);
        AssertFinds(Layout(new CopySettings()), Encoding.UTF8.GetBytes($"{longField}\t[NAME]\n"), isFound: true, chunks: [1_000, 100_000]);
    }

    private static void AssertFinds(CopyLayout layout, byte[] data, bool isFound, int[]? chunks = null)
    {
        foreach (var chunk in chunks ?? [1, 2, 3, 5, 7, 11, 1_000])
        {
            var scan = CopyScan.Of(layout, Forms);
            var found = false;
            for (var at = 0; at < data.Length && !found; at += chunk)
            {
                found = scan.Finds(data.AsSpan(at, Math.Min(chunk, data.Length - at)));
            }

            Assert.Equal((chunk, isFound), (chunk, found || scan.FindsAtEnd()));
        }
    }

    private static CopyLayout Layout(CopySettings settings) => CopyLayout.Of(settings, [])!;

    private static byte[] BinaryRows(params string?[][] rows)
    {
        var data = new List<byte>();
        data.AddRange("PGCOPY\n"u8);
        data.AddRange([0xff, (byte)'\r', (byte)'\n', 0]);
        data.AddRange(Number(0));
        data.AddRange(Number(3));
        data.AddRange("ext"u8);
        foreach (var row in rows)
        {
            data.AddRange([0, (byte)row.Length]);
            foreach (var field in row)
            {
                data.AddRange(Number(field?.Length ?? -1));
                data.AddRange(Encoding.UTF8.GetBytes(field ?? ""));
            }
        }

        return [.. data, 0xff, 0xff];

        static byte[] Number(int value)
        {
            var bytes = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(bytes, value);
            return bytes;
        }
    }
}
