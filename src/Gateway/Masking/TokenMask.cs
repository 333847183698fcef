namespace Sallyport.Gateway.Masking;

/// <summary>
/// Text becomes <c>tok_</c>, the tag, and 80 bits of HMAC-SHA-256 in base32. Where the type leaves no room for that the digits stand alone,
/// and below <see cref="MinDigits"/> of them nothing is left but stars.
/// </summary>
internal sealed class TokenMask : ColumnMask
{
    /// <summary>Base32 digits of a token, five bits each.</summary>
    private const int Digits = 16;

    /// <summary>Fewer digits would let different values share a token too often.</summary>
    private const int MinDigits = 8;

    private readonly MaskKeys _keys;
    private readonly TextShape _shape;
    private readonly byte[] _tag;
    private readonly byte[] _prefix;
    private readonly int _digits;

    public TokenMask(MaskLabel label, TextShape shape, MaskKeys keys)
    {
        _keys = keys;
        _shape = shape;
        _tag = label.Tag;
        var prefix = label.TokenPrefix;
        var hasPrefix = shape.MaxChars >= prefix.Length + Digits;
        _prefix = hasPrefix ? prefix : [];
        _digits = Math.Min(Digits, shape.MaxChars - _prefix.Length);
    }

    public override int MaxBytes => _shape.PaddedBytes(_prefix.Length + _digits, _prefix.Length + _digits);

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        _prefix.CopyTo(destination);
        var digits = destination.Slice(_prefix.Length, _digits);
        if (_digits < MinDigits)
        {
            digits.Fill((byte)'*');
        }
        else
        {
            Span<byte> digest = stackalloc byte[MaskKeys.DigestBytes];
            _keys.Digest(_tag, _shape.Trim(value), digest);
            WriteDigits(digest, digits);
        }

        var length = _prefix.Length + _digits;
        return _shape.Pad(destination, length, length);
    }

    /// <summary>RFC 4648 base32, lower case.</summary>
    private static void WriteDigits(ReadOnlySpan<byte> digest, Span<byte> digits)
    {
        for (var at = 0; at < digits.Length; at++)
        {
            var bit = at * 5;
            var pair = (digest[bit / 8] << 8) | digest[(bit / 8) + 1];
            digits[at] = "abcdefghijklmnopqrstuvwxyz234567"u8[(pair >> (11 - (bit % 8))) & 31];
        }
    }
}
