using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Protocols.Postgres.Engine;

/// <summary>
/// A client inside this process that hears of holds and refusals in parts, where others read the text of an error. Told on the session's
/// context, before the error itself goes out; must not wait.
/// </summary>
internal interface ICommandObserver
{
    /// <summary>How long to hold the command that asks now.</summary>
    /// <param name="ofRule">What its rule says.</param>
    TimeSpan HoldFor(TimeSpan ofRule);

    /// <summary>A command waits for a person.</summary>
    void Holding(CommandHold hold);

    /// <summary>A command was refused, or its result cut short.</summary>
    void Refused(CommandRefusal refusal);
}

/// <summary>A command that waits for a person.</summary>
/// <param name="ApprovalId">The request.</param>
/// <param name="Rule">The rule that asks.</param>
/// <param name="Url">Where people decide.</param>
public sealed record CommandHold(string ApprovalId, string Rule, string Url);

/// <summary>A refusal in its parts.</summary>
/// <param name="Rule">The rule, grant or check that refuses.</param>
/// <param name="Code">The recorded code: policy, analysis, approval-pending, approval-denied, approval-expired, approval-used, cancelled, too-large, meaning-changed, not-connected or <see cref="Cut"/>.</param>
/// <param name="Reason">Why, in a sentence; holds no literal and no value.</param>
/// <param name="Remedy">What to do instead; may be empty.</param>
public sealed record CommandRefusal(string Rule, string Code, string Reason, string Remedy)
{
    /// <summary>The command ran, and the rest of its rows is withheld.</summary>
    public const string Cut = "cut";

    /// <summary>The approval it waited for, or null.</summary>
    public string? ApprovalId { get; init; }

    /// <summary>The request for access that would open what is closed, or null.</summary>
    public AccessAsk? Access { get; init; }
}
