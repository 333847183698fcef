using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>A UUID becomes another UUID: HMAC-SHA-256 of its 16 bytes, marked as version 8 (RFC 9562, section 5.8).</summary>
internal sealed class UuidTokenMask(string tag, bool isBinary, TokenKey key) : ColumnMask
{
    private const int BinaryBytes = 16;
    private const int TextBytes = 36;

    private readonly byte[] _tag = Encoding.UTF8.GetBytes(tag);
    private readonly int _tagNumber = key.Vault.NumberOf(tag);

    public override int MaxBytes => isBinary ? BinaryBytes : TextBytes;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        Span<byte> uuid = stackalloc byte[BinaryBytes];
        if (!TryRead(value, uuid))
        {
            return -1;
        }

        Span<byte> token = stackalloc byte[BinaryBytes];
        BinaryPrimitives.WriteUInt128BigEndian(token, TokenOf(uuid));
        if (isBinary)
        {
            token.CopyTo(destination);
            return BinaryBytes;
        }

        return Utf8Formatter.TryFormat(new Guid(token, bigEndian: true), destination, out var written) ? written : -1;
    }

    private UInt128 TokenOf(ReadOnlySpan<byte> uuid)
    {
        if (key.Vault.TryToken(TokenText.UuidKind, _tagNumber, uuid, out var token))
        {
            return token;
        }

        Span<byte> digest = stackalloc byte[MaskKeys.DigestBytes];
        key.Digest(_tag, uuid, digest);
        digest[6] = (byte)((digest[6] & 0x0F) | 0x80);
        digest[8] = (byte)((digest[8] & 0x3F) | 0x80);
        token = BinaryPrimitives.ReadUInt128BigEndian(digest);
        key.Vault.Remember(token, TokenText.UuidKind, _tagNumber, uuid);
        return token;
    }

    private bool TryRead(ReadOnlySpan<byte> value, Span<byte> uuid)
    {
        if (isBinary)
        {
            return value.Length == BinaryBytes && value.TryCopyTo(uuid);
        }

        return value.Length == TextBytes
            && Utf8Parser.TryParse(value, out Guid parsed, out var consumed)
            && consumed == TextBytes
            && parsed.TryWriteBytes(uuid, bigEndian: true, out _);
    }
}
