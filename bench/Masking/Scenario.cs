using System.Text;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Bench.Masking;

/// <summary>A shape of row: its columns, and what masks each of them.</summary>
internal sealed record Scenario(string Name, params (MaskOperator? Operator, uint Type, Func<int, string> Value)[] Columns)
{
    private const uint Text = 25;
    private const uint Int4 = 23;
    private const uint Date = 1082;

    private static readonly MaskOperator Redact = new MaskOperator.Redact();

    /// <summary>Rows of a patient table, one mask after the other, then all of them.</summary>
    public static IEnumerable<Scenario> All =>
    [
        new("id, name, mrn, ssn, born, phone, note (nothing masked, copied)", Patient(null, null, null, null, null)),
        new("... (name redacted)", Patient(Redact, null, null, null, null)),
        new("... (name, mrn, ssn, phone redacted)", Patient(Redact, Redact, Redact, null, Redact)),
        new("... (phone partial)", Patient(null, null, null, null, new MaskOperator.Partial())),
        new("... (name, mrn, ssn, phone same-shape)", Patient(new MaskOperator.SameShape(), new MaskOperator.SameShape(), new MaskOperator.SameShape(), null, new MaskOperator.SameShape())),
        new("... (born as its year)", Patient(null, null, null, new MaskOperator.Year(), null)),
        new("... (mrn token, each value new)", Patient(null, new MaskOperator.Token(), null, null, null, seen: false)),
        new("... (mrn token, values seen before)", Patient(null, new MaskOperator.Token(), null, null, null)),
        new("... (all: redact, token, redact, year, partial)", Patient(Redact, new MaskOperator.Token(), Redact, new MaskOperator.Year(), new MaskOperator.Partial())),
        new("one text column of 12 bytes (redacted)", (Redact, Text, static row => $"name-{row:D7}")),
        new("one text column of 1,000 bytes (redacted)", (Redact, Text, static row => new string((char)('a' + (row % 26)), 1_000))),
        new("one text column of 1,000 bytes (same-shape)", (new MaskOperator.SameShape(), Text, static row => new string((char)('a' + (row % 26)), 1_000))),
    ];

    public MaskPlan? Plan(MaskKeys keys)
    {
        var masks = Columns
            .Select(column => column.Operator is null ? null : ColumnMaskFactory.Create("TAG", column.Operator, new MaskedType(column.Type, -1, IsBinary: false), keys, TimeProvider.System))
            .ToArray();
        MaskedColumn[] masked = [.. Columns.Index().Where(static column => column.Item.Operator is not null).Select(static column => new MaskedColumn(column.Index, "s.t.c", "TAG", column.Item.Operator!))];
        return masked.Length == 0 ? null : new MaskPlan(masks, masked, masks.Max(static mask => mask?.MaxBytes ?? 0));
    }

    /// <summary>One DataRow message.</summary>
    public byte[] Row(int number)
    {
        var buffer = new MessageBuffer();
        buffer.Begin(BackendMessage.DataRow).Int16((short)Columns.Length);
        foreach (var (_, _, value) in Columns)
        {
            var text = Encoding.UTF8.GetBytes(value(number));
            buffer.Int32(text.Length).Bytes(text);
        }

        buffer.End();
        return buffer.Written.ToArray();
    }

    private static (MaskOperator? Operator, uint Type, Func<int, string> Value)[] Patient(
        MaskOperator? name, MaskOperator? mrn, MaskOperator? ssn, MaskOperator? born, MaskOperator? phone, bool seen = true) =>
    [
        (null, Int4, static row => $"{row}"),
        (name, Text, static row => $"Given{row % 997} Family{row % 1_999}"),
        // More values than are remembered are new every time.
        (mrn, Text, seen ? static row => $"MRN-{row:D8}" : static row => new string('x', TokenVault.MaxValueBytes) + $"{row:D8}"),
        (ssn, Text, static row => $"{100 + (row % 800)}-{row % 99:D2}-{row % 9_999:D4}"),
        (born, Date, static row => $"{1940 + (row % 80)}-{1 + (row % 12):D2}-{1 + (row % 28):D2}"),
        (phone, Text, static row => $"+1-555-{row % 1_000:D3}-{row % 10_000:D4}"),
        (null, Text, static row => $"seen in ward {row % 40}, next visit to be arranged"),
    ];
}
