using Sallyport.Evidence.Log;
using Sallyport.Evidence.Records;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Recording;

/// <summary>
/// Records of one session. Methods may be called from any thread, one record at a time. All of them throw
/// <see cref="LedgerUnavailableException"/> when nothing can be recorded, which means: refuse.
/// </summary>
public sealed partial class SessionRecorder
{
    private readonly RecordChain _chain;
    private readonly DiskGuard _disk;
    private long _intents;
    private long _outcomes;
    private long _denials;
    private long _rows;
    private long _maskedCells;
    private bool _ended;

    internal SessionRecorder(RecordChain chain, string sessionId, DiskGuard disk)
    {
        _chain = chain;
        _disk = disk;
        SessionId = sessionId;
    }

    public string SessionId { get; }

    /// <summary>Why the session ended, as recorded; empty while it goes on.</summary>
    public string EndReason { get; private set; } = "";

    /// <summary>What the records of the session add up to until now.</summary>
    public SessionTotals Totals
    {
        get
        {
            lock (_chain.Gate)
            {
                return new SessionTotals(_intents, _denials, _rows, _maskedCells, _chain.FirstIndex, _chain.LastIndex);
            }
        }
    }

    /// <summary>Records that a command is about to reach the target.</summary>
    public PendingIntent Intent(in IntentFacts facts)
    {
        _disk.AllowStatement();
        lock (_chain.Gate)
        {
            var line = Begin("intent"u8);
            line.Raw(facts.Command.Fields);
            line.Field("pol"u8, facts.PolicyHash);
            line.Field("decision"u8, facts.ApprovalId is null ? "allow" : "approved");
            line.Field("rule"u8, facts.Rule);
            WriteApproval(line, facts.ApprovalId, facts.StatementCommitment);
            WriteScope(line, facts.ApprovalScope);
            if (facts.Grant.Length > 0)
            {
                line.Field("grant"u8, facts.Grant);
            }
            MarkBreakGlass(line, facts.IsBreakGlass);
            if (facts.Prepared)
            {
                line.Field("prepared"u8, 1);
            }
            var appended = _chain.Append(line);
            _intents++;
            return new PendingIntent(appended.Index, appended.Durable);
        }
    }

    /// <summary>Records what came of an intent. Written with the next batch; a crash before leaves an <c>outcome.unknown</c>.</summary>
    public void Outcome(in OutcomeFacts facts)
    {
        lock (_chain.Gate)
        {
            _chain.AppendLazily(ComposeOutcome(facts));
            Count(facts);
        }
    }

    /// <summary>As <see cref="Outcome"/>, completing when the record is on disk.</summary>
    public ValueTask OutcomeAsync(in OutcomeFacts facts)
    {
        lock (_chain.Gate)
        {
            var appended = _chain.Append(ComposeOutcome(facts));
            Count(facts);
            return appended.Durable;
        }
    }

    /// <inheritdoc cref="DenyAsync(in DenialFacts, out long)"/>
    public ValueTask DenyAsync(in DenialFacts facts) => DenyAsync(facts, out _);

    /// <summary>Records a refusal; completes when it is on disk.</summary>
    /// <param name="facts">What was refused, and why.</param>
    /// <param name="index">The record's index in the ledger.</param>
    public ValueTask DenyAsync(in DenialFacts facts, out long index)
    {
        lock (_chain.Gate)
        {
            var line = Begin("deny"u8);
            if (facts.Command is null)
            {
                line.Field("class"u8, "unknown");
            }
            else
            {
                line.Raw(facts.Command.Fields);
            }
            line.Field("pol"u8, facts.PolicyHash);
            line.Field("decision"u8, "deny");
            line.Field("rule"u8, facts.Rule);
            line.Field("reason"u8, RecordText.Code(facts.Reason));
            line.Field("action"u8, RecordText.Code(facts.Action ?? "refused"));
            WriteApproval(line, facts.ApprovalId, facts.StatementCommitment);
            MarkBreakGlass(line, facts.IsBreakGlass);
            var appended = _chain.Append(line);
            index = appended.Index;
            _denials++;
            return appended.Durable;
        }
    }

    /// <summary>Records that a statement was explained and not run; completes when it is on disk.</summary>
    public ValueTask ExplainedAsync(in ExplanationFacts facts)
    {
        lock (_chain.Gate)
        {
            var line = Begin("explain"u8);
            if (facts.Command is null)
            {
                line.Field("class"u8, "unknown");
            }
            else
            {
                line.Raw(facts.Command.Fields);
            }
            line.Field("pol"u8, facts.PolicyHash);
            line.Field("decision"u8, RecordText.Code(facts.Decision));
            line.Field("rule"u8, facts.Rule);
            if (facts.ForOther)
            {
                line.Field("for_other"u8, 1);
            }
            return _chain.Append(line).Durable;
        }
    }

    /// <summary>Records an alarm. Written with the next batch.</summary>
    public void Alarm(in AlarmFacts facts)
    {
        lock (_chain.Gate)
        {
            var line = Begin("inference.alarm"u8);
            line.Field("alarm"u8, RecordText.Code(facts.Kind));
            if (facts.Column.Length > 0)
            {
                line.Field("col"u8, facts.Column);
            }
            line.Field("count"u8, facts.Count);
            _chain.AppendLazily(line);
        }
    }

    /// <summary>Records that the session gets a role of its own at the target; completes when it is on disk. The role is made after that.</summary>
    public ValueTask CredentialIssuedAsync(in CredentialFacts facts)
    {
        lock (_chain.Gate)
        {
            var line = Begin("credential.issue"u8);
            line.Field("role"u8, facts.Role);
            line.Raw(",\"valid_until\":\""u8);
            RecordClock.WriteTime(line, facts.ValidUntil);
            line.Raw("\""u8);
            line.Field("member_of"u8, string.Join(',', facts.MemberOf));
            line.Field("scope"u8, facts.Scope);
            line.Field("grants"u8, string.Join(',', facts.Grants));
            return _chain.Append(line).Durable;
        }
    }

    /// <summary>Records that the session's role gets the rights of other grants; completes when it is on disk.</summary>
    /// <param name="role">Its name.</param>
    /// <param name="scope">SHA-256 of its rights by grant.</param>
    /// <param name="grants">The grants in force for it.</param>
    public ValueTask CredentialChangedAsync(string role, string scope, IReadOnlyList<string> grants)
    {
        lock (_chain.Gate)
        {
            var line = Begin("credential.change"u8);
            line.Field("role"u8, role);
            line.Field("scope"u8, scope);
            line.Field("grants"u8, string.Join(',', grants));
            return _chain.Append(line).Durable;
        }
    }

    /// <summary>Records that the session's role is gone from the target.</summary>
    /// <param name="role">Its name.</param>
    /// <param name="reason">Why, in kebab case.</param>
    /// <param name="durable">Completes when the record is on disk.</param>
    /// <returns>False when the session's record has ended; then <see cref="Recorder.CredentialRevokedAsync"/> is the place.</returns>
    public bool TryCredentialRevoked(string role, string reason, out ValueTask durable)
    {
        lock (_chain.Gate)
        {
            durable = ValueTask.CompletedTask;
            if (_ended)
            {
                return false;
            }
            var line = Begin("credential.revoke"u8);
            line.Field("role"u8, role);
            line.Field("reason"u8, RecordText.Code(reason));
            durable = _chain.Append(line).Durable;
            return true;
        }
    }

    /// <summary>Records that a budget is used up. Written with the next batch.</summary>
    public void BudgetReached(in BudgetFacts facts)
    {
        lock (_chain.Gate)
        {
            var line = Begin("budget.reached"u8);
            line.Field("budget"u8, facts.Budget);
            line.Field("per"u8, facts.Per);
            line.Field("measure"u8, RecordText.Code(facts.Measure));
            line.Field("used"u8, facts.Used);
            line.Field("limit"u8, facts.Limit);
            line.Field("action"u8, facts.Action);
            _chain.AppendLazily(line);
        }
    }

    /// <summary>Records the end, with the counts that make the session complete; completes when it is on disk. Nothing can be recorded afterwards.</summary>
    /// <param name="reason">A code such as <c>client-closed</c>, <c>token-expired</c>, <c>shutdown</c>.</param>
    public ValueTask EndAsync(string reason)
    {
        lock (_chain.Gate)
        {
            if (_ended)
            {
                return ValueTask.CompletedTask;
            }
            var line = Begin("session.end"u8);
            line.Field("reason"u8, RecordText.Code(reason));
            line.Field("intents"u8, _intents);
            line.Field("outcomes"u8, _outcomes);
            line.Field("denials"u8, _denials);
            var appended = _chain.Append(line);
            _ended = true;
            EndReason = reason;
            return appended.Durable;
        }
    }

    internal static void WriteApproval(LineWriter line, string? approvalId, byte[]? commitment)
    {
        if (approvalId is not null)
        {
            line.Field("approval"u8, RecordText.Id(approvalId));
        }
        if (commitment is not null)
        {
            line.HexField("stmt_com"u8, commitment);
        }
    }

    /// <summary>Nothing for an approval of one command.</summary>
    internal static void WriteScope(LineWriter line, ApprovalScope scope)
    {
        if (scope != ApprovalScope.Once)
        {
            line.Field("scope"u8, scope == ApprovalScope.Plan ? "plan" : "run");
        }
    }

    private static void MarkBreakGlass(LineWriter line, bool isBreakGlass)
    {
        if (isBreakGlass)
        {
            line.Field("break_glass"u8, 1);
        }
    }

    private LineWriter Begin(ReadOnlySpan<byte> kind)
    {
        if (_ended)
        {
            throw new InvalidOperationException("The session's record has ended.");
        }
        return _chain.Begin(kind);
    }

    private void Count(in OutcomeFacts facts)
    {
        _outcomes++;
        _rows += facts.Rows;
        foreach (ref readonly var column in facts.Masked.Span)
        {
            _maskedCells += column.Masked;
        }
    }

    private LineWriter ComposeOutcome(in OutcomeFacts facts)
    {
        var line = Begin("outcome"u8);
        line.Field("intent"u8, facts.IntentIndex);
        line.Field("status"u8, NameOf(facts.Status));
        if (facts.SqlState is { Length: 5 })
        {
            line.Field("sqlstate"u8, facts.SqlState);
        }
        line.Field("rows"u8, facts.Rows);
        line.Field("bytes"u8, facts.Bytes);
        line.Field("dur_us"u8, facts.DurationMicroseconds);
        WriteMasked(line, facts.Masked.Span);
        return line;
    }

    private static string NameOf(OutcomeStatus status) => status switch
    {
        OutcomeStatus.Ok => "ok",
        OutcomeStatus.Error => "error",
        OutcomeStatus.Cancelled => "cancelled",
        OutcomeStatus.ConnectionLost => "connection-lost",
        OutcomeStatus.Skipped => "skipped",
        _ => throw new ArgumentOutOfRangeException(nameof(status)),
    };

    private static void WriteMasked(LineWriter line, ReadOnlySpan<MaskedCount> masked)
    {
        if (masked.IsEmpty)
        {
            return;
        }
        line.Raw(",\"mask\":["u8);
        for (var i = 0; i < masked.Length; i++)
        {
            ref readonly var count = ref masked[i];
            line.Raw(i == 0 ? "{\"col\":"u8 : ",{\"col\":"u8);
            line.Text(count.Column.Source);
            line.Field("tag"u8, count.Column.Tag);
            line.Field("kind"u8, MaskNames.Of(count.Column.Kind));
            line.Field("masked"u8, count.Masked);
            line.Field("nulls"u8, count.Nulls);
            line.Raw("}"u8);
        }
        line.Raw("]"u8);
    }
}

/// <summary>What one session did.</summary>
/// <param name="Statements">Commands that were let through.</param>
/// <param name="Denied">Commands that were refused.</param>
/// <param name="Rows">Rows that went to the client.</param>
/// <param name="MaskedCells">Cells that were masked in them.</param>
/// <param name="FirstIndex">Place of the session's first record in the log.</param>
/// <param name="LastIndex">Place of its newest record.</param>
public readonly record struct SessionTotals(long Statements, long Denied, long Rows, long MaskedCells, long FirstIndex, long LastIndex);
