namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>What came of reading one dump of the server's rewritten query tree.</summary>
public abstract record AnalysisOutcome
{
    private AnalysisOutcome()
    {
    }

    /// <summary>The statement's meaning is known; <see cref="StatementAnalysis.Refusal"/> says whether its data flow may run at all.</summary>
    public sealed record Understood(StatementAnalysis Analysis) : AnalysisOutcome;

    /// <summary>
    /// The catalogue lacks facts. Run <see cref="TargetCatalog.QueryFor"/> on the same session and transaction, load the rows, analyse again;
    /// after <see cref="StatementAnalyzer.MaxFactRounds"/> rounds refuse the statement.
    /// </summary>
    public sealed record NeedsFacts(MissingFacts Missing) : AnalysisOutcome;

    /// <summary>The dump is not one this reader knows. The statement is denied.</summary>
    /// <param name="Reason">What was not understood; holds no value of the statement.</param>
    public sealed record Unreadable(string Reason) : AnalysisOutcome;
}
