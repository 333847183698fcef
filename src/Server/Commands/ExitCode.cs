namespace Sallyport.Server.Commands;

/// <summary>What the process ends with; the numbers mean the same as those of the <c>sallyport</c> command line.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The configuration has problems; each is listed.</summary>
    public const int InvalidConfiguration = 1;

    /// <summary>The gateway could not start, or had to stop: ledger, database, address, certificate.</summary>
    public const int Failed = 6;

    /// <summary>The command line is wrong (sysexits EX_USAGE).</summary>
    public const int Usage = 64;
}
