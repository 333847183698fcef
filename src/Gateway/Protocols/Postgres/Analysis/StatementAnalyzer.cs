namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>Reads the server's dump of a rewritten query tree (<c>debug_print_rewritten</c>) and says what the statement means. Thread-safe.</summary>
public static class StatementAnalyzer
{
    /// <summary>How often one statement may ask for facts; views and inheritance need two or three rounds.</summary>
    public const int MaxFactRounds = 8;

    /// <summary>Largest dump that is read, in bytes.</summary>
    public const int MaxDumpBytes = 16 * 1024 * 1024;

    /// <param name="dump">The detail field of the LOG notice, as received.</param>
    /// <param name="catalog">The target's facts.</param>
    public static AnalysisOutcome Analyze(ReadOnlySpan<byte> dump, TargetCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return dump.Length > MaxDumpBytes
            ? new AnalysisOutcome.Unreadable("the statement's query tree is larger than 16 MiB")
            : new AnalysisOutcome.Unreadable("the reader of query trees is not part of this build");
    }
}
