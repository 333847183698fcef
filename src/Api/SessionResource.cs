using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>Whether a session still runs.</summary>
[JsonConverter(typeof(LowercaseEnumConverter<SessionState>))]
public enum SessionState
{
    /// <summary>Connected now.</summary>
    Live,

    /// <summary>Over.</summary>
    Ended,
}

/// <summary>One client connection to one target.</summary>
public sealed record SessionResource
{
    /// <summary>The session id used in the ledger.</summary>
    public required string Id { get; init; }

    /// <summary>The protected system.</summary>
    public required string Target { get; init; }

    /// <summary>Name of the caller.</summary>
    public required string Principal { get; init; }

    /// <summary>Program or person.</summary>
    public required CallerKind Kind { get; init; }

    /// <summary>The person the agent acts for, or empty.</summary>
    public string OnBehalfOf { get => field ?? ""; init; }

    /// <summary>The task the session belongs to, or empty.</summary>
    public string Run { get => field ?? ""; init; }

    /// <summary>When it was admitted.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it is live.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why it ended; null while it is live.</summary>
    public string? EndReason { get; init; }

    /// <summary>Address the client came from.</summary>
    public string Client { get => field ?? ""; init; }

    /// <summary>Commands that were let through.</summary>
    public required long Statements { get; init; }

    /// <summary>Commands that were refused.</summary>
    public required long Denied { get; init; }

    /// <summary>Rows that went to the client.</summary>
    public required long Rows { get; init; }

    /// <summary>Cells that were masked.</summary>
    public required long MaskedCells { get; init; }

    /// <summary>Ledger index of the session's first record.</summary>
    public long? FirstIndex { get; init; }

    /// <summary>Ledger index of the session's last record so far.</summary>
    public long? LastIndex { get; init; }
}

/// <summary>Sessions, newest first.</summary>
/// <param name="Items">The sessions on this page.</param>
/// <param name="Next">What to pass as <c>before</c> for the next page; null on the last page.</param>
public sealed record SessionPage(IReadOnlyList<SessionResource> Items, string? Next = null);

/// <summary>An operator's order to end a session at once.</summary>
/// <param name="Reason">Why, 1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters; recorded, and shown to the client.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record KillRequest(string Reason);
