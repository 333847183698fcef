using System.Buffers;
using System.Buffers.Binary;

namespace Sallyport.Gateway.Masking;

/// <summary>How tokens are written: base32 digits of a digest, behind <c>tok_</c>, tag and key where the type leaves room.</summary>
internal static class TokenText
{
    /// <summary>Base32 digits of a token, five bits each.</summary>
    public const int Digits = 16;

    /// <summary>Fewer digits would let different values share a token too often.</summary>
    public const int MinDigits = 8;

    /// <summary>The kind of a token that is a UUID. Others have the number of their digits.</summary>
    public const int UuidKind = 128;

    private const int BitsPerDigit = 5;
    private const int MaxKeyIdBytes = 9;

    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("abcdefghijklmnopqrstuvwxyz234567"u8);

    /// <summary>The bits of a digest that <paramref name="digits"/> digits show.</summary>
    public static UInt128 BitsOf(ReadOnlySpan<byte> digest, int digits) => BinaryPrimitives.ReadUInt128BigEndian(digest) >> (128 - (digits * BitsPerDigit));

    /// <summary>RFC 4648 base32, lower case.</summary>
    public static void WriteDigits(UInt128 bits, Span<byte> digits)
    {
        for (var at = digits.Length - 1; at >= 0; at--)
        {
            digits[at] = "abcdefghijklmnopqrstuvwxyz234567"u8[(int)(bits & 31)];
            bits >>= BitsPerDigit;
        }
    }

    /// <summary>Reads a token of any length back.</summary>
    public static bool TryRead(ReadOnlySpan<byte> token, out UInt128 bits, out int digits)
    {
        bits = default;
        var text = IsWhole(token) ? token[^Digits..] : token;
        digits = text.Length;
        if (digits is < MinDigits or > Digits)
        {
            return false;
        }

        foreach (var digit in text)
        {
            var value = digit switch
            {
                >= (byte)'a' and <= (byte)'z' => digit - 'a',
                >= (byte)'2' and <= (byte)'7' => digit - '2' + 26,
                _ => -1,
            };
            if (value < 0)
            {
                return false;
            }

            bits = (bits << BitsPerDigit) | (uint)value;
        }

        return true;
    }

    /// <summary>Whether a text is a token in full: <c>tok_</c>, a tag, the key's name, sixteen digits. No value looks so by chance.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("tok_"u8) || text.Length < 4 + 2 + 2 + Digits || text[^(Digits + 1)] != '_' || text[^Digits..].ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        var head = text[4..^(Digits + 1)];
        var keyAt = head.LastIndexOf((byte)'_');
        return keyAt > 0 && head.Length - keyAt - 1 is >= 5 and <= MaxKeyIdBytes && head[keyAt + 1] is (byte)'s' or (byte)'r' or (byte)'t';
    }
}
