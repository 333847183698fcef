using System.Xml.Linq;

namespace Sallyport.Unit.Tidy;

public sealed class ProjectTests
{
    [Theory]
    [InlineData("Evidence", "")]
    [InlineData("Api", "")]
    [InlineData("Gateway", "Evidence")]
    [InlineData("Server", "Api Gateway")]
    [InlineData("Cli", "Api Evidence")]
    public void A_project_uses_only_the_projects_it_may_use(string project, string allowed)
    {
        var used = Items(project, "ProjectReference").Select(p => Path.GetFileNameWithoutExtension(p.Replace('\\', '/'))).Order(StringComparer.Ordinal);
        Assert.Equal(allowed, string.Join(' ', used));
    }

    [Theory]
    [InlineData("Evidence")]
    [InlineData("Api")]
    public void What_an_auditor_or_a_client_reads_depends_on_no_package(string project)
    {
        Assert.Empty(Items(project, "PackageReference"));
        Assert.Empty(Items(project, "FrameworkReference"));
    }

    [Fact]
    public void The_evidence_library_is_built_on_the_base_class_library_alone()
    {
        var references = System.Reflection.Assembly.Load("Sallyport.Evidence").GetReferencedAssemblies().Select(a => a.Name!);
        Assert.All(references, name => Assert.StartsWith("System.", name));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        var solution = RepositoryFiles.Read("Sallyport.slnx");
        Assert.All(RepositoryFiles.All().Where(p => p.EndsWith(".csproj", StringComparison.Ordinal)), p => Assert.Contains($"\"{p}\"", solution));
    }

    [Fact]
    public void Package_versions_are_pinned_in_one_place()
    {
        var versions = XDocument.Parse(RepositoryFiles.Read("Directory.Packages.props")).Descendants("PackageVersion").Select(e => e.Attribute("Version")!.Value);
        Assert.All(versions, v => Assert.Matches(@"^\d+(\.\d+)+(-[\w.]+)?$", v));
        Assert.All(
            RepositoryFiles.All().Where(p => p.EndsWith(".csproj", StringComparison.Ordinal)),
            p => Assert.All(XDocument.Parse(RepositoryFiles.Read(p)).Descendants("PackageReference"), e => Assert.Null(e.Attribute("Version"))));
    }

    private static IEnumerable<string> Items(string project, string kind) => XDocument
        .Parse(RepositoryFiles.Read($"src/{project}/{project}.csproj"))
        .Descendants(kind)
        .Select(e => e.Attribute("Include")!.Value);
}
