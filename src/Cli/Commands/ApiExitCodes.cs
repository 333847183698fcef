namespace Sallyport.Cli.Commands;

/// <summary>The exit codes of every command that asks the gateway.</summary>
internal static class ApiExitCodes
{
    /// <param name="code">The command's own first code.</param>
    /// <param name="meaning">What it means.</param>
    /// <param name="failed">What <see cref="ExitCode.Failed"/> means here.</param>
    public static Dictionary<int, string> With(int code, string meaning, string failed = "the gateway could not do it") => new()
    {
        [code] = meaning,
        [ExitCode.Refused] = "not signed in, the token ended, or you may not do this",
        [ExitCode.Unreachable] = "the gateway or the issuer gives no usable answer",
        [ExitCode.Failed] = failed,
    };
}
