using System.Buffers.Text;

namespace Sallyport.Gateway.Masking;

/// <summary>A UUID becomes another UUID: HMAC-SHA-256 of its 16 bytes, marked as version 8 (RFC 9562, section 5.8).</summary>
internal sealed class UuidTokenMask(MaskLabel label, bool isBinary, MaskKeys keys) : ColumnMask
{
    private const int BinaryBytes = 16;
    private const int TextBytes = 36;

    public override int MaxBytes => isBinary ? BinaryBytes : TextBytes;

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        Span<byte> uuid = stackalloc byte[BinaryBytes];
        if (!TryRead(value, uuid))
        {
            return -1;
        }

        Span<byte> digest = stackalloc byte[MaskKeys.DigestBytes];
        keys.Digest(label.Tag, uuid, digest);
        var token = digest[..BinaryBytes];
        token[6] = (byte)((token[6] & 0x0F) | 0x80);
        token[8] = (byte)((token[8] & 0x3F) | 0x80);
        if (isBinary)
        {
            token.CopyTo(destination);
            return BinaryBytes;
        }

        return Utf8Formatter.TryFormat(new Guid(token, bigEndian: true), destination, out var written) ? written : -1;
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
