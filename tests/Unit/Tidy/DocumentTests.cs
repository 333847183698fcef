using System.Text.RegularExpressions;

namespace Sallyport.Unit.Tidy;

/// <summary>Documents tell only of what is there.</summary>
public sealed partial class DocumentTests
{
    private static readonly string[] PathRoots = ["src/", "tests/", "docs/", "samples/", "deploy/", "bench/", ".ci/"];

    [Fact]
    public void Every_link_between_documents_leads_somewhere()
    {
        var dead = new List<string>();
        foreach (var page in Pages())
        {
            foreach (Match link in Link.Matches(RepositoryFiles.Read(page)))
            {
                var target = link.Groups[1].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith('#') || target.StartsWith("mailto:", StringComparison.Ordinal))
                {
                    continue;
                }

                var path = Path.Combine(Path.GetDirectoryName(page)!, target.Split('#')[0]);
                if (!RepositoryFiles.Exists(path))
                {
                    dead.Add($"{page}: {target}");
                }
            }
        }

        Assert.Empty(dead);
    }

    [Fact]
    public void Every_page_is_in_the_index()
    {
        var index = RepositoryFiles.Read("docs/README.md");
        var pages = Pages().Where(p => p.StartsWith("docs/", StringComparison.Ordinal) && p != "docs/README.md");
        Assert.DoesNotContain(pages, p => !index.Contains($"]({p["docs/".Length..]})", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("ARCHITECTURE.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("SECURITY.md")]
    [InlineData("AGENTS.md")]
    public void Every_path_a_page_names_exists(string page)
    {
        var named = Quoted.Matches(RepositoryFiles.Read(page)).Select(m => m.Groups[1].Value.TrimEnd('/')).Where(IsPath).ToList();
        Assert.NotEmpty(named);
        Assert.DoesNotContain(named, p => !RepositoryFiles.Exists(p));
    }

    [Fact]
    public void Every_type_the_architecture_page_names_exists()
    {
        var sources = string.Join('\n', RepositoryFiles.All().Where(p => p.EndsWith(".cs", StringComparison.Ordinal)).Select(RepositoryFiles.Read));
        var named = Quoted.Matches(RepositoryFiles.Read("ARCHITECTURE.md")).Select(m => m.Groups[1].Value)
            .Where(n => TypeName.IsMatch(n)).Distinct(StringComparer.Ordinal);
        Assert.DoesNotContain(named, n => !Regex.IsMatch(sources, $@"\b{n.Split('.')[0]}\b", RegexOptions.None, TimeSpan.FromSeconds(5)));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)", RegexOptions.None, 5000)]
    private static partial Regex Link { get; }

    [GeneratedRegex("`([^`\n]+)`", RegexOptions.None, 5000)]
    private static partial Regex Quoted { get; }

    [GeneratedRegex("^[A-Z][a-z]+[A-Z][A-Za-z]*(\\.[A-Z]\\w*)?$", RegexOptions.None, 5000)]
    private static partial Regex TypeName { get; }

    private static IEnumerable<string> Pages() => RepositoryFiles.All().Where(p => p.EndsWith(".md", StringComparison.Ordinal));

    private static bool IsPath(string text) =>
        PathRoots.Any(r => text.StartsWith(r, StringComparison.Ordinal)) && !text.Contains(' ') && !text.Contains('*') && !text.Contains('{');
}
