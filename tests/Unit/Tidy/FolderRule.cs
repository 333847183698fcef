using System.Text.RegularExpressions;

namespace Sallyport.Unit.Tidy;

/// <summary>Which folder of <c>src/Gateway</c> may use which other one. An arrow is "may use", also through others.</summary>
internal static partial class FolderRule
{
    private const string Gateway = "src/Gateway/";

    private static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Listeners"] = ["Protocols", "Transport"],
        ["Protocols"] = ["Sessions", "Budgets", "Targets", "Masking", "Identity", "Transport"],
        ["Targets"] = ["Sessions", "Identity", "Transport"],
        ["Tokens"] = ["Sessions", "Recording", "Policy", "Identity"],
        ["Sessions"] = ["Access", "Approvals", "Recording", "Policy", "Identity", "Masking"],
        ["Exports"] = ["Configuration", "Sessions"],
        ["Budgets"] = ["Policy"],
        ["Access"] = ["Approvals"],
        ["Approvals"] = ["Policy"],
        ["Recording"] = ["Policy"],
        ["Policy"] = ["Identity", "Masking"],
        ["Configuration"] = ["Tokens", "Policy", "Identity", "Masking"],
        ["Masking"] = [],
        ["Identity"] = [],
        ["Transport"] = [],
    };

    /// <summary>One sentence per forbidden use, with the file that holds it.</summary>
    /// <param name="files">Paths below <c>src/Gateway/</c> and their text.</param>
    public static List<string> Violations(IReadOnlyCollection<(string Path, string Text)> files)
    {
        var types = TypesByFolder(files);
        var found = new List<string>();
        foreach (var (path, text) in files)
        {
            var folder = FolderOf(path);
            if (!Arrows.ContainsKey(folder))
            {
                found.Add($"{path}: the folder {folder} has no place in the folder rule");
                continue;
            }

            var allowed = Reach(folder);
            var code = CommentOrString.Replace(text, " ");
            foreach (var used in UsedFolders(code, types).Where(u => u != folder && !allowed.Contains(u)).Distinct(StringComparer.Ordinal))
            {
                found.Add($"{path}: {folder} may not use {used}");
            }

            found.AddRange(OtherProtocols(path, code).Select(other => $"{path}: a protocol may not use the protocol {other}"));
        }

        return found;
    }

    public static IReadOnlyCollection<(string Path, string Text)> Files() =>
        [.. RepositoryFiles.Sources("src/Gateway").Select(p => (p, RepositoryFiles.Read(p)))];

    [GeneratedRegex("//[^\n]*|/\\*.*?\\*/|\"\"\".*?\"\"\"|@?\"(?:\\\\.|[^\"\\\\\n])*\"", RegexOptions.Singleline, 5000)]
    private static partial Regex CommentOrString { get; }

    [GeneratedRegex(@"\bSallyport\.Gateway\.(\w+)", RegexOptions.None, 5000)]
    private static partial Regex FullName { get; }

    [GeneratedRegex(@"(?<![\w.])([A-Z]\w+)\.([A-Z]\w+)", RegexOptions.None, 5000)]
    private static partial Regex RelativeName { get; }

    [GeneratedRegex(@"\bProtocols\.(\w+)", RegexOptions.None, 5000)]
    private static partial Regex ProtocolName { get; }

    [GeneratedRegex(@"\b(?:class|record|struct|enum|interface)\s+(?:struct\s+|class\s+)?([A-Z]\w*)", RegexOptions.None, 5000)]
    private static partial Regex Declaration { get; }

    private static IEnumerable<string> UsedFolders(string code, Dictionary<string, HashSet<string>> types)
    {
        var full = FullName.Matches(code).Select(m => m.Groups[1].Value).Where(Arrows.ContainsKey);

        // Inside Sallyport.Gateway a folder's type can be named without a using: Policy.Verdict.
        var relative = RelativeName.Matches(code)
            .Where(m => types.TryGetValue(m.Groups[1].Value, out var names) && names.Contains(m.Groups[2].Value))
            .Select(m => m.Groups[1].Value);
        return full.Concat(relative);
    }

    private static IEnumerable<string> OtherProtocols(string path, string code)
    {
        var parts = path[Gateway.Length..].Split('/');
        return parts is ["Protocols", var own, _, ..]
            ? ProtocolName.Matches(code).Select(m => m.Groups[1].Value).Where(other => other != own && other != "Http").Distinct(StringComparer.Ordinal)
            : [];
    }

    private static Dictionary<string, HashSet<string>> TypesByFolder(IEnumerable<(string Path, string Text)> files) => files
        .GroupBy(f => FolderOf(f.Path), StringComparer.Ordinal)
        .ToDictionary(
            g => g.Key,
            g => g.SelectMany(f => Declaration.Matches(CommentOrString.Replace(f.Text, " ")).Select(m => m.Groups[1].Value)).ToHashSet(StringComparer.Ordinal),
            StringComparer.Ordinal);

    private static HashSet<string> Reach(string folder)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(Arrows[folder]);
        while (open.TryPop(out var next))
        {
            if (reached.Add(next))
            {
                foreach (var further in Arrows[next])
                {
                    open.Push(further);
                }
            }
        }

        return reached;
    }

    private static string FolderOf(string path) => path[Gateway.Length..].Split('/') is [var folder, _, ..] ? folder : "(root)";
}
