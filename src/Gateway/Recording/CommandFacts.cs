using Sallyport.Gateway.Masking;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Recording;

/// <summary>What is recorded before a command reaches its target.</summary>
public readonly record struct IntentFacts
{
    public required EncodedCommand Command { get; init; }

    public required string PolicyHash { get; init; }

    /// <summary>The rule or grant that allowed it.</summary>
    public required string Rule { get; init; }

    /// <summary>The approval that allowed it, or null.</summary>
    public string? ApprovalId { get; init; }

    /// <summary>What that approval was given for.</summary>
    public ApprovalScope ApprovalScope { get; init; }

    /// <summary>Keyed commitment to the exact statement, or null where none is made.</summary>
    public byte[]? StatementCommitment { get; init; }

    /// <summary>The grant that was asked for and opens it, or empty.</summary>
    public string Grant { get => field ?? ""; init; }

    /// <summary>Whether its principal has an emergency grant at the target now.</summary>
    public bool IsBreakGlass { get; init; }

    /// <summary>An execution of a named prepared statement.</summary>
    public bool Prepared { get; init; }
}

/// <summary>What is recorded after a command.</summary>
public readonly record struct OutcomeFacts
{
    /// <summary>Index of the intent.</summary>
    public required long IntentIndex { get; init; }

    public required OutcomeStatus Status { get; init; }

    /// <summary>Five characters, or null. Error text is never recorded.</summary>
    public string? SqlState { get; init; }

    public long Rows { get; init; }

    /// <summary>Result bytes sent to the client.</summary>
    public long Bytes { get; init; }

    public long DurationMicroseconds { get; init; }

    public ReadOnlyMemory<MaskedCount> Masked { get; init; }
}

public enum OutcomeStatus
{
    Ok,
    Error,
    Cancelled,
    ConnectionLost,

    /// <summary>Allowed, but never run: an earlier statement of its batch failed, or its meaning changed before it could.</summary>
    Skipped,
}

/// <summary>How often a column was masked in one result.</summary>
/// <param name="Column">The column.</param>
/// <param name="Masked">Values replaced.</param>
/// <param name="Nulls">Values that were NULL already.</param>
public readonly record struct MaskedCount(MaskedColumn Column, long Masked, long Nulls);

/// <summary>What is recorded about a command that was refused.</summary>
public readonly record struct DenialFacts
{
    /// <summary>The command, or null when it could not be understood.</summary>
    public EncodedCommand? Command { get; init; }

    public required string PolicyHash { get; init; }

    /// <summary>The rule or check that refuses.</summary>
    public required string Rule { get; init; }

    /// <summary>A code such as <c>rule</c>, <c>no-grant</c>, <c>approval-expired</c>; not a sentence, which might quote the statement.</summary>
    public required string Reason { get; init; }

    /// <summary>What happened: <c>refused</c>, <c>halted</c> (the session is halted after an earlier refusal), <c>disconnected</c>, <c>cut</c> (rows past a limit).</summary>
    public string Action { get; init; }

    public string? ApprovalId { get; init; }

    public byte[]? StatementCommitment { get; init; }

    /// <summary>Whether its principal has an emergency grant at the target now.</summary>
    public bool IsBreakGlass { get; init; }
}

/// <summary>What is recorded about a statement that was explained and not run.</summary>
public readonly record struct ExplanationFacts
{
    /// <summary>The command, or null when it could not be understood.</summary>
    public EncodedCommand? Command { get; init; }

    public required string PolicyHash { get; init; }

    /// <summary><c>allow</c>, <c>ask</c>, <c>deny</c>, or <c>error</c> when the server does not accept the text.</summary>
    public required string Decision { get; init; }

    /// <summary>The rule, grant or check that would decide; empty for an error.</summary>
    public required string Rule { get; init; }

    /// <summary>Judged for somebody else than the session's principal.</summary>
    public bool ForOther { get; init; }
}

/// <summary>A pattern of inferences somebody should look at. Holds no value.</summary>
public readonly record struct AlarmFacts
{
    /// <summary>E.g. <c>prefix-walk</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The tagged column, or empty.</summary>
    public required string Column { get; init; }

    /// <summary>How much of it was seen within the last hour.</summary>
    public required int Count { get; init; }
}

/// <summary>An intent that has its place in the log.</summary>
/// <param name="Index">What the outcome refers to.</param>
/// <param name="Durable">Completes when the intent is on disk. Nothing that can change the target may be sent before. May be awaited at most once.</param>
public readonly record struct PendingIntent(long Index, ValueTask Durable);
