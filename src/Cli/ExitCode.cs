namespace Sallyport.Cli;

/// <summary>What the process ends with. Scripts depend on these numbers; docs/reference/cli.md lists them.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The answer is no: denied, expired, not verified, problems found.</summary>
    public const int No = 1;

    public const int StillPending = 2;

    /// <summary>A file is not what it should be, so it can be neither verified nor refuted.</summary>
    public const int Malformed = 3;

    /// <summary>Not signed in, the token has expired, or the caller may not do this.</summary>
    public const int Refused = 4;

    /// <summary>The gateway or the issuer gives no answer, or cannot serve now.</summary>
    public const int Unreachable = 5;

    /// <summary>Nothing of the above: no such object, already decided, a file cannot be written.</summary>
    public const int Failed = 6;

    /// <summary>The command line is wrong (sysexits EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>A fault of this program (sysexits EX_SOFTWARE).</summary>
    public const int Internal = 70;

    /// <summary>Interrupted, as shells count it.</summary>
    public const int Interrupted = 130;

    public static string Meaning(int code) => code switch
    {
        Done => "done, or the answer is yes",
        No => "the answer is no",
        StillPending => "still pending",
        Malformed => "a file is malformed",
        Refused => "not signed in, expired, or not allowed",
        Unreachable => "no answer from the gateway or the issuer",
        Failed => "could not be done: no such object, wrong state, file trouble",
        Usage => "wrong command line",
        Internal => "a fault of this program",
        Interrupted => "interrupted",
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "No such exit code."),
    };
}
