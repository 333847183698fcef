namespace Sallyport.Api;

/// <summary>What one principal, run or session has used of one configured budget.</summary>
public sealed record BudgetResource
{
    /// <summary>The budget's name in the configuration.</summary>
    public required string Budget { get; init; }

    /// <summary>Whose use is added up: <c>principal</c>, <c>run</c> or <c>session</c>.</summary>
    public required string Per { get; init; }

    /// <summary>Name of the caller.</summary>
    public required string Principal { get; init; }

    /// <summary>The run, or empty.</summary>
    public string Run { get => field ?? ""; init; }

    /// <summary>When counting began.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it begins anew; null for never.</summary>
    public DateTimeOffset? RenewsAt { get; init; }

    /// <summary>What happens at the limit: <c>deny</c>, <c>ask</c> or <c>kill</c>.</summary>
    public required string AtLimit { get; init; }

    /// <summary>Whether any limit is reached.</summary>
    public required bool IsReached { get; init; }

    /// <summary>What is limited.</summary>
    public required IReadOnlyList<BudgetMeasureResource> Measures { get; init; }
}

/// <summary>One limit of a budget.</summary>
/// <param name="Name"><c>statements</c>, <c>rows</c>, <c>phi-cells</c>, <c>bytes</c>, <c>denials</c> (in a row) or <c>time</c> (milliseconds).</param>
/// <param name="Used">How much was used. After a crash of the gateway it may be too high, by at most a thirty-second of the limit.</param>
/// <param name="Limit">How much may be.</param>
public sealed record BudgetMeasureResource(string Name, long Used, long Limit);

/// <summary>Budgets, those nearest to a limit first.</summary>
/// <param name="Items">The budgets on this page.</param>
/// <param name="More">Whether there are others.</param>
public sealed record BudgetPage(IReadOnlyList<BudgetResource> Items, bool More);
