using System.Buffers.Binary;

namespace Sallyport.Gateway.Protocols.Postgres.Messages;

/// <summary>Reads the fields of one whole message body. Anything short or unterminated is a <see cref="PostgresProtocolException"/>.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> _body = body;

    public int Position { get; private set; }

    public readonly ReadOnlySpan<byte> Rest => _body[Position..];

    public byte Byte()
    {
        Need(1);
        return _body[Position++];
    }

    public short Int16()
    {
        Need(2);
        var value = BinaryPrimitives.ReadInt16BigEndian(_body[Position..]);
        Position += 2;
        return value;
    }

    public int Int32()
    {
        Need(4);
        var value = BinaryPrimitives.ReadInt32BigEndian(_body[Position..]);
        Position += 4;
        return value;
    }

    public ReadOnlySpan<byte> CString()
    {
        var length = _body[Position..].IndexOf((byte)0);
        if (length < 0)
        {
            throw new PostgresProtocolException("a string of a message is not terminated");
        }

        var value = _body.Slice(Position, length);
        Position += length + 1;
        return value;
    }

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0)
        {
            throw new PostgresProtocolException("a field of a message has a negative length");
        }

        Need(count);
        var value = _body.Slice(Position, count);
        Position += count;
        return value;
    }

    private readonly void Need(int count)
    {
        if (_body.Length - Position < count)
        {
            throw new PostgresProtocolException("a message is shorter than its fields");
        }
    }
}
