namespace Sallyport.Gateway.Approvals;

/// <summary>How many rows a command that waits would touch, as far as that could be told without running it. Numbers and names of objects, never a value.</summary>
public sealed record RowMeasure
{
    /// <summary>Nobody tried to find out.</summary>
    public static readonly RowMeasure None = new();

    /// <summary>The planner's estimate: rows written, for a read rows returned. Null where there is none.</summary>
    public long? EstimatedRows { get; init; }

    /// <summary>What the estimate is about, such as <c>Update on counters by Index Scan</c>; empty without one.</summary>
    public string EstimatedBy { get; init; } = "";

    /// <summary>Why there is no estimate, as half a sentence; empty where there is one, or nobody tried.</summary>
    public string NoEstimate { get; init; } = "";

    /// <summary>Rows that the command wrote in a transaction that was rolled back; null where that was not done.</summary>
    public long? DryRunRows { get; init; }

    /// <summary>Why there was no dry run although the rule wants one, as half a sentence; empty otherwise.</summary>
    public string NoDryRun { get; init; } = "";

    /// <summary>There is no estimate.</summary>
    /// <param name="why">Half a sentence of the gateway's own words.</param>
    public static RowMeasure NotEstimated(string why) => new() { NoEstimate = why };
}
