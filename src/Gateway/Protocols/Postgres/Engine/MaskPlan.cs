using System.Buffers.Binary;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>How the rows of one portal are masked: one entry per output column, null where a column passes untouched.</summary>
internal sealed class MaskPlan(ColumnMask?[] masks, MaskedColumn[] columns, int widest)
{
    private readonly ColumnMask[] _keyed = [.. masks.OfType<ColumnMask>().Where(static mask => mask.KeyOrdinal >= 0)];

    /// <summary>The masked columns, in the order of their ordinals.</summary>
    public MaskedColumn[] Columns => columns;

    /// <summary>For the rows of EXPLAIN ANALYZE over tagged tables: they hold no stored value, so nothing is counted.</summary>
    public static MaskPlan OfMeasures() => new([new PlanMeasures()], [], 0);

    /// <summary>Most bytes a masked row can be longer than the stored one.</summary>
    public int Growth { get; } = columns.Length * widest;

    /// <summary>Appends the masked form of one DataRow message (header included) and counts what was masked.</summary>
    /// <exception cref="PostgresProtocolException">The row does not have the described shape; nothing of it may go out.</exception>
    public void Write(ReadOnlySpan<byte> message, MessageBuffer output, Span<MaskCount> counts)
    {
        var row = message[5..];
        if (row.Length < 2 || BinaryPrimitives.ReadInt16BigEndian(row) != masks.Length)
        {
            throw new PostgresProtocolException("a row has another number of columns than its description");
        }

        foreach (var mask in _keyed)
        {
            var key = CellAt(row, mask.KeyOrdinal, out var isNull);
            mask.UseKey(key, isNull);
        }

        var destination = output.GetSpan(message.Length + Growth);
        destination[0] = BackendMessage.DataRow;
        var written = 5;
        var position = 2;
        // Everything from here on that no mask touches is copied at once.
        var copied = 0;
        var masked = 0;
        foreach (var mask in masks)
        {
            var length = ReadLength(row, position);
            var start = position;
            position += 4 + Math.Max(length, 0);
            if (mask is null)
            {
                continue;
            }

            if (length < 0 && !mask.HidesNull)
            {
                if (masked < counts.Length)
                {
                    counts[masked++].Nulls++;
                }

                continue;
            }

            row[copied..start].CopyTo(destination[written..]);
            written += start - copied;
            copied = position;
            var kept = mask.Write(length > 0 ? row.Slice(start + 4, length) : default, destination[(written + 4)..]);
            if (masked < counts.Length)
            {
                counts[masked++].Masked++;
            }

            BinaryPrimitives.WriteInt32BigEndian(destination[written..], kept);
            written += 4 + Math.Max(kept, 0);
        }

        if (position != row.Length)
        {
            throw new PostgresProtocolException("a row is longer than its columns");
        }

        row[copied..].CopyTo(destination[written..]);
        written += row.Length - copied;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], written - 1);
        output.Advance(written);
    }

    /// <summary>How many cells <see cref="Write"/> would count as masked in one DataRow message.</summary>
    /// <exception cref="PostgresProtocolException">The row does not have the described shape.</exception>
    public int CellsIn(ReadOnlySpan<byte> message)
    {
        var row = message[5..];
        if (columns.Length == 0 || row.Length < 2)
        {
            return 0;
        }

        var (position, cells) = (2, 0);
        foreach (var mask in masks)
        {
            var length = ReadLength(row, position);
            position += 4 + Math.Max(length, 0);
            cells += mask is not null && (length >= 0 || mask.HidesNull) ? 1 : 0;
        }

        return cells;
    }

    private static ReadOnlySpan<byte> CellAt(ReadOnlySpan<byte> row, int ordinal, out bool isNull)
    {
        var position = 2;
        for (; ordinal > 0; ordinal--)
        {
            position += 4 + Math.Max(ReadLength(row, position), 0);
        }

        var length = ReadLength(row, position);
        isNull = length < 0;
        return isNull ? default : row.Slice(position + 4, length);
    }

    private static int ReadLength(ReadOnlySpan<byte> row, int position)
    {
        var length = row.Length - position >= 4 ? BinaryPrimitives.ReadInt32BigEndian(row[position..]) : int.MinValue;
        return length >= -1 && length <= row.Length - position - 4
            ? length
            : throw new PostgresProtocolException("a column of a row has an impossible length");
    }
}

/// <summary>Cells of one masked column in one result.</summary>
internal record struct MaskCount(long Masked, long Nulls);
