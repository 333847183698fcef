using System.Buffers;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>How a tag appears inside masked values. A tag with other characters than letters, digits, - and _ is written as <c>PHI</c>.</summary>
internal sealed class MaskLabel
{
    private const int MaxChars = 32;

    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    public MaskLabel(string tag)
    {
        Tag = Encoding.UTF8.GetBytes(tag);
        var shown = tag.Length is > 0 and <= MaxChars && !tag.AsSpan().ContainsAnyExcept(Plain) ? tag : "PHI";
        Constant = Encoding.ASCII.GetBytes($"[{shown}]");
        TokenPrefix = Encoding.ASCII.GetBytes($"tok_{shown.ToLowerInvariant()}_");
    }

    /// <summary>The tag itself, which separates tokens of different classes.</summary>
    public byte[] Tag { get; }

    /// <summary><c>[NAME]</c></summary>
    public byte[] Constant { get; }

    /// <summary><c>tok_name_</c></summary>
    public byte[] TokenPrefix { get; }
}
