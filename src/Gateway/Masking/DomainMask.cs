using System.Buffers;
using System.Text.Unicode;

namespace Sallyport.Gateway.Masking;

/// <summary>A mail address keeps its domain behind six stars. What is no mail address, or shorter than six characters, becomes stars alone.</summary>
internal sealed class DomainMask(TextShape shape) : ColumnMask
{
    private const int Stars = 6;
    private const int MinChars = 6;

    /// <summary>Most bytes of a domain name (RFC 1035, section 2.3.4).</summary>
    private const int MaxDomainBytes = 255;

    private static readonly SearchValues<byte> NoDomain = SearchValues.Create(" \"'<>,;"u8);

    public override int MaxBytes => shape.PaddedBytes(0, Stars + 1 + MaxDomainBytes);

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        var tail = Tail(shape.Trim(value), out var chars);
        if (Stars + chars > shape.MaxChars)
        {
            tail = default;
            chars = 0;
        }

        var stars = Math.Min(Stars, shape.MaxChars);
        destination[..stars].Fill((byte)'*');
        tail.CopyTo(destination[stars..]);
        return shape.Pad(destination, stars + chars, stars + tail.Length);
    }

    /// <summary>The part from the @ on, or nothing.</summary>
    private static ReadOnlySpan<byte> Tail(ReadOnlySpan<byte> content, out int chars)
    {
        var at = content.LastIndexOf((byte)'@');
        var tail = at > 0 ? content[at..] : default;
        chars = 0;
        if (tail.Length is < 4 or > MaxDomainBytes + 1 || !tail.Contains((byte)'.') || !Utf8.IsValid(content) || TextShape.CharsOf(content) < MinChars
            || tail[1..].ContainsAny(NoDomain))
        {
            return default;
        }

        chars = TextShape.CharsOf(tail);
        return tail;
    }
}
