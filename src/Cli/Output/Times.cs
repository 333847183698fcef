using System.Globalization;

namespace Sallyport.Cli.Output;

/// <summary>Instants as people and programs read them.</summary>
internal static class Times
{
    /// <summary>UTC to the second, e.g. <c>2026-11-21 14:05:00Z</c>.</summary>
    public static string Text(DateTimeOffset? instant) => instant?.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
