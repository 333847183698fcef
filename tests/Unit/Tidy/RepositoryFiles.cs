namespace Sallyport.Unit.Tidy;

/// <summary>The repository the tests were built from, and its files.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] NotOurs = [".git", "artifacts", ".cache", "node_modules", "results", "bin", "obj"];

    public static readonly string Root = Find();

    /// <summary>Paths relative to the root, with forward slashes, of all files that belong to the project.</summary>
    public static IEnumerable<string> All() => Below(Root);

    public static IEnumerable<string> Sources(string folder) => All().Where(p => p.StartsWith(folder + "/", StringComparison.Ordinal) && p.EndsWith(".cs", StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    private static IEnumerable<string> Below(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(file) != ".git")
            {
                yield return Path.GetRelativePath(Root, file).Replace('\\', '/');
            }
        }

        foreach (var child in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (NotOurs.Contains(Path.GetFileName(child), StringComparer.Ordinal))
            {
                continue;
            }

            foreach (var file in Below(child))
            {
                yield return file;
            }
        }
    }

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Sallyport.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests must run from a folder below the repository.");
    }
}
