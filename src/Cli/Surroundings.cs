namespace Sallyport.Cli;

/// <summary>What a command sees of the machine it runs on, so that tests can put another machine around it.</summary>
internal sealed class Surroundings
{
    public TextReader Input { get; init; } = TextReader.Null;

    public required TextWriter Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Whether a person looks at <see cref="Output"/>: tables and colours are for people only.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether a person looks at <see cref="Error"/>: running progress is for people only.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Reads an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where this program's own file is, to find the server beside it.</summary>
    public string ProgramDirectory { get; init; } = AppContext.BaseDirectory;

    public static Surroundings OfThisProcess() => new()
    {
        // Not Console.In, which reads whole lines of any length, and waits without a way to be told to stop.
        Input = new StreamReader(Console.OpenStandardInput()),
        Output = Console.Out,
        Error = Console.Error,
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>A variable's value, or null when it is not set or empty.</summary>
    public string? NonEmpty(string variable) => Variable(variable) is { Length: > 0 } value ? value : null;

    /// <summary>A directory of the XDG base directory specification, with this program's folder.</summary>
    public string XdgDirectory(string variable, params ReadOnlySpan<string> fallbackUnderHome)
    {
        if (NonEmpty(variable) is { } directory && Path.IsPathRooted(directory))
        {
            return Path.Combine(directory, "sallyport");
        }

        var home = NonEmpty("HOME") ?? throw new CliException(
            ExitCode.Failed, "There is no home directory to keep files in.", $"Set HOME or {variable}.");
        return Path.Combine([home, .. fallbackUnderHome, "sallyport"]);
    }
}
