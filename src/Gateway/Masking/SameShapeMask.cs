using System.Buffers;
using System.Runtime.Intrinsics;
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
        var content = shape.Trim(value);
        var written = 0;
        var read = 0;
        while (read < content.Length)
        {
            var run = WriteAscii(content[read..], destination[written..]);
            read += run;
            written += run;
            if (read == content.Length)
            {
                break;
            }

            if (Rune.DecodeFromUtf8(content[read..], out var rune, out var bytes) != OperationStatus.Done)
            {
                return -1;
            }

            destination[written++] = Rune.IsDigit(rune) ? (byte)'0' : (byte)'X';
            read += bytes;
        }

        // What was padding stays padding: it is part of the length that is shown.
        var padding = value.Length - content.Length;
        destination.Slice(written, padding).Fill((byte)' ');
        return written + padding;
    }

    /// <summary>Writes the form of the ASCII characters at the beginning.</summary>
    /// <returns>How many there were.</returns>
    private static int WriteAscii(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        var at = 0;
        while (text.Length - at >= Vector128<byte>.Count)
        {
            var characters = Vector128.Create(text[at..]);
            if (characters.ExtractMostSignificantBits() != 0)
            {
                break;
            }

            var digits = Vector128.LessThan(characters - Vector128.Create((byte)'0'), Vector128.Create((byte)10));
            var letters = Vector128.LessThan((characters | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a'), Vector128.Create((byte)26));
            var controls = Vector128.LessThan(characters, Vector128.Create((byte)' ')) | Vector128.Equals(characters, Vector128.Create((byte)127));
            var shown = Vector128.ConditionalSelect(digits, Vector128.Create((byte)'0'), characters);
            Vector128.ConditionalSelect(letters | controls, Vector128.Create((byte)'X'), shown).CopyTo(destination[at..]);
            at += Vector128<byte>.Count;
        }

        for (; at < text.Length && text[at] < 128; at++)
        {
            destination[at] = Replacements[text[at]];
        }

        return at;
    }

    private static byte Replacement(char character) => character switch
    {
        >= '0' and <= '9' => (byte)'0',
        >= ' ' and < (char)127 when !char.IsAsciiLetter(character) => (byte)character,
        _ => (byte)'X',
    };
}
