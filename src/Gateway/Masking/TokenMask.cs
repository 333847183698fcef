using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// Text becomes <c>tok_</c>, the tag, the key's name, and 80 bits of HMAC-SHA-256 in base32. Where the type leaves no room for that the digits
/// stand alone, and below <see cref="TokenText.MinDigits"/> of them nothing is left but stars.
/// </summary>
internal sealed class TokenMask : ColumnMask
{
    private readonly TokenKey _key;
    private readonly TextShape _shape;
    private readonly byte[] _tag;
    private readonly byte[] _prefix;
    private readonly int _digits;
    private readonly int _tagNumber;

    public TokenMask(string tag, TextShape shape, TokenKey key)
    {
        _key = key;
        _shape = shape;
        var label = new MaskLabel(tag);
        _tag = label.Tag;
        _tagNumber = key.Vault.NumberOf(tag);
        byte[] prefix = [.. label.TokenPrefix, .. Encoding.ASCII.GetBytes(key.Id), (byte)'_'];
        _prefix = shape.MaxChars >= prefix.Length + TokenText.Digits ? prefix : [];
        _digits = Math.Min(TokenText.Digits, shape.MaxChars - _prefix.Length);
    }

    public override int MaxBytes => _shape.PaddedBytes(_prefix.Length + _digits, _prefix.Length + _digits);

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        _prefix.CopyTo(destination);
        var digits = destination.Slice(_prefix.Length, _digits);
        if (_digits < TokenText.MinDigits)
        {
            digits.Fill((byte)'*');
        }
        else
        {
            TokenText.WriteDigits(TokenOf(_shape.Trim(value)), digits);
        }

        var length = _prefix.Length + _digits;
        return _shape.Pad(destination, length, length);
    }

    private UInt128 TokenOf(ReadOnlySpan<byte> value)
    {
        if (_key.Vault.TryToken(_digits, _tagNumber, value, out var token))
        {
            return token;
        }

        Span<byte> digest = stackalloc byte[MaskKeys.DigestBytes];
        _key.Digest(_tag, value, digest);
        token = TokenText.BitsOf(digest, _digits);
        _key.Vault.Remember(token, _digits, _tagNumber, value);
        return token;
    }
}
