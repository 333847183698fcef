using System.Text.Json.Serialization;

namespace Sallyport.Api;

/// <summary>Where an approval request stands.</summary>
[JsonConverter(typeof(LowercaseEnumConverter<ApprovalState>))]
public enum ApprovalState
{
    /// <summary>Nobody has decided yet.</summary>
    Pending,

    /// <summary>A reviewer agreed; the command has not run yet.</summary>
    Approved,

    /// <summary>A reviewer refused.</summary>
    Denied,

    /// <summary>Nobody decided, or nobody used the approval, in time.</summary>
    Expired,

    /// <summary>Approved, and the command ran once.</summary>
    Used,
}

/// <summary>What an approval is good for.</summary>
[JsonConverter(typeof(LowercaseEnumConverter<ApprovalScope>))]
public enum ApprovalScope
{
    /// <summary>Exactly the command that waits, once.</summary>
    Once,

    /// <summary>The same statement with other constants and parameters, for a time.</summary>
    Plan,

    /// <summary>The same class of command on the same relations, for a time of the same run.</summary>
    Run,
}

/// <summary>One request that a person decide about one command. Holds no literal except in <see cref="Statement"/>.</summary>
public sealed record ApprovalResource
{
    /// <summary>The id, <c>apr_</c> and unguessable letters.</summary>
    public required string Id { get; init; }

    /// <summary>Where the request stands.</summary>
    public required ApprovalState State { get; init; }

    /// <summary>Name of the caller whose command waits.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>Whether that caller is a program or a person.</summary>
    public required CallerKind Kind { get; init; }

    /// <summary>The person the agent acts for, or empty.</summary>
    public string OnBehalfOf { get => field ?? ""; init; }

    /// <summary>The task the command belongs to, or empty.</summary>
    public string Run { get => field ?? ""; init; }

    /// <summary>The protected system.</summary>
    public required string Target { get; init; }

    /// <summary>The rule that asks.</summary>
    public required string Rule { get; init; }

    /// <summary><c>read</c>, <c>write</c>, <c>ddl</c> or <c>admin</c>.</summary>
    public required string Class { get; init; }

    /// <summary>What the command does, e.g. <c>update</c>, <c>delete</c>.</summary>
    public IReadOnlyList<string> Effects { get => field ?? []; init; }

    /// <summary>Relations the command touches, views expanded.</summary>
    public IReadOnlyList<RelationResource> Relations { get => field ?? []; init; }

    /// <summary>Tagged columns the command touches, as <c>schema.table.column</c>.</summary>
    public IReadOnlyList<string> PhiColumns { get => field ?? []; init; }

    /// <summary>Those of them that the command reads as they are stored.</summary>
    public IReadOnlyList<UnmaskedColumnResource> Unmasked { get => field ?? []; init; }

    /// <summary>The statement with every literal replaced by a typed placeholder.</summary>
    public required string Template { get; init; }

    /// <summary>The exact statement: only for those who may decide, and only while the gateway holds it in memory. Never store it.</summary>
    public string? Statement { get; init; }

    /// <summary>
    /// The planner's estimate when the command was held: rows it would write, for a read rows it would return. Only for those who may decide; absent
    /// where there is none.
    /// </summary>
    public long? EstimatedRows { get; init; }

    /// <summary>What the estimate is about: operation, relation and plan node, such as <c>Update on counters by Index Scan</c>.</summary>
    public string? EstimatedBy { get; init; }

    /// <summary>Why there is no estimate.</summary>
    public string? NoEstimate { get; init; }

    /// <summary>
    /// Rows the command wrote when the gateway ran it and rolled it back. Only where the rule has <c>dryRun</c>, and for those who may decide.
    /// </summary>
    public long? DryRunRows { get; init; }

    /// <summary>Why there was no dry run although the rule has <c>dryRun</c>.</summary>
    public string? NoDryRun { get; init; }

    /// <summary>The session whose command waits.</summary>
    public string Session { get => field ?? ""; init; }

    /// <summary>When the command was held.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the request (or the unused approval) ends by itself.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Name of the person who decided.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>When it was decided.</summary>
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>Why, in the decider's words.</summary>
    public string? Reason { get; init; }

    /// <summary>Longest time for which its plan may be approved, in seconds; 0 where the rule does not allow it.</summary>
    public int WidenPlanSeconds { get; init; }

    /// <summary>Longest time for which its class may be approved for its run, in seconds; 0 where the rule does not allow it.</summary>
    public int WidenRunSeconds { get; init; }

    /// <summary>What was approved.</summary>
    public ApprovalScope Scope { get; init; }

    /// <summary>When an approval of more than one command ends; absent for any other.</summary>
    public DateTimeOffset? StandsUntil { get; init; }

    /// <summary>Why it has ended: <c>expired</c>, <c>revoked</c>, <c>run-ended</c>, <c>rule-changed</c>, <c>policy-denied</c>; absent while it stands.</summary>
    public string? EndReason { get; init; }

    /// <summary>How many other commands ran by it since the gateway started; absent when it does not stand.</summary>
    public long? Uses { get; init; }

    /// <summary>
    /// The last commands of the run before this one, newest first, as far as the gateway remembers: since its start, 20 at most. Only where one request is asked for.
    /// </summary>
    public IReadOnlyList<EarlierCommandResource> Earlier { get => field ?? []; init; }

    /// <summary>Requests of the same run that were denied and touch some of the same relations: this may be a reworded form of them. Only where one request is asked for.</summary>
    public IReadOnlyList<string> DeniedBefore { get => field ?? []; init; }

    /// <summary>
    /// The newest command that was refused to the same run, by policy or a person, and that this one does again in these or other words. Only where one
    /// request is asked for; absent where there is none.
    /// </summary>
    public RewordingResource? RewordedFrom { get; init; }

    /// <summary>The page where a person decides.</summary>
    public string Url { get => field ?? ""; init; }
}

/// <summary>A refused command that a later one of the same run does again.</summary>
/// <param name="Rule">What asked or refused then.</param>
/// <param name="At">When it was asked or refused.</param>
/// <param name="SameTemplate">The two differ in nothing but constants, if at all; otherwise the text was changed.</param>
/// <param name="Approval">The request that a person denied; absent where policy refused.</param>
/// <param name="Record">Index of the refusal's record in the ledger; absent for what a person denied.</param>
public sealed record RewordingResource(string Rule, DateTimeOffset At, bool SameTemplate, string? Approval = null, long? Record = null);

/// <summary>One command of a run before the one that waits. Holds no literal.</summary>
/// <param name="At">When it was judged.</param>
/// <param name="Verdict"><c>allow</c>, <c>ask</c>, <c>deny</c>, or <c>standing</c>: let through by an approval of more than one command.</param>
/// <param name="Rule">What decided.</param>
/// <param name="Class"><c>read</c>, <c>write</c> or <c>ddl</c>.</param>
/// <param name="Effects">What it does.</param>
/// <param name="Relations">What it touches.</param>
/// <param name="PhiColumns">Tagged columns it touches.</param>
public sealed record EarlierCommandResource(
    DateTimeOffset At, string Verdict, string Rule, string Class, IReadOnlyList<string> Effects, IReadOnlyList<RelationResource> Relations, IReadOnlyList<string> PhiColumns);

/// <summary>A tagged column that a command reads as it is stored.</summary>
/// <param name="Column"><c>schema.table.column</c>.</param>
/// <param name="Grant">The grant that shows it.</param>
public sealed record UnmaskedColumnResource(string Column, string Grant);

/// <summary>One relation a command touches.</summary>
/// <param name="Schema">Schema name; may be empty.</param>
/// <param name="Name">Table or view name.</param>
/// <param name="Access"><c>read</c> or <c>write</c>.</param>
public sealed record RelationResource(string Schema, string Name, string Access);

/// <summary>Approval requests, newest first.</summary>
/// <param name="Items">The requests on this page.</param>
/// <param name="More">Whether more requests match than this page holds.</param>
public sealed record ApprovalPage(IReadOnlyList<ApprovalResource> Items, bool More);

/// <summary>A reviewer's consent, to exactly one command unless it says more.</summary>
/// <param name="Reason">Why, at most <see cref="ApiLimits.MaxReasonCharacters"/> characters; optional.</param>
/// <param name="Scope">What is approved; <see cref="ApprovalScope.Once"/> unless the rule allows more.</param>
/// <param name="ForSeconds">For how long, with any other scope.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record ApproveRequest(
    string? Reason = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ApprovalScope Scope = ApprovalScope.Once,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int ForSeconds = 0);

/// <summary>A reviewer's refusal.</summary>
/// <param name="Reason">Why, 1 to <see cref="ApiLimits.MaxReasonCharacters"/> characters; the requester reads it.</param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record DenyRequest(string Reason);
