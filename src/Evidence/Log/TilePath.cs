using System.Globalization;

namespace Sallyport.Evidence.Log;

/// <summary>Names of C2SP tlog-tiles resources: <c>tile/LEVEL/N</c>, <c>tile/entries/N</c>, with <c>.p/WIDTH</c> when partial.</summary>
internal static class TilePath
{
    public const int Width = 256;
    public const string TileName = "tile";
    public const string EntriesName = "entries";
    public const string PartialSuffix = ".p";

    public static string Hashes(int level, long tile) =>
        Path.Combine(TileName, level.ToString(CultureInfo.InvariantCulture), Number(tile));

    public static string Entries(long tile) => Path.Combine(TileName, EntriesName, Number(tile));

    /// <summary>1234067 is <c>x001/x234/067</c>.</summary>
    private static string Number(long tile)
    {
        var path = (tile % 1000).ToString("D3", CultureInfo.InvariantCulture);
        for (var rest = tile / 1000; rest > 0; rest /= 1000)
        {
            path = "x" + (rest % 1000).ToString("D3", CultureInfo.InvariantCulture) + "/" + path;
        }
        return path;
    }
}
