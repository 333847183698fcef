using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Sallyport.Gateway.Masking;

/// <summary>
/// Moves a date by a number of weeks that depends on whose row it is, so that weekdays and the intervals within one person's dates stay. Without
/// that person's key, and for dates that tell an age over 89, only the year is left.
/// </summary>
internal sealed class DateShiftMask(uint typeOid, bool isBinary, RowKey key, byte[] shiftKey, YearMask year) : ColumnMask
{
    /// <summary>Weeks a date moves at most, in either direction; never none.</summary>
    private const int MaxWeeks = 52;

    private const int DaysPerWeek = 7;
    private const long MicrosecondsPerDay = 86_400_000_000;

    private readonly byte[] _lastKey = new byte[RowKey.MaxBytes];
    private int _lastLength = -1;
    private int _days;

    public override int MaxBytes => year.MaxBytes;

    public override int KeyOrdinal => key.Ordinal;

    public override void UseKey(ReadOnlySpan<byte> value, bool isNull)
    {
        Span<byte> form = stackalloc byte[RowKey.MaxBytes];
        if (isNull || !key.TryWrite(value, form, out var length))
        {
            _lastLength = -1;
            _days = 0;
            return;
        }

        // The rows of one person often follow each other.
        if (length == _lastLength && form[..length].SequenceEqual(_lastKey.AsSpan(0, length)))
        {
            return;
        }

        form[..length].CopyTo(_lastKey);
        _lastLength = length;
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(shiftKey, form[..length], digest);
        var weeks = (int)(BinaryPrimitives.ReadUInt32BigEndian(digest) % (2 * MaxWeeks)) - MaxWeeks;
        _days = (weeks >= 0 ? weeks + 1 : weeks) * DaysPerWeek;
    }

    public override int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        if (_days == 0 || !year.IsYounger(value))
        {
            return year.Write(value, destination);
        }

        var written = isBinary ? ShiftBinary(value, destination) : IsoDate.Shift(value, _days, destination);
        // The moved date may itself tell an age over 89.
        return written > 0 && year.IsYounger(destination[..written]) ? written : year.Write(value, destination);
    }

    private int ShiftBinary(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        if (typeOid == TypeOids.Date)
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, BinaryPrimitives.ReadInt32BigEndian(value) + _days);
            return sizeof(int);
        }

        BinaryPrimitives.WriteInt64BigEndian(destination, BinaryPrimitives.ReadInt64BigEndian(value) + (_days * MicrosecondsPerDay));
        return sizeof(long);
    }
}
