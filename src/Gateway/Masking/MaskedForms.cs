using System.Collections.Frozen;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// Knows the values that masks make of text and that people never write by chance: <c>[TAG]</c>, tokens in full, and stars with a tail. Written into the
/// database they would stand in the place of what they hide.
/// </summary>
public sealed class MaskedForms
{
    private const int Stars = 6;

    /// <summary>Most bytes behind the stars of a partial mask: four characters.</summary>
    private const int MaxTailBytes = 16;

    private const int MaxLabelBytes = 40;

    private readonly FrozenSet<string> _labels;

    /// <param name="tags">The tags in use.</param>
    public MaskedForms(IEnumerable<string> tags) =>
        _labels = tags.Select(static tag => Encoding.ASCII.GetString(new MaskLabel(tag).Constant)).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a whole value is such a form, by itself, as a JSON string, or as the only element of an array.</summary>
    public bool Contains(ReadOnlySpan<byte> value)
    {
        var text = value.TrimEnd((byte)' ');
        if (text is [(byte)'{', .. var element, (byte)'}'])
        {
            text = element;
        }

        if (text is [(byte)'"', .. var content, (byte)'"'])
        {
            text = content.TrimEnd((byte)' ');
        }

        return text switch
        {
            [(byte)'[', .., (byte)']'] => text.Length <= MaxLabelBytes && _labels.Contains(Encoding.UTF8.GetString(text)),
            [(byte)'t', (byte)'o', (byte)'k', (byte)'_', ..] => TokenText.IsWhole(text),
            [(byte)'*', ..] => IsPartial(text),
            _ => false,
        };
    }

    private static bool IsPartial(ReadOnlySpan<byte> text)
    {
        if (text.Length < Stars || text[..Stars].ContainsAnyExcept((byte)'*'))
        {
            return false;
        }

        var tail = text[Stars..];
        return !tail.Contains((byte)'*') && (tail is [(byte)'@', ..] || (tail.Length <= MaxTailBytes && TextShape.CharsOf(tail) <= MaskOperator.Partial.MostKept));
    }
}
