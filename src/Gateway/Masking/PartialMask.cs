using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// Text keeps its last characters behind a fixed number of stars: at most four of at least nine, two of at least six, none of fewer. The
/// number of stars never tells the length.
/// </summary>
internal sealed class PartialMask(TextShape shape, int keep) : ColumnMask
{
    private const int Stars = 6;
    private const int FewShown = 2;
    private const int MinCharsForMost = 9;
    private const int MinCharsForFew = 6;
    private const int MaxBytesPerChar = 4;

    public override int MaxBytes => shape.PaddedBytes(0, Stars + (MaskOperator.Partial.MostKept * MaxBytesPerChar));

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var content = shape.Trim(value);
        if (!TryLast(content, Shown(content), out var tail, out var shown))
        {
            return -1;
        }

        var stars = Math.Min(Stars, shape.MaxChars - shown);
        destination[..stars].Fill((byte)'*');
        tail.CopyTo(destination[stars..]);
        return shape.Pad(destination, stars + shown, stars + tail.Length);
    }

    /// <summary>How many characters may be seen; counting stops as soon as that is settled.</summary>
    private int Shown(ReadOnlySpan<byte> content)
    {
        var chars = 0;
        foreach (var value in content)
        {
            // Continuation bytes of UTF-8 start no character.
            chars += (value & 0xC0) == 0x80 ? 0 : 1;
            if (chars == MinCharsForMost)
            {
                break;
            }
        }

        var shown = chars >= MinCharsForMost ? keep : chars >= MinCharsForFew ? Math.Min(keep, FewShown) : 0;
        // At least one star stays in front, however short the type is.
        return Math.Min(shown, shape.MaxChars - 1);
    }

    private static bool TryLast(ReadOnlySpan<byte> content, int wanted, out ReadOnlySpan<byte> tail, out int shown)
    {
        var start = content.Length;
        for (shown = 0; shown < wanted; shown++)
        {
            if (Rune.DecodeLastFromUtf8(content[..start], out _, out var bytes) != System.Buffers.OperationStatus.Done)
            {
                tail = [];
                return false;
            }

            start -= bytes;
        }

        tail = content[start..];
        return true;
    }
}
