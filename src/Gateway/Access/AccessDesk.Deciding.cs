using System.Collections.Immutable;
using Sallyport.Gateway.Approvals;
using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Access;

/// <summary>The part in which requests are decided.</summary>
public sealed partial class AccessDesk
{
    /// <summary>Records what one person says about a request. A denial closes it; enough different people's consent makes it a grant.</summary>
    /// <param name="id">The request.</param>
    /// <param name="decider">Who decides; refused unless a human in the approver groups who has no part in the request.</param>
    /// <param name="answer">Yes or no.</param>
    /// <param name="reason">Free text for the requester; needed for a denial.</param>
    /// <param name="cancellationToken">Gives up before the decision is recorded.</param>
    public async ValueTask<AccessOutcome> DecideAsync(string id, Principal decider, ApprovalAnswer answer, string reason, CancellationToken cancellationToken)
    {
        if (FaultOfText(reason, isRequired: answer == ApprovalAnswer.Deny) is { } wrong)
        {
            return Invalid(wrong);
        }
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            if (await store.FindRequestAsync(id, cancellationToken) is not { } request)
            {
                return new AccessOutcome.NotFound();
            }
            if (!ApproverCheck.MayDecide(decider, RequesterOf(request), request.ApproverGroups, out var refusal))
            {
                await journal.DecisionRefusedAsync(request, decider, answer, AccessRefusal.NotAnApprover);
                return new AccessOutcome.Refused(AccessRefusal.NotAnApprover, refusal, "Ask a person in the approver groups to decide.");
            }
            var now = time.GetUtcNow();
            if (request.State != AccessRequestState.Pending || request.ExpiresAt <= now)
            {
                return ClosedAlready(request);
            }
            return answer == ApprovalAnswer.Approve && Obstacle(request, decider, now) is { } obstacle
                ? obstacle
                : await RecordAsync(request, decider, answer, reason, now);
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Whether this principal may decide on that request, whatever its state.</summary>
    public static bool MayDecide(AccessRequest request, Principal principal) =>
        ApproverCheck.MayDecide(principal, RequesterOf(request), request.ApproverGroups, out _);

    private static Requester RequesterOf(AccessRequest request) => new(request.Requester.Id, request.Requester.Issuer, request.Requester.Subject);

    private static AccessOutcome.Closed ClosedAlready(AccessRequest request) => new(
        request.State == AccessRequestState.Pending ? "The request has expired." : $"The request is already {request.State.ToString().ToLowerInvariant()}.",
        "Nothing is left to decide; the requester can ask again.");

    /// <summary>Why a consent cannot count now, or null.</summary>
    private AccessOutcome? Obstacle(AccessRequest request, Principal decider, DateTimeOffset now)
    {
        if (request.Decisions.Any(earlier => earlier.Issuer == decider.Issuer && earlier.Subject == decider.Subject))
        {
            return new AccessOutcome.Refused(AccessRefusal.AlreadyDecided, "You have agreed already; one person counts once.", "Another person has to decide.");
        }
        var rule = policy.Current.Access.Find(request.Rule);
        var isSame = rule is { IsAutomatic: false } && rule.Quorum == request.Quorum
            && rule.Approvers.Length == request.Approvers.Length && rule.Approvers.Zip(request.Approvers).All(static pair => pair.First.SequenceEqual(pair.Second));
        if (!isSame)
        {
            return new AccessOutcome.Refused(AccessRefusal.RuleChanged, $"Rule {request.Rule} was changed since the request was made.", "The requester can ask again.");
        }
        if (rule!.Refusal(request.Ask, now) is { } refusal)
        {
            return new AccessOutcome.Refused(AccessRefusal.RuleChanged, $"This cannot be given now: {refusal}.", "Decide later, or the requester asks for something else.");
        }
        var (from, until) = request.Ask.At(now);
        if (until <= from)
        {
            return new AccessOutcome.Closed("The time that was asked for is over.", "The requester can ask again.");
        }
        return request.Extends.Length > 0 && !_active.ContainsKey(request.Extends)
            ? new AccessOutcome.Closed($"Grant {request.Extends} is over and cannot be extended.", "The requester can ask for new access.")
            : null;
    }

    private async ValueTask<AccessOutcome> RecordAsync(AccessRequest request, Principal decider, ApprovalAnswer answer, string reason, DateTimeOffset now)
    {
        var decision = new AccessDecision(
            decider.Id, decider.Name, decider.Issuer, decider.Subject, answer, [.. request.ApproverGroups.Where(decider.Groups.Contains)], reason, now);
        var others = request.Decisions.Where(earlier => earlier.Issuer != decider.Issuer || earlier.Subject != decider.Subject);
        var decided = request with { Decisions = [.. others, decision] };
        AccessGrant? grant = null;
        if (answer == ApprovalAnswer.Deny)
        {
            decided = decided with { State = AccessRequestState.Denied, ClosedAt = now };
        }
        else if (Quorum.IsMet(request.Approvers, request.Quorum, decided.Decisions))
        {
            grant = GrantFor(decided, policy.Current.Access.Find(request.Rule)!, now);
            decided = decided with { State = AccessRequestState.Granted, ClosedAt = now, GrantId = grant.Id };
        }
        // Ledger first: a crash between the two leaves an open request, never a grant without its decision.
        await journal.DecidedAsync(decided, decider, answer, Commitment($"{request.Id}/{decider.Id}", reason));
        if (!await store.TryDecideAsync(decided, decision, grant, CancellationToken.None))
        {
            return ClosedAlready(decided);
        }
        if (grant is not null)
        {
            await BeginAsync(grant, decided);
        }
        if (decided.State != AccessRequestState.Pending)
        {
            Release(decided.Id);
        }
        return new AccessOutcome.OfRequest(decided, grant);
    }

    /// <summary>An automatic rule is the decider; the record says so.</summary>
    private async ValueTask<AccessOutcome> GiveByRuleAsync(AccessRequest request, AccessRule rule, DateTimeOffset now)
    {
        var grant = GrantFor(request, rule, now);
        var given = request with { State = AccessRequestState.Granted, ClosedAt = now, GrantId = grant.Id };
        await journal.DecidedAsync(given, by: null, ApprovalAnswer.Approve, []);
        if (!await store.TryCloseAsync(given, grant, CancellationToken.None))
        {
            return ClosedAlready(request);
        }
        await BeginAsync(grant, given);
        return new AccessOutcome.OfRequest(given, grant);
    }

    private AccessGrant GrantFor(AccessRequest request, AccessRule rule, DateTimeOffset now)
    {
        var (from, until) = request.Ask.At(now);
        var deciders = request.Decisions.Where(static decision => decision.Answer == ApprovalAnswer.Approve).ToList();
        ImmutableArray<string> ids = rule.IsAutomatic ? [$"rule:{rule.Name}"] : [.. deciders.Select(static decision => decision.Id)];
        if (request.Extends.Length > 0)
        {
            var earlier = _active[request.Extends];
            return earlier with { Grant = earlier.Grant with { Until = rule.Cut(now, until), Deciders = ids, RequestId = request.Id } };
        }
        var scope = request.Ask.Scope;
        return new AccessGrant
        {
            Grant = new Grant
            {
                Name = ReadableId.Create(AccessId.Grant),
                Target = request.Ask.Target,
                Principals = [new PrincipalMatch { Id = request.Requester.Id }],
                Allow = scope.Allow,
                Schemas = scope.Schemas,
                Tables = scope.Tables,
                Unmasked = scope.Unmasked,
                Never = scope.Never,
                From = from,
                Until = rule.Cut(from, until),
                Origin = GrantOrigin.Request,
                RequestId = request.Id,
                RunId = request.RunId,
                Deciders = ids,
            },
            Holder = request.Requester,
            Rule = rule.Name,
            GivenBy = rule.IsAutomatic ? $"rule {rule.Name}" : string.Join(", ", deciders.Select(static decision => decision.Name)),
            Reason = request.Reason,
            GrantedAt = now,
        };
    }
}
