namespace Sallyport.Api;

/// <summary>One place that is told when somebody waits for a person.</summary>
public sealed record NotificationResource
{
    /// <summary>Its name in the configuration.</summary>
    public required string Name { get; init; }

    /// <summary><c>webhook</c>, <c>slack</c>, <c>teams</c> or <c>smtp</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What it is told of: <c>approval</c>, <c>access</c>, <c>break-glass</c>.</summary>
    public IReadOnlyList<string> Events { get => field ?? []; init; }

    /// <summary>Messages that wait.</summary>
    public int Queued { get; init; }

    /// <summary>Messages that were taken since the gateway started.</summary>
    public long Sent { get; init; }

    /// <summary>Messages that were given up, or that the queue had no room for.</summary>
    public long Lost { get; init; }

    /// <summary>Failed attempts since the last that succeeded; 0 is healthy.</summary>
    public int Failing { get; init; }

    /// <summary>When the last message was taken.</summary>
    public DateTimeOffset? LastSentAt { get; init; }

    /// <summary>Why the last attempt that failed did, in kebab case.</summary>
    public string? LastProblem { get; init; }

    /// <summary>When it did.</summary>
    public DateTimeOffset? LastProblemAt { get; init; }
}

/// <summary>All of them, in the order of the configuration.</summary>
/// <param name="Items">The places.</param>
public sealed record NotificationList(IReadOnlyList<NotificationResource> Items);

/// <summary>What became of a test message.</summary>
/// <param name="Sent">Whether it was taken.</param>
/// <param name="Problem">Why not, in kebab case.</param>
public sealed record NotificationTestResource(bool Sent, string? Problem = null);
