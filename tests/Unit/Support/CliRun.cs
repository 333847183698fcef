using Sallyport.Cli;

namespace Sallyport.Unit.Support;

/// <summary>Runs command lines on a machine of their own: a temporary home, chosen variables, captured streams.</summary>
internal sealed class CliRun : IDisposable
{
    private readonly TemporaryFolder _home = new();
    private readonly TaskCompletionSource _firstNote = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public bool OutputIsTerminal { get; init; }

    public string Home => _home.Path;

    /// <summary>Completes with the first line on the error stream, while the command still runs.</summary>
    public Task FirstNote => _firstNote.Task;

    public string Output { get; private set; } = "";

    public string Error { get; private set; } = "";

    public Surroundings Surroundings => Create(TextWriter.Null, TextWriter.Null);

    public async Task<int> RunAsync(params string[] arguments)
    {
        await using var output = new StringWriter { NewLine = "\n" };
        await using var error = new NoteWriter(_firstNote) { NewLine = "\n" };
        var code = await CommandLine.RunAsync(arguments, Create(output, error), TestContext.Current.CancellationToken);
        (Output, Error) = (output.ToString(), error.ToString());
        return code;
    }

    public void Dispose() => _home.Dispose();

    private Surroundings Create(TextWriter output, TextWriter error) => new()
    {
        Output = output,
        Error = error,
        OutputIsTerminal = OutputIsTerminal,
        Variable = name => name == "HOME" ? _home.Path : Variables.GetValueOrDefault(name),
        Time = Time,
        ProgramDirectory = _home.Path,
    };

    private sealed class NoteWriter(TaskCompletionSource firstNote) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            firstNote.TrySetResult();
        }
    }
}
