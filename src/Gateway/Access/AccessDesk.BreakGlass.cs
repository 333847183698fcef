using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>The part for emergencies: opened by one person alone, reviewed by another afterwards.</summary>
public sealed partial class AccessDesk
{
    /// <summary>Opens what the first <c>breakGlass:</c> entry for this person and target fixes, at once.</summary>
    /// <param name="opener">A human of the named groups.</param>
    /// <param name="target">Where.</param>
    /// <param name="reason">Why; required.</param>
    /// <param name="cancellationToken">Gives up before anything is recorded.</param>
    public async ValueTask<AccessOutcome> BreakGlassAsync(Principal opener, string target, string reason, CancellationToken cancellationToken)
    {
        if (FaultOfText(reason, isRequired: true) is { } wrong)
        {
            return Invalid(wrong);
        }
        if (policy.Current.Access.BreakGlass.FirstOrDefault(entry => entry.IsFor(opener, target)) is not { } rule)
        {
            return new AccessOutcome.Refused(
                AccessRefusal.NoRule, $"No emergency access to target \"{target}\" is meant for you.", "Ask for access with `sallyport access request`, or call somebody who may open it.");
        }
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (_active.Values.FirstOrDefault(open => open.Grant.Origin == GrantOrigin.BreakGlass && open.Rule == rule.Name && open.Holder.Id == opener.Id && open.Grant.HoldsAt(now)) is { } open)
            {
                return new AccessOutcome.OfGrant(open);
            }
            if (_active.Count >= options.MaxGrants)
            {
                return new AccessOutcome.Refused(AccessRefusal.TooMany, "Too many grants are in force already.", "End some first.");
            }
            var grant = Emergency(opener, rule, reason, now);
            await journal.EmergencyOpenedAsync(grant, rule, Commitment(grant.Id, reason));
            await store.AddGrantAsync(grant, CancellationToken.None);
            await journal.StartedAsync(grant, resumed: false);
            _active = _active.SetItem(grant.Id, grant);
            PutInForce();
            EmergencyOpened?.Invoke(grant);
            OpenReviews = await store.CountReviewsAsync(now, CancellationToken.None);
            return new AccessOutcome.OfGrant(grant);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Closes the open work of an emergency. Not for who opened it, nor for agents.</summary>
    /// <param name="grantId">The emergency's grant.</param>
    /// <param name="reviewer">A human of the reviewers' groups.</param>
    /// <param name="note">What was found; required.</param>
    /// <param name="cancellationToken">Gives up before anything is recorded.</param>
    public async ValueTask<AccessOutcome> ReviewAsync(string grantId, Principal reviewer, string note, CancellationToken cancellationToken)
    {
        if (FaultOfText(note, isRequired: true) is { } wrong)
        {
            return Invalid(wrong);
        }
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            if (await store.FindGrantAsync(grantId, cancellationToken) is not { } grant || grant.Review is not { } review)
            {
                return new AccessOutcome.NotFound();
            }
            if (!MayReview(grant, reviewer, out var refusal))
            {
                await journal.ReviewRefusedAsync(grant, reviewer, AccessRefusal.NotAReviewer);
                return new AccessOutcome.Refused(AccessRefusal.NotAReviewer, refusal, "Ask a person of the reviewers' groups who did not open it.");
            }
            if (!review.IsOpen)
            {
                return new AccessOutcome.Closed("Somebody has reviewed it already.", "Nothing is left to do.");
            }
            var now = time.GetUtcNow();
            if (grant.IsActive && grant.Grant.HoldsAt(now))
            {
                return new AccessOutcome.Closed("The emergency is still open.", "Review it when it has ended, or revoke it first.");
            }
            var reviewed = grant with { Review = review with { By = reviewer.Name, At = now, Note = note } };
            await journal.ReviewedAsync(reviewed, reviewer, Commitment($"{grant.Id}/{reviewer.Id}", note));
            if (!await store.TryReviewAsync(reviewed, CancellationToken.None))
            {
                return new AccessOutcome.Closed("Somebody has reviewed it already.", "Nothing is left to do.");
            }
            OpenReviews = await store.CountReviewsAsync(now, CancellationToken.None);
            return new AccessOutcome.OfGrant(reviewed);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    private bool MayReview(AccessGrant grant, Principal reviewer, out string refusal)
    {
        // An entry that is gone by now leaves its reviewers to nobody but those of the entries that are there.
        var rules = policy.Current.Access.BreakGlass;
        var groups = rules.FirstOrDefault(rule => rule.Name == grant.Rule)?.Reviewers ?? [.. rules.SelectMany(static rule => rule.Reviewers).Distinct(StringComparer.Ordinal)];
        var opener = new Requester(grant.Holder.Id, grant.Holder.Issuer, grant.Holder.Subject);
        if (ApproverCheck.MayDecide(reviewer, opener, groups, out _))
        {
            refusal = "";
            return true;
        }
        refusal = groups.Length == 0
            ? "Nobody is named to review this emergency any more."
            : $"An emergency is reviewed by a human of {string.Join(" or ", groups)} who did not open it.";
        return false;
    }

    private static AccessGrant Emergency(Principal opener, BreakGlassRule rule, string reason, DateTimeOffset now) => new()
    {
        Grant = new Grant
        {
            Name = ReadableId.Create(AccessId.Grant),
            Target = rule.Target,
            Principals = [new PrincipalMatch { Id = opener.Id }],
            Allow = rule.Scope.Allow,
            Schemas = rule.Scope.Schemas,
            Tables = rule.Scope.Tables,
            Unmasked = rule.Scope.Unmasked,
            From = now,
            Until = now + rule.Length,
            Origin = GrantOrigin.BreakGlass,
            Deciders = [opener.Id],
        },
        Holder = ApprovalRequester.Of(opener),
        Rule = rule.Name,
        GivenBy = opener.Name,
        Reason = reason,
        GrantedAt = now,
        Review = new AccessReview(now + rule.ReviewWithin),
    };
}
