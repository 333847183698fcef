namespace Sallyport.Gateway.Masking;

/// <summary>
/// A ZIP code of three, five or nine digits becomes its first three, or <c>000</c> where few people live there. What is no ZIP code becomes
/// the tag's constant.
/// </summary>
internal sealed class ZipMask(TextShape shape, byte[] otherwise, SparseZips sparse) : ColumnMask
{
    private const int Shown = 3;

    public override int MaxBytes => Math.Max(shape.PaddedBytes(Shown, Shown), otherwise.Length);

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var content = shape.Trim(value);
        if (shape.MaxChars < Shown || !IsZip(content))
        {
            otherwise.CopyTo(destination);
            return otherwise.Length;
        }

        var area = ((content[0] - '0') * 100) + ((content[1] - '0') * 10) + content[2] - '0';
        (sparse.Contains(area) ? "000"u8 : content[..Shown]).CopyTo(destination);
        return shape.Pad(destination, Shown, Shown);
    }

    /// <summary><c>021</c>, <c>02139</c>, <c>021391234</c> or <c>02139-1234</c>.</summary>
    private static bool IsZip(ReadOnlySpan<byte> text) => text.Length switch
    {
        3 or 5 or 9 => AreDigits(text),
        10 => AreDigits(text[..5]) && text[5] == '-' && AreDigits(text[6..]),
        _ => false,
    };

    private static bool AreDigits(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
