using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class MaskPlanTests
{
    private sealed class Stars(int? length) : ColumnMask
    {
        public override int MaxBytes => length ?? 0;

        public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
        {
            if (length is not { } bytes)
            {
                return -1;
            }

            destination[..bytes].Fill((byte)'*');
            return bytes;
        }
    }

    private static MaskPlan Plan(params ColumnMask?[] masks) => new(
        masks,
        [.. masks.Index().Where(m => m.Item is not null).Select(m => new MaskedColumn(m.Index, "s.t.c", "NAME", new MaskOperator.Redact()))],
        masks.Max(m => m?.MaxBytes ?? 0));

    private static byte[] Row(params string?[] cells)
    {
        var buffer = new MessageBuffer();
        buffer.Begin(BackendMessage.DataRow).Int16((short)cells.Length);
        foreach (var cell in cells)
        {
            buffer.Int32(cell?.Length ?? -1);
            buffer.Text(cell ?? "");
        }

        buffer.End();
        return buffer.Written.ToArray();
    }

    [Fact]
    public void Masked_columns_change_and_the_others_stay()
    {
        var output = new MessageBuffer();
        var counts = new MaskCount[2];
        var plan = Plan(null, new Stars(5), null, new Stars(null));
        plan.Write(Row("1", "Ann", null, "x"), output, counts);
        plan.Write(Row("", null, "kept", ""), output, counts);
        Assert.Equal([.. Row("1", "*****", null, null), .. Row("", null, "kept", null)], output.Written.ToArray());
        Assert.Equal([new MaskCount(1, 1), new MaskCount(2, 0)], counts);
    }

    private sealed class KeyEcho(int ordinal) : ColumnMask
    {
        private byte[]? _key;

        public override int MaxBytes => 8;

        public override int KeyOrdinal => ordinal;

        public override void UseKey(ReadOnlySpan<byte> value, bool isNull) => _key = isNull ? null : value.ToArray();

        public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
        {
            _key?.CopyTo(destination);
            return _key?.Length ?? -1;
        }
    }

    [Fact]
    public void A_mask_gets_the_key_of_its_own_row_wherever_that_stands()
    {
        var output = new MessageBuffer();
        var counts = new MaskCount[2];
        var plan = Plan(new KeyEcho(2), new KeyEcho(2), null);
        plan.Write(Row("a", "b", "key"), output, counts);
        plan.Write(Row("a", "b", null), output, counts);
        Assert.Equal([.. Row("key", "key", "key"), .. Row(null, null, null)], output.Written.ToArray());
    }

    [Fact]
    public void A_computed_column_shows_no_null()
    {
        var output = new MessageBuffer();
        var counts = new MaskCount[1];
        var plan = Plan(new DerivedMask(new Stars(3)));
        plan.Write(Row("Ann"), output, counts);
        plan.Write(Row([null]), output, counts);
        Assert.Equal([.. Row("***"), .. Row("***")], output.Written.ToArray());
        Assert.Equal([new MaskCount(2, 0)], counts);
    }

    [Fact]
    public void A_row_of_another_shape_never_goes_out()
    {
        var plan = Plan(null, new Stars(3));
        var random = new SeededBytes(3);
        var row = Row("a", "secret");
        for (var i = 0; i < 20_000; i++)
        {
            var mutated = random.Mutate(row);
            var output = new MessageBuffer();
            try
            {
                plan.Write(mutated, output, new MaskCount[1]);
                Assert.DoesNotContain("secret", System.Text.Encoding.Latin1.GetString(output.Written.Span), StringComparison.Ordinal);
            }
            catch (PostgresProtocolException)
            {
                Assert.Equal(0, output.Length);
            }
        }
    }
}
