using System.Collections.Immutable;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>The part in which grants begin and end.</summary>
public sealed partial class AccessDesk
{
    /// <summary>How often a sweep asks the store; grants in force are looked at every time.</summary>
    private static readonly TimeSpan StoreSweepEvery = TimeSpan.FromSeconds(2);

    private ImmutableDictionary<string, AccessGrant> _active = ImmutableDictionary<string, AccessGrant>.Empty;
    private DateTimeOffset _storeSweepDue;

    /// <summary>The grants in force or about to begin.</summary>
    public IEnumerable<AccessGrant> Active => _active.Values;

    /// <summary>Ends a grant at once. For humans who could have given it, operators, and the human it is for.</summary>
    /// <param name="grantId">The grant.</param>
    /// <param name="by">Who ends it.</param>
    /// <param name="isOperator">Whether <paramref name="by"/> runs this gateway.</param>
    /// <param name="reason">Why; the holder's sessions are told.</param>
    /// <param name="cancellationToken">Gives up before anything changes.</param>
    public async ValueTask<AccessOutcome> RevokeAsync(string grantId, Principal by, bool isOperator, string reason, CancellationToken cancellationToken)
    {
        if (FaultOfText(reason, isRequired: true) is { } wrong)
        {
            return Invalid(wrong);
        }
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            if (await store.FindGrantAsync(grantId, cancellationToken) is not { } grant)
            {
                return new AccessOutcome.NotFound();
            }
            if (by.Kind != PrincipalKind.Human || !(isOperator || MayRevoke(grant, by)))
            {
                return new AccessOutcome.Refused(
                    AccessRefusal.NotAnApprover, "Only operators, people who could have given the access, and the human it is for can revoke it.", "Ask one of them.");
            }
            if (!grant.IsActive)
            {
                return new AccessOutcome.Closed("The grant is already over.", "Nothing is left to revoke.");
            }
            var ended = await EndAsync(grant, "revoked", by.Name, reason, () => journal.RevokedAsync(grant, by, Commitment($"{grant.Id}/{by.Id}", reason)));
            return new AccessOutcome.OfGrant(ended);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Ends every grant that <paramref name="isMeant"/> picks, at once: of a run that is over, of a principal that is disabled.</summary>
    /// <param name="isMeant">Picks them.</param>
    /// <param name="code">Recorded, in kebab case, e.g. <c>run-ended</c>.</param>
    /// <param name="by">Name of the person who caused it, or empty.</param>
    /// <param name="cancellationToken">Gives up before anything changes.</param>
    /// <returns>How many ended.</returns>
    public async ValueTask<int> EndWhereAsync(Func<AccessGrant, bool> isMeant, string code, string by, CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var meant = _active.Values.Where(isMeant).ToList();
            foreach (var grant in meant)
            {
                await EndAsync(grant, code, by, note: "");
            }
            return meant.Count;
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Closes every pending request that <paramref name="isMeant"/> picks before its time, because nobody is left who may use the access.</summary>
    /// <returns>How many were closed.</returns>
    public async ValueTask<int> CloseWhereAsync(Func<AccessRequest, bool> isMeant, CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var pending = await store.ListRequestsAsync(new AccessRequestFilter(AccessRequestState.Pending, Viewer: null, options.MaxPending), cancellationToken);
            var meant = pending.Where(isMeant).ToList();
            foreach (var request in meant)
            {
                await ExpireAsync(request, time.GetUtcNow());
            }
            return meant.Count;
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Closes requests and grants whose time has passed, and looks which emergencies wait for a review.</summary>
    /// <returns>How many were closed.</returns>
    public async ValueTask<int> SweepAsync(CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            var over = _active.Values.Where(grant => grant.Grant.Until <= now).ToList();
            foreach (var grant in over)
            {
                await EndAsync(grant, "expired", by: "", note: "");
            }
            if (now < _storeSweepDue)
            {
                return over.Count;
            }
            _storeSweepDue = now + StoreSweepEvery;
            var closed = await ExpireRequestsAsync(now, cancellationToken);
            OpenReviews = await store.CountReviewsAsync(now, cancellationToken);
            return over.Count + closed;
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    private async ValueTask<int> ExpireRequestsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var overdue = await store.OverdueAsync(now, options.MaxExpiredPerSweep, cancellationToken);
        foreach (var request in overdue)
        {
            await ExpireAsync(request, now);
        }
        return overdue.Count;
    }

    private async ValueTask ExpireAsync(AccessRequest request, DateTimeOffset now)
    {
        var expired = request with { State = AccessRequestState.Expired, ClosedAt = now };
        await journal.DecidedAsync(expired, by: null, answer: null, []);
        await store.TryCloseAsync(expired, grant: null, CancellationToken.None);
        Release(request.Id);
    }

    /// <summary>Whether the principal could have given the access, or is the human it is for.</summary>
    public bool MayRevoke(AccessGrant grant, Principal principal)
    {
        if (principal.Kind != PrincipalKind.Human)
        {
            return false;
        }
        var rules = policy.Current.Access;
        var groups = grant.Grant.Origin == GrantOrigin.BreakGlass
            ? rules.BreakGlass.FirstOrDefault(rule => rule.Name == grant.Rule)?.Reviewers ?? []
            : rules.Find(grant.Rule)?.ApproverGroups ?? [];
        return groups.Any(principal.Groups.Contains) || (grant.Holder.Issuer == principal.Issuer && grant.Holder.Subject == principal.Subject);
    }

    /// <summary>Puts a stored grant in force, once its record is durable.</summary>
    private async ValueTask BeginAsync(AccessGrant grant, AccessRequest request)
    {
        if (request.Extends.Length > 0)
        {
            await journal.ExtendedAsync(grant, request.Id);
        }
        else
        {
            await journal.StartedAsync(grant, resumed: false);
        }
        _active = _active.SetItem(grant.Id, grant);
        PutInForce();
    }

    /// <summary>Ends a grant. What closes something takes effect before it is recorded: a ledger that fails stops every statement anyway.</summary>
    private async ValueTask<AccessGrant> EndAsync(AccessGrant grant, string code, string by, string note, Func<ValueTask>? cause = null)
    {
        var ended = grant with { EndedAt = time.GetUtcNow(), EndCode = code, EndedBy = by, EndNote = note };
        _active = _active.Remove(grant.Id);
        PutInForce();
        GrantEnded?.Invoke(ended);
        if (await store.TryEndAsync(ended, CancellationToken.None))
        {
            if (cause is not null)
            {
                await cause();
            }
            await journal.EndedAsync(ended);
            await store.EndRecordedAsync(grant.Id, CancellationToken.None);
        }
        return ended;
    }

    private void PutInForce() => policy.Grant([.. _active.Values.Select(static grant => grant.Grant)]);
}
