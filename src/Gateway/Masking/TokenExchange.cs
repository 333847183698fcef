using System.Buffers.Binary;
using System.Buffers.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>What a value a client sends is exchanged for; the default is: nothing, it is no token.</summary>
internal readonly record struct TokenExchange
{
    private const int UuidBytes = 16;
    private const int UuidTextBytes = 36;

    /// <summary>The stored value, in the format the token came in. To be cleared once it is used.</summary>
    public byte[]? Value { get; init; }

    /// <summary>A token in full that was not given out here for that tag, or that is forgotten.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>Looks one value up.</summary>
    /// <param name="vault">What was given out.</param>
    /// <param name="value">The value as the client sent it.</param>
    /// <param name="tag">The tag of the column it is compared with.</param>
    /// <param name="isBinary">The format: a text is the same in both, a UUID is not.</param>
    public static TokenExchange Of(TokenVault vault, ReadOnlySpan<byte> value, string tag, bool isBinary)
    {
        if (TokenText.TryRead(value, out var bits, out var digits) && vault.Redeem(bits, digits, tag) is { } text)
        {
            return new TokenExchange { Value = text };
        }

        if (TryUuid(value, isBinary, out var token) && vault.Redeem(token, TokenText.UuidKind, tag) is { } uuid)
        {
            return new TokenExchange { Value = isBinary ? uuid : UuidText(uuid) };
        }

        return TokenText.IsWhole(value) ? new TokenExchange { IsUnknown = true } : default;
    }

    private static bool TryUuid(ReadOnlySpan<byte> value, bool isBinary, out UInt128 token)
    {
        token = default;
        if (isBinary && value.Length == UuidBytes)
        {
            token = BinaryPrimitives.ReadUInt128BigEndian(value);
            return true;
        }

        if (isBinary || value.Length != UuidTextBytes || !Utf8Parser.TryParse(value, out Guid uuid, out var consumed) || consumed != UuidTextBytes)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[UuidBytes];
        uuid.TryWriteBytes(bytes, bigEndian: true, out _);
        token = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }

    private static byte[] UuidText(byte[] uuid)
    {
        var text = new byte[UuidTextBytes];
        Utf8Formatter.TryFormat(new Guid(uuid, bigEndian: true), text, out _);
        return text;
    }
}
