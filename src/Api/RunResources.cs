namespace Sallyport.Api;

/// <summary>One task of an agent, as its sessions show it.</summary>
public sealed record RunResource
{
    /// <summary>The token's <c>run_id</c>.</summary>
    public required string Run { get; init; }

    /// <summary>Name of the agent.</summary>
    public required string Principal { get; init; }

    /// <summary>The person it acts for, or empty.</summary>
    public string OnBehalfOf { get => field ?? ""; init; }

    /// <summary>When its first session began.</summary>
    public required DateTimeOffset FirstAt { get; init; }

    /// <summary>When its newest session began.</summary>
    public required DateTimeOffset LastAt { get; init; }

    /// <summary>All its sessions.</summary>
    public required long Sessions { get; init; }

    /// <summary>Those that are live.</summary>
    public required long Live { get; init; }
}

/// <summary>Runs, newest first.</summary>
/// <param name="Items">The runs on this page.</param>
/// <param name="More">Whether there are older ones.</param>
public sealed record RunPage(IReadOnlyList<RunResource> Items, bool More);
