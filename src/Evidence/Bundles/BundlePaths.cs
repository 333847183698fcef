namespace Sallyport.Evidence.Bundles;

/// <summary>File names in a bundle. Docs/reference/evidence-bundle.md describes each.</summary>
internal static class BundlePaths
{
    public const string Manifest = "manifest.json";
    public const string ManifestProof = "manifest.tlog-proof";
    public const string ExportRecord = "export-record.json";
    public const string Checkpoint = "checkpoint.txt";
    public const string Report = "README.html";

    /// <summary>Files that prove themselves: each is checked against the signed checkpoint, which is newer than the manifest.</summary>
    public static bool IsSelfProving(string path, string origin) =>
        path is Manifest or ManifestProof or ExportRecord or Checkpoint || string.Equals(path, Nodes(origin), StringComparison.Ordinal);

    public static string Entries(string origin) => $"log/{Folder(origin)}/entries.jsonl";

    public static string Index(string origin) => $"log/{Folder(origin)}/index.txt";

    public static string Nodes(string origin) => $"log/{Folder(origin)}/nodes.bin";

    private static string Folder(string origin)
    {
        var name = string.Create(origin.Length, origin, static (span, text) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                span[i] = char.IsAsciiLetterOrDigit(text[i]) || text[i] is '.' or '-' ? text[i] : '_';
            }
        });
        return name.Trim('.') is { Length: > 0 } safe ? safe : "log";
    }
}
