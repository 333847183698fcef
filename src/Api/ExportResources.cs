namespace Sallyport.Api;

/// <summary>One place that gets a copy of the ledger's records.</summary>
public sealed record ExportResource
{
    /// <summary>Its name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary><c>ndjson</c>, <c>webhook</c>, <c>syslog</c>, <c>splunk</c>, <c>otlp</c>, <c>fhir</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What records are written as: <c>record</c>, <c>ocsf</c>, <c>rfc5424</c>, <c>cef</c>, <c>otlp</c>, <c>audit-event</c>.</summary>
    public required string Format { get; init; }

    /// <summary><c>up-to-date</c>, <c>sending</c>, <c>failing</c>, or <c>behind</c> for longer than its alarm allows.</summary>
    public required string State { get; init; }

    /// <summary>Index of the next record; everything before was taken.</summary>
    public long Next { get; init; }

    /// <summary>Records of the ledger it has not looked at yet.</summary>
    public long Waiting { get; init; }

    /// <summary>For how many seconds the receiver lacks what was recorded.</summary>
    public long LagSeconds { get; init; }

    /// <summary>Records that were taken since the gateway started or its configuration changed.</summary>
    public long Sent { get; init; }

    /// <summary>Failed attempts since the last that succeeded; 0 is healthy.</summary>
    public int Failing { get; init; }

    /// <summary>When records were taken last.</summary>
    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>Why the last attempt that failed did, in kebab case.</summary>
    public string? LastProblem { get; init; }

    /// <summary>When it did.</summary>
    public DateTimeOffset? LastProblemAt { get; init; }
}

/// <summary>All of them, in the order of the configuration.</summary>
/// <param name="Items">The exports.</param>
public sealed record ExportList(IReadOnlyList<ExportResource> Items);
