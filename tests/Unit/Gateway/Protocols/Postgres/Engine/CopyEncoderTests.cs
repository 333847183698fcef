using System.Text;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class CopyEncoderTests
{
    private static byte[] Row(params string?[] cells)
    {
        var buffer = new MessageBuffer();
        buffer.Begin(BackendMessage.DataRow).Int16((short)cells.Length);
        foreach (var cell in cells)
        {
            buffer.Int32(cell is null ? -1 : Encoding.UTF8.GetByteCount(cell)).Text(cell ?? "");
        }

        buffer.End();
        return buffer.Written.ToArray();
    }

    private static string Encode(CopySettings settings, params string?[] cells)
    {
        var layout = CopyLayout.Of(settings, [.. cells.Select((_, i) => $"c{i}")]);
        var output = new MessageBuffer();
        new CopyEncoder(layout!).Row(Row(cells), output);
        Assert.Equal(output.Length - 1, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(output.Written.Span[1..]));
        Assert.Equal(BackendMessage.CopyData, output.Written.Span[0]);
        return Encoding.UTF8.GetString(output.Written.Span[5..]);
    }

    [Theory]
    [InlineData("plain ä", "plain ä\n")]
    [InlineData("", "\n")]
    [InlineData(null, "\\N\n")]
    [InlineData("\\N", "\\\\N\n")]
    [InlineData("a\tb\nc\rd\be\ff\vg\\", "a\\tb\\nc\\rd\\be\\ff\\vg\\\\\n")]
    [InlineData("\u0001,\"'", "\u0001,\"'\n")]
    public void Text_escapes_what_would_end_a_value_or_a_line(string? value, string line) => Assert.Equal(line, Encode(new CopySettings(), value));

    [Fact]
    public void Text_escapes_its_delimiter_and_writes_null_as_it_was_told() => Assert.Equal(
        "a\\|b|nil|nil\n", Encode(new CopySettings { Delimiter = "|", Null = "nil" }, "a|b", null, "nil"));

    [Theory]
    [InlineData("plain", "plain\n")]
    [InlineData("", "\"\"\n")]
    [InlineData(null, "\n")]
    [InlineData("a,b", "\"a,b\"\n")]
    [InlineData("a\"b", "\"a\"\"b\"\n")]
    [InlineData("a\nb", "\"a\nb\"\n")]
    [InlineData("a\rb", "\"a\rb\"\n")]
    [InlineData("\\.", "\"\\.\"\n")]
    [InlineData("a\\b\tc", "a\\b\tc\n")]
    public void Csv_quotes_what_needs_it(string? value, string line) => Assert.Equal(line, Encode(new CopySettings { Format = CopyFormat.Csv }, value));

    [Fact]
    public void The_end_of_data_mark_is_an_ordinary_value_beside_others() =>
        Assert.Equal("\\.,x\n", Encode(new CopySettings { Format = CopyFormat.Csv }, "\\.", "x"));

    [Fact]
    public void Csv_forces_quotes_escapes_and_null_as_it_was_told() => Assert.Equal(
        "'a!'b!!';x;NIL;'NIL'\n",
        Encode(new CopySettings { Format = CopyFormat.Csv, Delimiter = ";", Quote = "'", Escape = "!", Null = "NIL", ForceQuote = ["c0"] }, "a'b!", "x", null, "NIL"));

    [Fact]
    public void Forced_quotes_do_not_touch_null() =>
        Assert.Equal("\"x\",\n", Encode(new CopySettings { Format = CopyFormat.Csv, ForcesAllQuotes = true }, "x", null));

    [Fact]
    public void A_binary_copy_begins_with_its_signature_once_and_ends_with_its_trailer()
    {
        var encoder = new CopyEncoder(CopyLayout.Of(new CopySettings { Format = CopyFormat.Binary }, ["a", "b"])!);
        var output = new MessageBuffer();
        encoder.Row(Row("x", null), output);
        encoder.Row(Row("yz", ""), output);
        encoder.End(output);
        byte[] signature = [.. "PGCOPY\n"u8, 0xFF, .. "\r\n\0"u8, 0, 0, 0, 0, 0, 0, 0, 0];
        byte[] expected =
        [
            (byte)'d', 0, 0, 0, 34, .. signature, 0, 2, 0, 0, 0, 1, (byte)'x', 255, 255, 255, 255,
            (byte)'d', 0, 0, 0, 16, 0, 2, 0, 0, 0, 2, (byte)'y', (byte)'z', 0, 0, 0, 0,
            (byte)'d', 0, 0, 0, 6, 255, 255,
            (byte)'c', 0, 0, 0, 4,
        ];
        Assert.Equal(expected, output.Written.ToArray());
    }

    [Fact]
    public void An_empty_binary_copy_has_signature_and_trailer()
    {
        var output = new MessageBuffer();
        new CopyEncoder(CopyLayout.Of(new CopySettings { Format = CopyFormat.Binary }, ["a"])!).End(output);
        Assert.Equal(5 + 19 + 2 + 5, output.Length);
    }

    [Fact]
    public void A_row_of_another_width_is_never_written()
    {
        var encoder = new CopyEncoder(CopyLayout.Of(new CopySettings(), ["a", "b"])!);
        Assert.Throws<PostgresProtocolException>(() => encoder.Row(Row("x"), new MessageBuffer()));
    }

    [Fact]
    public void The_longest_row_has_room()
    {
        var value = new string('\\', 100_000);
        Assert.Equal(200_001 + 1 + 200_000, Encode(new CopySettings(), value, value).Length);
        value = new string('"', 100_000);
        Assert.Equal(200_002 + 1, Encode(new CopySettings { Format = CopyFormat.Csv }, value).Length);
        Assert.Equal(3 * 40 + 2 + 1, Encode(new CopySettings { Null = new string('n', 40) }, null, null, null).Length);
    }

    [Fact]
    public void Settings_that_are_not_one_byte_have_no_layout()
    {
        Assert.Null(CopyLayout.Of(new CopySettings { Delimiter = "ab" }, ["a"]));
        Assert.Null(CopyLayout.Of(new CopySettings { Format = CopyFormat.Csv, Quote = "ä" }, ["a"]));
        Assert.Null(CopyLayout.Of(new CopySettings { Format = CopyFormat.Csv, Escape = "" }, ["a"]));
        Assert.Null(CopyLayout.Of(new CopySettings { Quote = "'" }, ["a"]));
        Assert.Null(CopyLayout.Of(new CopySettings { IsReadable = false }, ["a"]));
    }

    [Fact]
    public void A_forced_quote_means_the_first_column_of_that_name() => Assert.Equal(
        [false, true, false], CopyLayout.Of(new CopySettings { Format = CopyFormat.Csv, ForceQuote = ["b", "nothing"] }, ["a", "b", "b"])!.ForceQuote);
}
