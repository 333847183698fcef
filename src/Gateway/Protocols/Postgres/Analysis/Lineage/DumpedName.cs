using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Lineage;

/// <summary>Names as the dump prints them: a quoted string whose special bytes are escaped by a backslash.</summary>
internal static class DumpedName
{
    /// <summary>Whether a dumped string list item is <paramref name="name"/>; a dropped column is dumped as the empty string.</summary>
    public static bool Matches(ReadOnlySpan<byte> dumped, string? name)
    {
        if (dumped.Length < 2 || dumped[0] != (byte)'"' || dumped[^1] != (byte)'"')
        {
            return false;
        }

        dumped = dumped[1..^1];
        if (name is null)
        {
            return dumped.IsEmpty;
        }

        Span<byte> expected = stackalloc byte[256];
        if (!Encoding.UTF8.TryGetBytes(name, expected, out var length))
        {
            return false;
        }

        return EqualsUnescaped(dumped, expected[..length]);
    }

    /// <summary>Line folding may have turned an escaped space or newline into either; both count as white space.</summary>
    private static bool EqualsUnescaped(ReadOnlySpan<byte> dumped, ReadOnlySpan<byte> expected)
    {
        var position = 0;
        for (var i = 0; i < dumped.Length; i++)
        {
            i += dumped[i] == (byte)'\\' && i + 1 < dumped.Length ? 1 : 0;
            if (position == expected.Length || (dumped[i] != expected[position] && !(IsSpace(dumped[i]) && IsSpace(expected[position]))))
            {
                return false;
            }

            position++;
        }

        return position == expected.Length;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\n';
}
