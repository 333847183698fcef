namespace Sallyport.Gateway.Exports;

/// <summary>How an export does.</summary>
public sealed record ExportState
{
    /// <summary>Index of the next record to look at; everything before was taken.</summary>
    public long Next { get; init; }

    /// <summary>Records of the ledger that were not looked at yet.</summary>
    public long Waiting { get; init; }

    /// <summary>How long the receiver lacks what was recorded; zero when it lacks nothing.</summary>
    public TimeSpan Lag { get; init; }

    /// <summary>Whether that is longer than the export's alarm.</summary>
    public bool IsBehind { get; init; }

    /// <summary>Records that were taken since the export began in this process.</summary>
    public long Sent { get; init; }

    /// <summary>Failed attempts since the last that succeeded.</summary>
    public int Failing { get; init; }

    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>A code, or empty.</summary>
    public string LastProblem { get; init; } = "";

    public DateTimeOffset? LastProblemAt { get; init; }
}
