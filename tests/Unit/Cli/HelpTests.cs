using System.Text;
using Sallyport.Cli;
using Sallyport.Unit.Support;
using Sallyport.Unit.Tidy;

namespace Sallyport.Unit.Cli;

/// <summary>The reference page holds what the program itself says, word for word.</summary>
public sealed class HelpTests : IDisposable
{
    private const string Page = "docs/reference/cli.md";
    private const string Start = "<!-- Below: `--help` of every command, written by the unit tests with UPDATE_SNAPSHOTS=1. -->";

    private readonly CliRun _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task The_reference_page_is_the_help_of_every_command()
    {
        var page = RepositoryFiles.Read(Page);
        var head = page[..(page.IndexOf(Start, StringComparison.Ordinal) + Start.Length)];
        var expected = head + await DocumentAsync();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            await File.WriteAllTextAsync(Path.Combine(RepositoryFiles.Root, Page), expected, TestContext.Current.CancellationToken);
        }
        else
        {
            Assert.Equal(expected, page);
        }
    }

    [Fact]
    public void Every_exit_code_is_on_the_reference_page()
    {
        var page = RepositoryFiles.Read(Page);
        var codes = typeof(ExitCode).GetFields().Select(field => (int)field.GetRawConstantValue()!).ToList();
        Assert.Equal(10, codes.Count);
        Assert.All(codes, code => Assert.Contains($"| {code} | {ExitCode.Meaning(code)} |", page));
    }

    [Fact]
    public void Every_command_says_how_it_ends_and_how_it_is_used() => Assert.All(Leaves(), command =>
    {
        Assert.NotEmpty(command.Examples);
        Assert.Contains(ExitCode.Done, command.ExitCodes.Keys);
        Assert.NotEmpty(command.Json);
        Assert.All(command.Examples, example => Assert.Contains(HelpText.PathOf(command), example));
        Assert.All(command.Options, option => Assert.False(string.IsNullOrEmpty(option.Description), option.Name));
    });

    private IEnumerable<CliCommand> Leaves() => All(CommandLine.Create(_cli.Surroundings)).Where(command => command.Subcommands.Count == 0);

    private static IEnumerable<CliCommand> All(CliCommand command) => command.Subcommands.Cast<CliCommand>().SelectMany(All).Prepend(command);

    private async Task<string> DocumentAsync()
    {
        var document = new StringBuilder();
        foreach (var command in All(CommandLine.Create(_cli.Surroundings)))
        {
            var path = HelpText.PathOf(command);
            Assert.Equal(ExitCode.Done, await _cli.RunAsync([.. path.Split(' ').Skip(1), "--help"]));
            Assert.Equal("", _cli.Error);
            var lines = _cli.Output.TrimEnd().Split('\n').Select(line => line.TrimEnd());
            document.Append($"\n\n## {path}\n\n```text\n{string.Join('\n', lines)}\n```");
        }

        return document.Append('\n').ToString();
    }
}
