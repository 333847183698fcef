using System.Text.RegularExpressions;

namespace Sallyport.Unit.Tidy;

public sealed partial class FileTests
{
    private const int MaxSourceLines = 400;
    private const int MaxArchitectureLines = 250;
    private const int MaxFileBytes = 3 * 1024 * 1024;

    private static readonly string[] TextEndings =
        [".cs", ".csproj", ".props", ".slnx", ".json", ".mjs", ".md", ".sql", ".sh", ".yaml", ".yml", ".py", ".java", ".service", ".csv", ".txt"];

    [Fact]
    public void No_source_file_is_longer_than_a_reader_can_hold()
    {
        var tooLong = RepositoryFiles.All().Where(p => p.EndsWith(".cs", StringComparison.Ordinal))
            .Select(p => (Path: p, Lines: RepositoryFiles.Read(p).Count(c => c == '\n')))
            .Where(f => f.Lines > MaxSourceLines);
        Assert.Empty(tooLong);
    }

    [Fact]
    public void The_architecture_page_stays_short() =>
        Assert.InRange(RepositoryFiles.Read("ARCHITECTURE.md").Count(c => c == '\n'), 1, MaxArchitectureLines);

    [Fact]
    public void No_file_is_too_big_to_keep_in_a_repository() =>
        Assert.DoesNotContain(RepositoryFiles.All(), p => new FileInfo(Path.Combine(RepositoryFiles.Root, p)).Length > MaxFileBytes);

    [Fact]
    public void No_file_names_a_folder_of_somebodys_machine()
    {
        var named = Texts().SelectMany(f => MachinePath.Matches(f.Text).Select(m => $"{f.Path}: {m.Value}"));
        Assert.Empty(named);
    }

    [Fact]
    public void No_lock_file_names_a_registry() =>
        Assert.DoesNotContain("\"resolved\"", RepositoryFiles.Read("tests/EndToEnd/node/package-lock.json"));

    [Fact]
    public void Nothing_is_left_to_do_in_silence()
    {
        var marks = Texts().Where(f => f.Path.EndsWith(".cs", StringComparison.Ordinal) && OpenMark.IsMatch(f.Text)).Select(f => f.Path);
        Assert.Empty(marks);
    }

    [Fact]
    public void No_warning_is_silenced_where_it_occurs()
    {
        var silenced = RepositoryFiles.All().Where(p => p.EndsWith(".cs", StringComparison.Ordinal))
            .Where(p => Silencer.IsMatch(RepositoryFiles.Read(p)));
        Assert.Empty(silenced);
    }

    [Fact]
    public void Commands_can_be_run()
    {
        Assert.All(
            (string[])["demo", "test", ".ci/run", "samples/clinic/load"],
            p => Assert.True(File.GetUnixFileMode(Path.Combine(RepositoryFiles.Root, p)).HasFlag(UnixFileMode.UserExecute), p));
    }

    // The names of the folders are put together here, so that this file does not hold them.
    [GeneratedRegex(@"(?<![\w.:~<$}-])/(?:" + "work|ho" + @"me|ro" + @"ot|Us" + @"ers|tm" + @"p/wt)/[\w.-]+", RegexOptions.None, 5000)]
    private static partial Regex MachinePath { get; }

    [GeneratedRegex(@"\b(?:TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b", RegexOptions.None, 5000)]
    private static partial Regex OpenMark { get; }

    [GeneratedRegex(@"^\s*#(?:pragma\s+warning|region)|\[Suppress" + "Message", RegexOptions.Multiline, 5000)]
    private static partial Regex Silencer { get; }

    private static IEnumerable<(string Path, string Text)> Texts() => RepositoryFiles.All()
        .Where(p => TextEndings.Contains(Path.GetExtension(p), StringComparer.Ordinal) || Path.GetExtension(p).Length == 0)
        .Select(p => (p, RepositoryFiles.Read(p)));
}
