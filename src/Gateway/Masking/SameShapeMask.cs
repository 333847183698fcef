using System.Buffers;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>Letters become X, digits 0, and ASCII separators stay; every other character becomes X too. Tells length and layout, nothing else.</summary>
internal sealed class SameShapeMask(TextShape shape) : ColumnMask
{
    /// <summary>What each ASCII character becomes. Control characters are no separators.</summary>
    private static readonly byte[] Replacements = [.. Enumerable.Range(0, 128).Select(static code => Replacement((char)code))];

    // Every character takes at least as many bytes as its replacement.
    public override int MaxBytes => 0;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var written = 0;
        var rest = shape.Trim(value);
        while (!rest.IsEmpty)
        {
            if (rest[0] < 128)
            {
                destination[written++] = Replacements[rest[0]];
                rest = rest[1..];
                continue;
            }

            if (Rune.DecodeFromUtf8(rest, out var rune, out var bytes) != OperationStatus.Done)
            {
                return -1;
            }

            destination[written++] = Rune.IsDigit(rune) ? (byte)'0' : (byte)'X';
            rest = rest[bytes..];
        }

        // What was padding stays padding: it is part of the length that is shown.
        var padding = value.Length - shape.Trim(value).Length;
        destination.Slice(written, padding).Fill((byte)' ');
        return written + padding;
    }

    private static byte Replacement(char character) => character switch
    {
        >= '0' and <= '9' => (byte)'0',
        >= ' ' and < (char)127 when !char.IsAsciiLetter(character) => (byte)character,
        _ => (byte)'X',
    };
}
