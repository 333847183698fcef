using System.Globalization;
using System.Net;

namespace Sallyport.Gateway.Configuration;

/// <summary>How single values are written: durations, sizes, instants, addresses.</summary>
internal static class Scalars
{
    public const string DurationForm = "write a number and ms, s, m, h or d, such as 30s";

    public const string SizeForm = "write bytes, or a number and KiB or MiB, such as 16MiB";

    private static readonly (string Suffix, long Milliseconds)[] DurationUnits =
        [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    private static readonly (string Suffix, long Bytes)[] SizeUnits = [("KiB", 1024), ("MiB", 1024 * 1024), ("GiB", 1024 * 1024 * 1024), ("", 1)];

    /// <summary><c>500ms</c>, <c>30s</c>, <c>15m</c>, <c>2h</c>, <c>6d</c>.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        foreach (var (suffix, milliseconds) in DurationUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && TryNumber(text[..^suffix.Length], out var number))
            {
                duration = TimeSpan.FromMilliseconds(number * milliseconds);
                return true;
            }
        }
        return false;
    }

    public static bool TrySize(string text, out long bytes)
    {
        bytes = 0;
        foreach (var (suffix, unit) in SizeUnits)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal) && TryNumber(text[..^suffix.Length], out var number))
            {
                bytes = number * unit;
                return true;
            }
        }
        return false;
    }

    /// <summary>Digits only, at most nine of them: enough for every limit, and no product of it overflows.</summary>
    public static bool TryNumber(string text, out long number)
    {
        number = 0;
        return text.Length is > 0 and <= 9
            && text.All(char.IsAsciiDigit)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>RFC 3339 with seconds and an offset: an instant that does not depend on where it is read.</summary>
    public static bool TryInstant(string text, out DateTimeOffset instant) =>
        DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mmK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out instant)
        && (text.EndsWith('Z') || text.LastIndexOfAny(['+', '-']) > text.IndexOf('T', StringComparison.Ordinal));

    /// <summary><c>IP:PORT</c>, with the IP in brackets for version 6, or <c>localhost:PORT</c>.</summary>
    public static bool TryListen(string text, out IPEndPoint? endpoint)
    {
        endpoint = null;
        if (!TryHostPort(text, defaultPort: null, out var host, out var port))
        {
            return false;
        }
        if (host == "localhost")
        {
            endpoint = new IPEndPoint(IPAddress.Loopback, port);
            return true;
        }
        if (!IPAddress.TryParse(host, out var address))
        {
            return false;
        }
        endpoint = new IPEndPoint(address, port);
        return true;
    }

    /// <summary>Splits <c>host:port</c>, <c>[v6]:port</c>, or a bare host where a default port is given. The host comes without brackets.</summary>
    public static bool TryHostPort(string text, int? defaultPort, out string host, out int port)
    {
        (host, port) = ("", 0);
        var bracket = text.StartsWith('[') ? text.IndexOf(']', StringComparison.Ordinal) : -1;
        var colon = text.LastIndexOf(':');
        var end = colon > bracket ? colon : text.Length;
        host = bracket > 0 && bracket + 1 == end ? text[1..bracket] : text[..end];
        if (Uri.CheckHostName(host) == UriHostNameType.Unknown || (bracket < 0 && host.Contains(':', StringComparison.Ordinal)))
        {
            return false;
        }
        if (end == text.Length)
        {
            port = defaultPort ?? 0;
            return defaultPort is not null;
        }
        if (!TryNumber(text[(end + 1)..], out var number) || number is 0 or > IPEndPoint.MaxPort)
        {
            return false;
        }
        port = (int)number;
        return true;
    }
}
