using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>
/// Collects outgoing messages in one pooled array. The array may have held rows or SQL, so it is cleared before it goes back to the pool;
/// an empty buffer holds none.
/// </summary>
internal sealed class MessageBuffer
{
    private const int FirstSize = 4096;

    private byte[] _bytes = [];
    private int _length;
    private int _messageStart = -1;

    public int Length => _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    public MessageBuffer Begin(byte type)
    {
        Ensure(5);
        _messageStart = _length;
        _bytes[_length] = type;
        _length += 5;
        return this;
    }

    public MessageBuffer Byte(byte value)
    {
        Ensure(1);
        _bytes[_length++] = value;
        return this;
    }

    public MessageBuffer Int16(short value)
    {
        Ensure(2);
        BinaryPrimitives.WriteInt16BigEndian(_bytes.AsSpan(_length), value);
        _length += 2;
        return this;
    }

    public MessageBuffer Int32(int value)
    {
        Ensure(4);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_length), value);
        _length += 4;
        return this;
    }

    public MessageBuffer Bytes(ReadOnlySpan<byte> value)
    {
        Ensure(value.Length);
        value.CopyTo(_bytes.AsSpan(_length));
        _length += value.Length;
        return this;
    }

    public MessageBuffer Text(string value)
    {
        Ensure(Encoding.UTF8.GetMaxByteCount(value.Length));
        _length += Encoding.UTF8.GetBytes(value, _bytes.AsSpan(_length));
        return this;
    }

    public MessageBuffer CString(ReadOnlySpan<byte> value) => Bytes(value).Byte(0);

    public MessageBuffer CString(string value) => Text(value).Byte(0);

    /// <summary>Writes the length of the message that <see cref="Begin"/> opened. The length counts itself but not the type byte.</summary>
    public void End()
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(_messageStart + 1), _length - _messageStart - 1);
        _messageStart = -1;
    }

    /// <summary>Room for <paramref name="bytes"/> more bytes; <see cref="Advance"/> takes what was written.</summary>
    public Span<byte> GetSpan(int bytes)
    {
        Ensure(bytes);
        return _bytes.AsSpan(_length, _bytes.Length - _length);
    }

    public void Advance(int bytes) => _length += bytes;

    public Span<byte> At(int offset, int bytes) => _bytes.AsSpan(offset, bytes);

    /// <summary>Empties the buffer and gives the array back.</summary>
    public void Clear()
    {
        if (_bytes.Length > 0)
        {
            _bytes.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        _length = 0;
        _messageStart = -1;
    }

    private void Ensure(int more)
    {
        if (_bytes.Length - _length >= more)
        {
            return;
        }

        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(FirstSize, _bytes.Length * 2), _length + more));
        _bytes.AsSpan(0, _length).CopyTo(grown);
        if (_bytes.Length > 0)
        {
            _bytes.AsSpan(0, _length).Clear();
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = grown;
    }
}
