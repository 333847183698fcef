namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>
/// Undoes the line folding of the server's <c>format_node_dump</c>: lines of at most 78 bytes, broken at a space (which the newline replaces) or,
/// where a line has no space, inside a token (where the newline is added).
/// </summary>
internal static class DumpText
{
    private const int LineBytes = 78;

    /// <summary>Writes the unfolded text to <paramref name="destination"/>, which is at least as long as <paramref name="dump"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Unfold(ReadOnlySpan<byte> dump, Span<byte> destination)
    {
        var written = 0;
        while (true)
        {
            var end = dump.IndexOf((byte)'\n');
            if (end < 0)
            {
                dump.CopyTo(destination[written..]);
                return written + dump.Length;
            }

            var line = dump[..end];
            line.CopyTo(destination[written..]);
            written += line.Length;
            if (!IsBrokenInsideToken(line))
            {
                // An escaped newline of an identifier stays escaped: it becomes an escaped space, and no name is compared across it.
                destination[written++] = (byte)' ';
            }

            dump = dump[(end + 1)..];
        }
    }

    /// <summary>A full line without a space after its first byte was broken by force. A token that ends exactly there is joined with the next
    /// one, which makes the tree unreadable and the statement denied.</summary>
    private static bool IsBrokenInsideToken(ReadOnlySpan<byte> line) => line.Length == LineBytes && !line[1..].Contains((byte)' ');
}
