namespace Sallyport.Gateway.Masking;

/// <summary>
/// Takes out of an executed plan (EXPLAIN ANALYZE) what measures values: memory, space on disk, blocks, bytes of the write-ahead log. A sort of
/// many copies of one value would tell its length to the byte. Row counts stay; they are what permitted conditions tell anyway.
/// </summary>
/// <remarks>Every format writes one measure to a line (JSON, XML, YAML) or a few of one node to a line (text). What is taken out becomes <c>0</c>.</remarks>
public sealed class PlanMeasures : ColumnMask
{
    // A line with one of these says something about sizes, or has room for it: text formats put several measures into one line.
    private static readonly byte[][] Signs =
    [
        "Memory"u8.ToArray(), "Disk"u8.ToArray(), "Space"u8.ToArray(), "Storage"u8.ToArray(), "Sort Method"u8.ToArray(), "Sort-Method"u8.ToArray(), "Block"u8.ToArray(), "Buffers"u8.ToArray(),
        "WAL"u8.ToArray(), "Batches"u8.ToArray(), "Buckets"u8.ToArray(), "Partitions"u8.ToArray(), "Volume"u8.ToArray(), "Serialization"u8.ToArray(), "Bytes"u8.ToArray(),
    ];

    /// <inheritdoc/>
    public override int MaxBytes => 0;

    /// <inheritdoc/>
    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var end = value.IndexOf((byte)'\n');
            var line = end < 0 ? value : value[..end];
            written += HasSign(line) ? WriteWithheld(line, destination[written..]) : Copy(line, destination[written..]);
            if (end < 0)
            {
                return written;
            }

            destination[written++] = (byte)'\n';
            value = value[(end + 1)..];
        }
    }

    private static bool HasSign(ReadOnlySpan<byte> line)
    {
        foreach (var sign in Signs)
        {
            if (line.IndexOf(sign) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The line's label with <c>0</c> for its value; a line that only opens or closes a group stays.</summary>
    private static int WriteWithheld(ReadOnlySpan<byte> line, Span<byte> destination)
    {
        var trimmed = line.TrimStart((byte)' ');
        if (trimmed.StartsWith("<"u8))
        {
            return WriteElement(line, destination);
        }

        // A JSON key may hold a colon only inside its quotes, and none does.
        var label = line.IndexOf((byte)':');
        var value = label < 0 ? default : line[(label + 1)..].Trim((byte)' ');
        if (value.IsEmpty || value[0] is (byte)'{' or (byte)'[')
        {
            return Copy(line, destination);
        }

        // Never longer than the line was: a space and a comma are there only where they were.
        var written = Copy(line[..(label + (line[label + 1] == ' ' ? 2 : 1))], destination);
        destination[written++] = (byte)'0';
        if (trimmed.StartsWith("\""u8) && value.Length > 1 && value.EndsWith(","u8))
        {
            destination[written++] = (byte)',';
        }

        return written;
    }

    private static int WriteElement(ReadOnlySpan<byte> line, Span<byte> destination)
    {
        var (opening, closing) = (line.IndexOf((byte)'>'), line.LastIndexOf("</"u8));
        if (opening < 0 || closing <= opening + 1)
        {
            return Copy(line, destination);
        }

        var written = Copy(line[..(opening + 1)], destination);
        destination[written++] = (byte)'0';
        return written + Copy(line[closing..], destination[written..]);
    }

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        from.CopyTo(to);
        return from.Length;
    }
}
