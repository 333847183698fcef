using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Sallyport.Evidence.Records;

/// <summary>
/// Writes one canonical JSON line into a reusable buffer: fields in the order they are written, no spaces,
/// integers and strings only, and the shortest escaping JSON allows. Not thread-safe.
/// </summary>
public sealed class LineWriter
{
    private const int InitialBytes = 1024;
    private const int LongestIntegerBytes = 20;
    private const int LongestEscapeBytes = 6;

    /// <summary>What must be escaped: quote, backslash and the C0 controls; and non-ASCII, which is copied as UTF-8.</summary>
    private static readonly SearchValues<char> NotPlain = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Select(code => (char)code), '"', '\\', .. Enumerable.Range(0x7F, char.MaxValue - 0x7F + 1).Select(code => (char)code)]);

    private byte[] _buffer = new byte[InitialBytes];
    private int _length;

    /// <summary>The bytes written since the last <see cref="Clear"/>.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public int Length => _length;

    public void Clear() => _length = 0;

    /// <summary>Appends bytes that already are canonical JSON.</summary>
    public void Raw(ReadOnlySpan<byte> json)
    {
        json.CopyTo(Reserve(json.Length));
        _length += json.Length;
    }

    /// <summary>Writes <c>,"name":"value"</c>. The name is one of ours and needs no escaping.</summary>
    public void Field(ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        Name(name);
        Text(value);
    }

    /// <summary>Writes <c>,"name":value</c>.</summary>
    public void Field(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        Integer(value);
    }

    /// <summary>Writes <c>,"name":"hex"</c> in lower case.</summary>
    public void HexField(ReadOnlySpan<byte> name, ReadOnlySpan<byte> bytes)
    {
        Name(name);
        Raw("\""u8);
        Hex(bytes);
        Raw("\""u8);
    }

    /// <summary>Writes <c>,"name":</c>.</summary>
    public void Name(ReadOnlySpan<byte> name)
    {
        var target = Reserve(name.Length + 4);
        target[0] = (byte)',';
        target[1] = (byte)'"';
        name.CopyTo(target[2..]);
        target[name.Length + 2] = (byte)'"';
        target[name.Length + 3] = (byte)':';
        _length += name.Length + 4;
    }

    public void Integer(long value)
    {
        Utf8Formatter.TryFormat(value, Reserve(LongestIntegerBytes), out var written);
        _length += written;
    }

    public void Hex(ReadOnlySpan<byte> bytes)
    {
        Convert.TryToHexStringLower(bytes, Reserve(bytes.Length * 2), out var written);
        _length += written;
    }

    /// <summary>Writes a JSON string. Lone surrogates become U+FFFD, so the line is always valid UTF-8.</summary>
    public void Text(ReadOnlySpan<char> value)
    {
        Raw("\""u8);
        while (!value.IsEmpty)
        {
            var plain = value.IndexOfAny(NotPlain);
            var run = plain < 0 ? value : value[..plain];
            _length += Encoding.ASCII.GetBytes(run, Reserve(run.Length));
            value = value[run.Length..];
            if (!value.IsEmpty)
            {
                value = value[Escape(value)..];
            }
        }
        Raw("\""u8);
    }

    private int Escape(ReadOnlySpan<char> value)
    {
        var target = Reserve(LongestEscapeBytes);
        var next = value[0];
        if (next is '"' or '\\')
        {
            target[0] = (byte)'\\';
            target[1] = (byte)next;
            _length += 2;
            return 1;
        }
        if (next < 0x20)
        {
            "\\u00"u8.CopyTo(target);
            target[4] = (byte)(next < 0x10 ? '0' : '1');
            target[5] = "0123456789abcdef"u8[next & 0xF];
            _length += LongestEscapeBytes;
            return 1;
        }
        Rune.DecodeFromUtf16(value, out var rune, out var consumed);
        _length += rune.EncodeToUtf8(target);
        return consumed;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_buffer.Length - _length < bytes)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes));
        }
        return _buffer.AsSpan(_length);
    }
}
