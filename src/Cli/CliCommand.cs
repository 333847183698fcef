using System.CommandLine;
using Sallyport.Cli.Output;

namespace Sallyport.Cli;

/// <summary>One command with what its help must say: how it ends, and how it is used.</summary>
internal sealed class CliCommand : Command
{
    /// <param name="name">One word.</param>
    /// <param name="description">What it does, in a sentence or two.</param>
    public CliCommand(string name, string description)
        : base(name, description)
    {
    }

    /// <summary>Command lines as a person would type them.</summary>
    public IReadOnlyList<string> Examples { get; init; } = [];

    /// <summary>Exit codes of its own and what they mean here; the common ones are added by the help.</summary>
    public IReadOnlyDictionary<int, string> ExitCodes { get; init; } = new Dictionary<int, string>();

    /// <summary>What <c>--json</c> prints, in a sentence.</summary>
    public string Json { get; init; } = "";

    /// <summary>Runs <paramref name="body"/> when the command is invoked.</summary>
    public CliCommand Runs(Surroundings surroundings, Func<ParseResult, Report, CancellationToken, Task<int>> body)
    {
        SetAction((parsed, cancellationToken) => body(parsed, new Report(surroundings, parsed.GetValue<bool>(CommandLine.JsonOption)), cancellationToken));
        return this;
    }
}
