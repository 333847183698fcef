using System.Collections.Concurrent;
using System.Text;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>
/// Where access is asked for, given and ended. What opens something is in the ledger before it takes effect; what closes something takes
/// effect first. The grants in force are those of this desk and live in the policy engine as one list that is swapped as a whole.
/// </summary>
public sealed partial class AccessDesk(
    IAccessStore store,
    IAccessJournal journal,
    PolicyEngine policy,
    CommandIdentity commitments,
    AccessDeskOptions options,
    TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _oneChangeAtATime = new(1, 1);

    // One per request that somebody waits for; removed when the request is closed.
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _signals = new(StringComparer.Ordinal);

    /// <summary>Told about every grant that ended, after the policy judges without it. Must not wait.</summary>
    public Action<AccessGrant>? GrantEnded { get; set; }

    /// <summary>Told of every request that people have to decide, once it is stored. Must not wait.</summary>
    public Action<AccessRequest>? Requested { get; set; }

    /// <summary>Told of every emergency that was opened, once it is in force. Must not wait.</summary>
    public Action<AccessGrant>? EmergencyOpened { get; set; }

    /// <summary>Emergencies nobody has reviewed, as of the last sweep: all, and those overdue.</summary>
    public (int Open, int Overdue) OpenReviews { get; private set; }

    /// <summary>Puts the grants of the store in force again, ends those whose time passed meanwhile, and writes the records a crash kept back.</summary>
    public async ValueTask StartAsync(CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            foreach (var grant in await store.UnfinishedGrantsAsync(cancellationToken))
            {
                if (!grant.IsActive)
                {
                    await journal.EndedAsync(grant);
                    await store.EndRecordedAsync(grant.Id, cancellationToken);
                }
                else if (grant.Grant.Until <= time.GetUtcNow())
                {
                    await EndAsync(grant, "expired", by: "", note: "");
                }
                else
                {
                    await journal.StartedAsync(grant, resumed: true);
                    _active = _active.Add(grant.Id, grant);
                }
            }
            PutInForce();
            OpenReviews = await store.CountReviewsAsync(time.GetUtcNow(), cancellationToken);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Opens a request, finds the open one for exactly the same, or gives the access at once where the rule does so itself.</summary>
    /// <param name="requester">Who asks.</param>
    /// <param name="ask">What for.</param>
    /// <param name="thisRunOnly">Whether the grant is to be for the requester's run only.</param>
    /// <param name="reason">Why; required.</param>
    /// <param name="cancellationToken">Gives up before anything is recorded.</param>
    public async ValueTask<AccessOutcome> RequestAsync(Principal requester, AccessAsk ask, bool thisRunOnly, string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var snapshot = policy.Current;
        if (AccessAskCheck.Fault(ask, now) is { } fault)
        {
            return Invalid(fault);
        }
        if (FaultOfText(reason, isRequired: true) is { } wrong)
        {
            return Invalid(wrong);
        }
        if (thisRunOnly && requester.RunId.Length == 0)
        {
            return Invalid("Your token names no run, so the access cannot be for one only.");
        }
        if (snapshot.Access.Find(requester, ask, now, out var refusal) is not { } rule)
        {
            return new AccessOutcome.Refused(AccessRefusal.NoRule, $"Nobody can give this: {refusal}.", "Ask for less, or ask an operator of this gateway for an access rule.");
        }
        // Only now, so that strangers cannot find out which columns a target has tagged.
        if (AccessAskCheck.UntaggedColumn(ask.Scope, snapshot.PhiOf(ask.Target)) is { } untagged)
        {
            return Invalid($"{untagged} is not a tagged column of target \"{ask.Target}\"; only those can be named.");
        }
        return await OpenAsync(requester, ask, rule, snapshot.Hash, thisRunOnly ? requester.RunId : "", extends: "", reason, cancellationToken);
    }

    /// <summary>Asks for a grant of one's own to last longer. Those who could give it decide.</summary>
    /// <param name="requester">The grant's holder.</param>
    /// <param name="grantId">The grant.</param>
    /// <param name="until">Its new end; null where <paramref name="length"/> says by how much it moves.</param>
    /// <param name="length">What is added to its end.</param>
    /// <param name="reason">Why; required.</param>
    /// <param name="cancellationToken">Gives up before anything is recorded.</param>
    public async ValueTask<AccessOutcome> ExtendAsync(
        Principal requester, string grantId, DateTimeOffset? until, TimeSpan? length, string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (await store.FindGrantAsync(grantId, cancellationToken) is not { } grant)
        {
            return new AccessOutcome.NotFound();
        }
        if (grant.Holder.Id != requester.Id)
        {
            return new AccessOutcome.Refused(AccessRefusal.NotTheHolder, "Only who has the grant can ask for more time.", "Ask for access of your own.");
        }
        if (!grant.IsActive || grant.Grant.Until <= now || grant.Grant.Origin != GrantOrigin.Request)
        {
            return new AccessOutcome.Closed("Nothing of this grant can be extended: it is over, or an emergency's.", "Ask for new access with `sallyport access request`.");
        }
        var end = until ?? grant.Grant.Until!.Value + (length ?? TimeSpan.Zero);
        if (end <= grant.Grant.Until)
        {
            return Invalid("The new end is not after the old one.");
        }
        if (FaultOfText(reason, isRequired: true) is { } wrong)
        {
            return Invalid(wrong);
        }
        var ask = new AccessAsk { Target = grant.Grant.Target, Scope = ScopeOf(grant.Grant), Until = end };
        var snapshot = policy.Current;
        return snapshot.Access.Find(requester, ask, now, out var refusal) is { } rule
            ? await OpenAsync(requester, ask, rule, snapshot.Hash, grant.Grant.RunId, grant.Id, reason, cancellationToken)
            : new AccessOutcome.Refused(AccessRefusal.NoRule, $"Nobody can give this: {refusal}.", "Ask for less time.");
    }

    /// <summary>Waits at most <paramref name="patience"/> until a request is decided or expires.</summary>
    /// <returns>The request as it then stands; null when there is none of that id.</returns>
    public async Task<AccessRequest?> WaitAsync(string id, TimeSpan patience, CancellationToken cancellationToken)
    {
        // The signal exists before the state is read: a decision between the two completes it.
        var signal = _signals.GetOrAdd(id, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
        var request = await store.FindRequestAsync(id, cancellationToken);
        if (request?.State != AccessRequestState.Pending)
        {
            _signals.TryRemove(KeyValuePair.Create(id, signal));
            return request;
        }
        var wait = patience < options.MaxWait ? patience : options.MaxWait;
        try
        {
            await signal.Task.WaitAsync(wait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Still pending, or closed by somebody else just now: the store says which.
        }
        return await store.FindRequestAsync(id, cancellationToken);
    }

    public ValueTask<AccessRequest?> FindRequestAsync(string id, CancellationToken cancellationToken) => store.FindRequestAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<AccessRequest>> ListRequestsAsync(AccessRequestFilter filter, CancellationToken cancellationToken) =>
        store.ListRequestsAsync(filter, cancellationToken);

    public ValueTask<AccessGrant?> FindGrantAsync(string id, CancellationToken cancellationToken) => store.FindGrantAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<AccessGrant>> ListGrantsAsync(AccessGrantFilter filter, CancellationToken cancellationToken) =>
        store.ListGrantsAsync(filter, cancellationToken);

    public void Dispose() => _oneChangeAtATime.Dispose();

    private async ValueTask<AccessOutcome> OpenAsync(
        Principal requester, AccessAsk ask, AccessRule rule, string policyHash, string runId, string extends, string reason, CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            if (await FindSameAsync(requester, ask, runId, extends, cancellationToken) is { } existing)
            {
                return new AccessOutcome.OfRequest(existing, Grant: null);
            }
            if (await OverLimitAsync(requester, cancellationToken) is { } tooMany)
            {
                return tooMany;
            }
            var now = time.GetUtcNow();
            var request = new AccessRequest
            {
                Id = ReadableId.Create(AccessId.Request),
                State = AccessRequestState.Pending,
                Requester = ApprovalRequester.Of(requester),
                Ask = ask,
                RunId = runId,
                Extends = extends,
                Rule = rule.Name,
                Approvers = rule.Approvers,
                Quorum = rule.Quorum,
                PolicyHash = policyHash,
                Reason = reason,
                RequestedAt = now,
                ExpiresAt = now + rule.Expires,
            };
            await journal.RequestedAsync(request, Commitment(request.Id, reason));
            // From here the ledger knows the request: it is stored even when the caller has gone, and expires in its time.
            await store.AddRequestAsync(request, CancellationToken.None);
            if (rule.IsAutomatic)
            {
                return await GiveByRuleAsync(request, rule, now);
            }
            Requested?.Invoke(request);
            return new AccessOutcome.OfRequest(request, Grant: null);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    private async ValueTask<AccessRequest?> FindSameAsync(Principal requester, AccessAsk ask, string runId, string extends, CancellationToken cancellationToken)
    {
        var filter = new AccessRequestFilter(AccessRequestState.Pending, new ApprovalViewer(requester.Id, Issuer: null, Subject: null), options.MaxPendingPerRequester);
        var open = await store.ListRequestsAsync(filter, cancellationToken);
        return open.FirstOrDefault(request =>
            request.RunId == runId && request.Extends == extends && request.ExpiresAt > time.GetUtcNow() && AccessAskCheck.IsSame(request.Ask, ask));
    }

    private async ValueTask<AccessOutcome.Refused?> OverLimitAsync(Principal requester, CancellationToken cancellationToken)
    {
        var (ofRequester, total) = await store.CountPendingAsync(requester.Id, cancellationToken);
        if (ofRequester >= options.MaxPendingPerRequester || total >= options.MaxPending)
        {
            return new AccessOutcome.Refused(AccessRefusal.TooMany, "Too many requests for access wait already.", "Wait until some are decided.");
        }
        return _active.Count >= options.MaxGrants || _active.Values.Count(grant => grant.Holder.Id == requester.Id) >= options.MaxGrantsPerHolder
            ? new AccessOutcome.Refused(AccessRefusal.TooMany, "Too many grants are in force already.", "Wait until some end, or ask for one that covers more.")
            : null;
    }

    private static AccessScope ScopeOf(Grant grant) => new()
    {
        Allow = grant.Allow,
        Schemas = grant.Schemas,
        Tables = grant.Tables,
        Unmasked = grant.Unmasked,
        Never = grant.Never,
    };

    private static AccessOutcome.Refused Invalid(string message) => new(AccessRefusal.Invalid, message, "Change the request.");

    private string? FaultOfText(string text, bool isRequired)
    {
        if (isRequired && string.IsNullOrWhiteSpace(text))
        {
            return "A reason is needed; people read it before they decide.";
        }
        return text.Length > options.MaxReasonChars ? $"A reason has at most {options.MaxReasonChars} characters." : null;
    }

    /// <summary>Ties a text that people typed to its record without showing it: keyed, and salted with what it belongs to.</summary>
    private byte[] Commitment(string belongsTo, string text) =>
        text.Length == 0 ? [] : [.. commitments.Commit(Encoding.UTF8.GetBytes(belongsTo), Encoding.UTF8.GetBytes(text))];

    private void Release(string requestId)
    {
        if (_signals.TryRemove(requestId, out var signal))
        {
            signal.TrySetResult();
        }
    }
}
