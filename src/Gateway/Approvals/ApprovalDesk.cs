using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>
/// Where commands wait for a human. A request, a decision and an expiry are in the ledger before they take effect; an approval runs one command once;
/// nothing here runs a command by itself.
/// </summary>
public sealed partial class ApprovalDesk(
    IApprovalStore store,
    IApprovalJournal journal,
    CommandIdentity identity,
    ApprovalDeskOptions options,
    TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _oneChangeAtATime = new(1, 1);

    private readonly ShownStatements _statements = new(options.MaxShownStatementBytes, options.MaxShownBytes);
    private readonly Lock _statementsLock = new();

    // One per approval that somebody waits for; removed when the approval is decided or expires, so never more than pending approvals.
    private readonly ConcurrentDictionary<string, TaskCompletionSource<ApprovalDecision>> _signals = new(StringComparer.Ordinal);

    /// <summary>What the runs did before, for reviewers.</summary>
    public RunHistories Histories { get; } = new();

    /// <summary>Told of every new request, once it is stored; set before the first one. Must not wait.</summary>
    public Action<Approval>? Requested { get; set; }

    /// <summary>Opens a request, or finds the open one for the same command of the same requester and run. Durable in ledger and store on return.</summary>
    /// <exception cref="ApprovalLimitException">Too many requests are pending.</exception>
    public async ValueTask<ApprovalTicket> RequestAsync(ApprovalQuestion question, CancellationToken cancellationToken)
    {
        // The question's buffers are the caller's: read before the first wait.
        var digest = identity.Digest(question);
        var shown = _statements.Read(question);
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var existing = await FindSameAsync(question, digest, cancellationToken);
            var approval = existing ?? await OpenAsync(question, digest, cancellationToken);
            lock (_statementsLock)
            {
                _statements.Keep(approval.Id, shown);
            }
            return new(approval.Id, UrlOf(approval.Id), approval.State, approval.ExpiresAt, approval.Commitment, Attached: existing is not null);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Whether <see cref="RequestAsync"/> would open a new request, instead of attaching to an open one or refusing.</summary>
    public async ValueTask<bool> IsNewAsync(ApprovalQuestion question, CancellationToken cancellationToken) =>
        await FindSameAsync(question, identity.Digest(question), cancellationToken) is null && await LimitAsync(question, cancellationToken) is null;

    /// <summary>Waits at most <paramref name="hold"/> for a decision. Wakes at once; costs one timer meanwhile.</summary>
    public Task<ApprovalDecision> WaitAsync(ApprovalTicket ticket, TimeSpan hold, CancellationToken cancellationToken) =>
        WaitAsync(ticket.Id, hold, cancellationToken);

    /// <inheritdoc cref="WaitAsync(ApprovalTicket, TimeSpan, CancellationToken)"/>
    /// <exception cref="KeyNotFoundException">There is no such approval.</exception>
    public async Task<ApprovalDecision> WaitAsync(string id, TimeSpan hold, CancellationToken cancellationToken)
    {
        // The signal exists before the state is read: a decision between the two completes it.
        var signal = _signals.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var approval = await store.FindAsync(id, cancellationToken);
        if (approval?.State != ApprovalState.Pending)
        {
            _signals.TryRemove(KeyValuePair.Create(id, signal));
            return DecisionOf(approval ?? throw new KeyNotFoundException($"There is no approval {id}."));
        }
        var untilExpiry = approval.ExpiresAt - time.GetUtcNow();
        var wait = Shorter(Shorter(hold, options.MaxWait), untilExpiry);
        try
        {
            return await signal.Task.WaitAsync(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return approval.ExpiresAt > time.GetUtcNow() ? new ApprovalDecision.StillPending() : await ExpireNowAsync(id, cancellationToken);
        }
    }

    /// <summary>Uses an approval for one execution. Durable on return: after true, no later call for this approval returns true, over restarts too.</summary>
    public async ValueTask<bool> RedeemAsync(ApprovalTicket ticket, string sessionId, CancellationToken cancellationToken = default)
    {
        var redeemed = await store.TryRedeemAsync(ticket.Id, sessionId, time.GetUtcNow(), cancellationToken);
        if (redeemed)
        {
            Forget(ticket.Id);
        }
        return redeemed;
    }

    /// <inheritdoc cref="DecideAsync(string, Principal, ApprovalAnswer, string, ApprovalReach, CancellationToken)"/>
    public ValueTask<DecisionOutcome> DecideAsync(
        string id, Principal decider, ApprovalAnswer answer, string reason, CancellationToken cancellationToken) =>
        DecideAsync(id, decider, answer, reason, ApprovalReach.Once, cancellationToken);

    /// <summary>Records a human's decision and then releases who waits for it.</summary>
    /// <param name="id">The approval.</param>
    /// <param name="decider">Who decides; refused unless a human in the approver groups who has no part in the request.</param>
    /// <param name="answer">The decision.</param>
    /// <param name="reason">Free text for the requester, at most <see cref="ApprovalDeskOptions.MaxReasonChars"/>; may be empty.</param>
    /// <param name="reach">How far an approval reaches; without a meaning for a denial.</param>
    /// <param name="cancellationToken">Gives up before the decision is recorded.</param>
    public async ValueTask<DecisionOutcome> DecideAsync(
        string id, Principal decider, ApprovalAnswer answer, string reason, ApprovalReach reach, CancellationToken cancellationToken)
    {
        if (reason.Length > options.MaxReasonChars)
        {
            return new DecisionOutcome.Refused(DecisionOutcome.Refused.ReasonTooLong, $"A reason has at most {options.MaxReasonChars} characters.");
        }
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var approval = await store.FindAsync(id, cancellationToken);
            if (approval is null)
            {
                return new DecisionOutcome.NotFound();
            }
            if (!ApproverCheck.MayDecide(decider, RequesterOf(approval), approval.Approvers, out var refusal))
            {
                await journal.DecisionRefusedAsync(approval, answer, decider, refusal);
                return new DecisionOutcome.Refused(DecisionOutcome.Refused.NotAnApprover, refusal);
            }
            var now = time.GetUtcNow();
            if (approval.State != ApprovalState.Pending || approval.ExpiresAt <= now)
            {
                return new DecisionOutcome.Closed(approval);
            }
            if (answer == ApprovalAnswer.Approve && ReachRefusal(approval, reach) is { } tooFar)
            {
                return new DecisionOutcome.Refused(DecisionOutcome.Refused.ScopeNotAllowed, tooFar);
            }
            var decided = Decided(approval, decider, answer, reason, now);
            return await RecordDecisionAsync(decided.State == ApprovalState.Approved ? Reaching(decided, reach, now) : decided, decider);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Closes requests and unused approvals whose time has passed.</summary>
    /// <returns>How many were closed.</returns>
    public async ValueTask<int> ExpireOverdueAsync(CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var overdue = await store.OverdueAsync(time.GetUtcNow(), options.MaxExpiredPerSweep, cancellationToken);
            foreach (var approval in overdue)
            {
                await ExpireAsync(approval, cancellationToken);
            }
            return overdue.Count + await EndOverAsync();
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Closes pending requests before their time, because nobody is left who may run the command.</summary>
    /// <returns>How many were closed.</returns>
    public async ValueTask<int> CloseWhereAsync(Func<Approval, bool> isMeant, CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var pending = await store.ListAsync(new ApprovalFilter(ApprovalState.Pending, Viewer: null, options.MaxPending), cancellationToken);
            var meant = pending.Where(isMeant).ToList();
            foreach (var approval in meant)
            {
                await journal.ExpiredAsync(approval);
                await store.TryExpireAsync(approval.Id, approval.ExpiresAt, cancellationToken);
                Release(approval with { State = ApprovalState.Expired });
            }
            return meant.Count;
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    public ValueTask<Approval?> FindAsync(string id, CancellationToken cancellationToken) => store.FindAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<Approval>> ListAsync(ApprovalFilter filter, CancellationToken cancellationToken) =>
        store.ListAsync(filter, cancellationToken);

    /// <summary>Whether this principal may decide on that request, whatever its state.</summary>
    public bool MayDecide(Approval approval, Principal principal) => ApproverCheck.MayDecide(principal, RequesterOf(approval), approval.Approvers, out _);

    /// <summary>The exact text of an open request, or null: it lives in memory only and is gone after a restart until the command is repeated.</summary>
    public ShownStatement? StatementOf(string id)
    {
        lock (_statementsLock)
        {
            return _statements.Find(id);
        }
    }

    public Uri UrlOf(string id) => new(options.PublicUrl, $"/approvals/{id}");

    public void Dispose()
    {
        _oneChangeAtATime.Dispose();
        identity.Dispose();
    }

    private async ValueTask<Approval?> FindSameAsync(ApprovalQuestion question, ImmutableArray<byte> digest, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var open = await store.OpenForAsync(question.Requester.Id, question.Requester.RunId, question.Command.Target, cancellationToken);
        return open.FirstOrDefault(approval => approval.ExpiresAt > now && identity.Matches(approval, digest.AsSpan()));
    }

    private async ValueTask<Approval> OpenAsync(ApprovalQuestion question, ImmutableArray<byte> digest, CancellationToken cancellationToken)
    {
        if (await LimitAsync(question, cancellationToken) is { } limit)
        {
            throw new ApprovalLimitException(limit);
        }
        var approval = Describe(question, digest);
        await journal.RequestedAsync(approval, question.Command);
        // From here the ledger knows the request: it is stored even when the caller has gone, and expires in its time.
        await store.AddAsync(approval, CancellationToken.None);
        Requested?.Invoke(approval);
        return approval;
    }

    /// <summary>Why no further request can be opened; null when one can.</summary>
    private async ValueTask<string?> LimitAsync(ApprovalQuestion question, CancellationToken cancellationToken)
    {
        var (ofRequester, total) = await store.CountPendingAsync(question.Requester.Id, cancellationToken);
        return ofRequester >= options.MaxPendingPerRequester
            ? $"You already have {ofRequester} commands that wait for approval; wait until some are decided."
            : total >= options.MaxPending ? "Too many commands wait for approval at this gateway; try again later." : null;
    }

    private Approval Describe(ApprovalQuestion question, ImmutableArray<byte> digest)
    {
        var now = time.GetUtcNow();
        var salt = RandomNumberGenerator.GetBytes(CommandIdentity.SaltBytes);
        var command = question.Command;
        return new Approval
        {
            Id = question.Id.Length > 0 ? question.Id : ApprovalId.Create(),
            State = ApprovalState.Pending,
            Requester = ApprovalRequester.Of(question.Requester),
            Target = command.Target,
            SessionId = question.SessionId,
            Rule = question.Verdict.Rule,
            PolicyHash = question.PolicyHash,
            Approvers = question.Verdict.Approvers,
            Template = command.Template,
            Class = command.Class,
            Effects = command.Effects,
            Unbounded = command.Unbounded,
            Relations = command.Relations,
            PhiColumns = command.PhiColumns,
            Unmasked = command.Unmasked,
            Functions = command.Functions,
            Salt = [.. salt],
            Commitment = identity.Commit(salt, digest.AsSpan()),
            Plan = question.Plan.IsEmpty ? [] : identity.Commit(salt, identity.PlanDigest(question.Requester, command, question.Plan.Span).AsSpan()),
            Widen = question.Verdict.Widen,
            Measure = question.Measure,
            RequestedAt = now,
            ExpiresAt = now + question.Verdict.Expires,
        };
    }

    private Approval Decided(Approval approval, Principal decider, ApprovalAnswer answer, string reason, DateTimeOffset now)
    {
        var useUntil = now + options.MinUseWindow;
        return approval with
        {
            State = answer == ApprovalAnswer.Approve ? ApprovalState.Approved : ApprovalState.Denied,
            ExpiresAt = answer == ApprovalAnswer.Approve && useUntil > approval.ExpiresAt ? useUntil : approval.ExpiresAt,
            DecidedBy = decider.Id,
            DecidedByName = decider.Name,
            DecidedAt = now,
            Reason = reason,
        };
    }

    private async ValueTask<DecisionOutcome> RecordDecisionAsync(Approval decided, Principal decider)
    {
        // Ledger first: a crash between the two leaves a pending request, never an approval without its record.
        await journal.DecidedAsync(decided, decider);
        if (!await store.TryDecideAsync(decided, CancellationToken.None))
        {
            return new DecisionOutcome.Closed(decided);
        }
        Stand(decided);
        Release(decided);
        return new DecisionOutcome.Recorded(decided);
    }

    private async ValueTask<ApprovalDecision> ExpireNowAsync(string id, CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var approval = await store.FindAsync(id, cancellationToken) ?? throw new KeyNotFoundException($"There is no approval {id}.");
            if (approval.State != ApprovalState.Pending)
            {
                return DecisionOf(approval);
            }
            await ExpireAsync(approval, cancellationToken);
            return new ApprovalDecision.Expired();
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    private async ValueTask ExpireAsync(Approval approval, CancellationToken cancellationToken)
    {
        // Redeeming needs time left, so nothing can use the approval between the two steps.
        await journal.ExpiredAsync(approval);
        await store.TryExpireAsync(approval.Id, time.GetUtcNow(), cancellationToken);
        Release(approval with { State = ApprovalState.Expired });
    }

    private void Forget(string id)
    {
        lock (_statementsLock)
        {
            _statements.Forget(id);
        }
    }

    private void Release(Approval closed)
    {
        if (closed.State != ApprovalState.Approved)
        {
            Forget(closed.Id);
        }
        if (_signals.TryRemove(closed.Id, out var signal))
        {
            signal.TrySetResult(DecisionOf(closed));
        }
    }

    private static ApprovalDecision DecisionOf(Approval approval) => approval.State switch
    {
        ApprovalState.Approved or ApprovalState.Used => new ApprovalDecision.Approved(approval.DecidedByName),
        ApprovalState.Denied => new ApprovalDecision.Denied(approval.DecidedByName, approval.Reason),
        ApprovalState.Expired => new ApprovalDecision.Expired(),
        _ => new ApprovalDecision.StillPending(),
    };

    private static Requester RequesterOf(Approval approval) => new(approval.Requester.Id, approval.Requester.Issuer, approval.Requester.Subject);

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
