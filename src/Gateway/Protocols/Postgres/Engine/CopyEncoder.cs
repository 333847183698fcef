using System.Buffers;
using System.Buffers.Binary;
using Sallyport.Gateway.Protocols.Postgres.Messages;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// Writes rows as COPY TO STDOUT does, one CopyData message each. What is escaped and quoted is what the server escapes and quotes
/// (src/backend/commands/copyto.c), so that what is not masked is the same to the byte. For one execution.
/// </summary>
internal sealed class CopyEncoder(CopyLayout layout)
{
    // Written in front of the first row of a binary copy: signature, flags, length of the header's extension.
    private static ReadOnlySpan<byte> Signature => [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly SearchValues<byte> _escaped = SearchValues.Create([.. "\b\t\n\v\f\r\\"u8, layout.Delimiter]);
    private readonly SearchValues<byte> _quoted = SearchValues.Create([layout.Delimiter, layout.Quote, (byte)'\n', (byte)'\r']);
    private readonly SearchValues<byte> _doubled = SearchValues.Create([layout.Quote, layout.Escape]);
    private bool _hasBegun;

    /// <param name="row">A DataRow message, whole, in the format of the copy; already masked.</param>
    /// <param name="output">Where to.</param>
    public void Row(ReadOnlySpan<byte> row, MessageBuffer output)
    {
        output.Begin(BackendMessage.CopyData);
        if (layout.Format == CopyFormat.Binary)
        {
            // A tuple of the file format is laid out as the body of a DataRow.
            Begin(output);
            output.Bytes(row[5..]);
        }
        else
        {
            // Each byte may be escaped, each value quoted or NULL, and a delimiter or the line's end follows it.
            var columns = layout.ForceQuote.Length;
            var room = output.GetSpan((2 * row.Length) + (columns * (layout.Null.Length + 3)) + 1);
            output.Advance(Line(row[5..], room));
        }

        output.End();
    }

    /// <summary>The messages behind the last row, up to CopyDone.</summary>
    public void End(MessageBuffer output)
    {
        if (layout.Format == CopyFormat.Binary)
        {
            output.Begin(BackendMessage.CopyData);
            Begin(output);
            output.Int16(-1).End();
        }

        output.Begin(BackendMessage.CopyDone).End();
    }

    private void Begin(MessageBuffer output)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            output.Bytes(Signature);
        }
    }

    private int Line(ReadOnlySpan<byte> body, Span<byte> line)
    {
        var columns = BinaryPrimitives.ReadInt16BigEndian(body);
        if (columns != layout.ForceQuote.Length)
        {
            throw new PostgresProtocolException("a row has another number of columns than its description");
        }

        var position = 2;
        var written = 0;
        for (var i = 0; i < columns; i++)
        {
            if (i > 0)
            {
                line[written++] = layout.Delimiter;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(body[position..]);
            position += 4;
            if (length < 0)
            {
                layout.Null.CopyTo(line[written..]);
                written += layout.Null.Length;
                continue;
            }

            var value = body.Slice(position, length);
            position += length;
            written += layout.Format == CopyFormat.Csv ? Csv(value, layout.ForceQuote[i], columns == 1, line[written..]) : Text(value, line[written..]);
        }

        line[written++] = (byte)'\n';
        return written;
    }

    private int Text(ReadOnlySpan<byte> value, Span<byte> into)
    {
        var written = 0;
        while (true)
        {
            var plain = value.IndexOfAny(_escaped);
            if (plain < 0)
            {
                value.CopyTo(into[written..]);
                return written + value.Length;
            }

            value[..plain].CopyTo(into[written..]);
            written += plain;
            into[written++] = (byte)'\\';
            into[written++] = value[plain] switch
            {
                (byte)'\b' => (byte)'b',
                (byte)'\t' => (byte)'t',
                (byte)'\n' => (byte)'n',
                (byte)'\v' => (byte)'v',
                (byte)'\f' => (byte)'f',
                (byte)'\r' => (byte)'r',
                var itself => itself,
            };
            value = value[(plain + 1)..];
        }
    }

    private int Csv(ReadOnlySpan<byte> value, bool isForced, bool isAlone, Span<byte> into)
    {
        // A value that looks like NULL is quoted, and so is one that looks like the end of the data.
        var isQuoted = isForced || value.SequenceEqual(layout.Null) || (isAlone && value.SequenceEqual("\\."u8)) || value.ContainsAny(_quoted);
        if (!isQuoted)
        {
            value.CopyTo(into);
            return value.Length;
        }

        var written = 0;
        into[written++] = layout.Quote;
        for (var plain = value.IndexOfAny(_doubled); plain >= 0; plain = value.IndexOfAny(_doubled))
        {
            value[..plain].CopyTo(into[written..]);
            written += plain;
            into[written++] = layout.Escape;
            into[written++] = value[plain];
            value = value[(plain + 1)..];
        }

        value.CopyTo(into[written..]);
        written += value.Length;
        into[written++] = layout.Quote;
        return written;
    }
}
