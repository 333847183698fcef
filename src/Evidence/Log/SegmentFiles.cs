namespace Sallyport.Evidence.Log;

/// <summary>The segment files of a log, oldest first.</summary>
internal static class SegmentFiles
{
    public static List<(string Path, long FirstIndex)> List(string directory)
    {
        var segments = new List<(string Path, long FirstIndex)>();
        foreach (var path in Directory.EnumerateFiles(directory))
        {
            if (SegmentFormat.TryParseFileName(Path.GetFileName(path), out var firstIndex))
            {
                segments.Add((path, firstIndex));
            }
        }
        segments.Sort(static (left, right) => left.FirstIndex.CompareTo(right.FirstIndex));
        return segments;
    }
}
