using System.Globalization;

namespace Sallyport.Gateway.Masking;

/// <summary>Reads the year out of dates as <c>DateStyle = ISO</c> prints them. Any other style is not read at all.</summary>
internal static class IsoDate
{
    private const int SecondsPerDay = 86_400;
    private const int DateChars = 10;

    /// <summary>The year (in UTC, where the value has a zone), 0 for any before Christ, or null when the text is not certain to be ISO.</summary>
    public static int? YearOf(ReadOnlySpan<byte> text, uint typeOid)
    {
        var isBeforeChrist = text.EndsWith(" BC"u8);
        var rest = isBeforeChrist ? text[..^3] : text;
        var digits = rest.IndexOf((byte)'-');
        if (digits < 4 || !TryNumber(rest[..digits], out var year) || year == 0
            || !TryPair(rest[digits..], (byte)'-', out var month) || !TryPair(rest[(digits + 3)..], (byte)'-', out var day)
            || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(IsLeap(year, isBeforeChrist) ? 2000 : 2001, month))
        {
            return null;
        }

        rest = rest[(digits + 6)..];
        var shift = 0;
        var isRead = typeOid == TypeOids.Date ? rest.IsEmpty : TryTime(rest, typeOid == TypeOids.Timestamptz, out shift);
        if (!isRead || (!isBeforeChrist && year > DateOnly.MaxValue.Year))
        {
            return null;
        }

        if (isBeforeChrist)
        {
            return 0;
        }

        var turns = (shift < 0 && month == 1 && day == 1) || (shift > 0 && month == 12 && day == 31);
        return turns ? year + shift : year;
    }

    /// <summary>Writes a date that <see cref="YearOf"/> read, moved by days; what stands behind the date stays.</summary>
    /// <returns>Bytes written, or 0 where the date leaves the years of four digits.</returns>
    public static int Shift(ReadOnlySpan<byte> text, int days, Span<byte> destination)
    {
        if (text.Length < DateChars || text[4] != '-' || !TryNumber(text[..4], out var year) || !TryPair(text[4..], (byte)'-', out var month)
            || !TryPair(text[7..], (byte)'-', out var day) || day > DateTime.DaysInMonth(year, month))
        {
            return 0;
        }

        var number = new DateOnly(year, month, day).DayNumber + days;
        if (number < 0 || number > DateOnly.MaxValue.DayNumber)
        {
            return 0;
        }

        var moved = DateOnly.FromDayNumber(number);
        moved.TryFormat(destination, out _, "yyyy-MM-dd", CultureInfo.InvariantCulture);
        text[DateChars..].CopyTo(destination[DateChars..]);
        return text.Length;
    }

    private static bool IsLeap(int year, bool isBeforeChrist) => isBeforeChrist || year > DateOnly.MaxValue.Year || DateTime.IsLeapYear(year);

    /// <summary>Reads <c> HH:MM:SS[.ffffff][+HH[:MM[:SS]]]</c>.</summary>
    /// <param name="shift">Days from the local date to the date in UTC.</param>
    private static bool TryTime(ReadOnlySpan<byte> text, bool hasZone, out int shift)
    {
        shift = 0;
        if (!TryPair(text, (byte)' ', out var hour) || !TryPair(text[3..], (byte)':', out var minute) || !TryPair(text[6..], (byte)':', out var second)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var rest = text[9..];
        if (rest.StartsWith("."u8))
        {
            var end = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            var length = end < 0 ? rest.Length - 1 : end;
            if (length is < 1 or > 6)
            {
                return false;
            }

            rest = rest[(length + 1)..];
        }

        if (!hasZone)
        {
            return rest.IsEmpty;
        }

        if (!TryOffset(rest, out var offset))
        {
            return false;
        }

        var utc = (hour * 3_600) + (minute * 60) + second - offset;
        shift = utc < 0 ? -1 : utc >= SecondsPerDay ? 1 : 0;
        return true;
    }

    private static bool TryOffset(ReadOnlySpan<byte> text, out int seconds)
    {
        seconds = 0;
        if (text.IsEmpty || text[0] is not ((byte)'+' or (byte)'-') || !TryPair(text, text[0], out var hours))
        {
            return false;
        }

        var (minutes, rest) = (0, 0);
        if (text.Length > 3 && !TryPair(text[3..], (byte)':', out minutes))
        {
            return false;
        }

        if (text.Length > 6 && !TryPair(text[6..], (byte)':', out rest))
        {
            return false;
        }

        var total = (hours * 3_600) + (minutes * 60) + rest;
        seconds = text[0] == '-' ? -total : total;
        return text.Length is 3 or 6 or 9 && hours <= 15 && minutes <= 59 && rest <= 59;
    }

    /// <summary>Reads a mark and two digits.</summary>
    private static bool TryPair(ReadOnlySpan<byte> text, byte mark, out int value)
    {
        value = 0;
        return text.Length >= 3 && text[0] == mark && TryNumber(text.Slice(1, 2), out value);
    }

    private static bool TryNumber(ReadOnlySpan<byte> digits, out int value)
    {
        value = 0;
        if (digits.Length is 0 or > 7)
        {
            return false;
        }

        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + digit - '0';
        }

        return true;
    }
}
