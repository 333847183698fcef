using System.Buffers.Binary;
using Sallyport.Gateway.Masking;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>The binary format (PostgreSQL docs, "COPY", "Binary Format"). Data that break it are the server's to refuse.</summary>
internal sealed class BinaryCopyScan(MaskedForms forms) : CopyScan(forms)
{
    /// <summary>Signature and flags.</summary>
    private const int HeaderBytes = 11 + sizeof(int);

    private readonly byte[] _number = new byte[sizeof(int)];
    private Part _part = Part.Header;
    private int _have;
    private long _left = HeaderBytes;
    private int _fields;

    private enum Part
    {
        Header,
        ExtensionLength,
        Extension,
        FieldCount,
        FieldLength,
        Field,
        Trailer,
    }

    public override bool Finds(ReadOnlySpan<byte> data)
    {
        while (data.Length > 0 && _part != Part.Trailer)
        {
            if (_part is Part.ExtensionLength or Part.FieldCount or Part.FieldLength)
            {
                data = data[ReadNumber(data)..];
                continue;
            }

            var taken = (int)Math.Min(_left, data.Length);
            if (_part == Part.Field)
            {
                Take(data[..taken]);
            }

            data = data[taken..];
            _left -= taken;
            if (_left == 0 && EndPart())
            {
                return true;
            }
        }

        return false;
    }

    public override bool FindsAtEnd() => false;

    private int ReadNumber(ReadOnlySpan<byte> data)
    {
        var size = _part == Part.FieldCount ? sizeof(short) : sizeof(int);
        var taken = Math.Min(size - _have, data.Length);
        data[..taken].CopyTo(_number.AsSpan(_have));
        _have += taken;
        if (_have == size)
        {
            _have = 0;
            Number(size == sizeof(short) ? BinaryPrimitives.ReadInt16BigEndian(_number) : BinaryPrimitives.ReadInt32BigEndian(_number));
        }

        return taken;
    }

    private void Number(int value)
    {
        switch (_part)
        {
            case Part.ExtensionLength:
                (_part, _left) = value > 0 ? (Part.Extension, value) : (Part.FieldCount, 0);
                break;
            case Part.FieldCount:
                _fields = value;
                _part = value < 0 ? Part.Trailer : value == 0 ? Part.FieldCount : Part.FieldLength;
                break;
            default:
                (_part, _left) = value > 0 ? (Part.Field, value) : (NextField(), 0);
                break;
        }
    }

    /// <summary>Goes on behind bytes that are all there; whether they were a field that is a masked value.</summary>
    private bool EndPart()
    {
        switch (_part)
        {
            case Part.Header:
                _part = Part.ExtensionLength;
                return false;
            case Part.Extension:
                _part = Part.FieldCount;
                return false;
            default:
                _part = NextField();
                return IsMasked();
        }
    }

    private Part NextField() => --_fields > 0 ? Part.FieldLength : Part.FieldCount;
}
