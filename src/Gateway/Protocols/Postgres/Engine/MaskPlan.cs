using System.Buffers.Binary;
using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Protocols.Postgres.Messages;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>How the rows of one portal are masked: one entry per output column, null where a column passes untouched.</summary>
internal sealed class MaskPlan(ColumnMask?[] masks, MaskedColumn[] columns, int widest)
{
    /// <summary>The masked columns, in the order of their ordinals.</summary>
    public MaskedColumn[] Columns => columns;

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

        var destination = output.GetSpan(message.Length + Growth);
        destination[0] = BackendMessage.DataRow;
        var written = 7;
        BinaryPrimitives.WriteInt16BigEndian(destination[5..], (short)masks.Length);
        var position = 2;
        var masked = 0;
        foreach (var mask in masks)
        {
            var length = ReadLength(row, position);
            var cell = length > 0 ? row.Slice(position + 4, length) : default;
            position += 4 + Math.Max(length, 0);
            var kept = length;
            if (mask is null)
            {
                cell.CopyTo(destination[(written + 4)..]);
            }
            else if (length < 0 && !mask.HidesNull)
            {
                counts[masked++].Nulls++;
            }
            else
            {
                kept = mask.Write(cell, destination[(written + 4)..]);
                counts[masked++].Masked++;
            }

            BinaryPrimitives.WriteInt32BigEndian(destination[written..], kept);
            written += 4 + Math.Max(kept, 0);
        }

        if (position != row.Length)
        {
            throw new PostgresProtocolException("a row is longer than its columns");
        }

        BinaryPrimitives.WriteInt32BigEndian(destination[1..], written - 1);
        output.Advance(written);
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
