using System.Globalization;

namespace Sallyport.Cli.Output;

/// <summary>Instants as people and programs read them.</summary>
internal static class Times
{
    /// <summary>UTC to the second, e.g. <c>2026-11-21 14:05:00Z</c>.</summary>
    public static string Text(DateTimeOffset? instant) => instant?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A length of time as options take it, e.g. <c>15m</c> or <c>90s</c>.</summary>
    public static string Length(int seconds) => string.Create(CultureInfo.InvariantCulture, $"{(seconds % 60 == 0 ? seconds / 60 : seconds)}{(seconds % 60 == 0 ? 'm' : 's')}");
}
