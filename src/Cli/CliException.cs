namespace Sallyport.Cli;

/// <summary>Ends the command: one sentence for a person, one that says what to do, and the exit code.</summary>
internal class CliException(int exitCode, string message, string remedy, Exception? innerException = null) : Exception(message, innerException)
{
    public int ExitCode { get; } = exitCode;

    public string Remedy { get; } = remedy;
}
