using Sallyport.Gateway.Identity;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Approvals;

/// <summary>
/// Approvals of more than one command. Such a one answers the question of its own rule and no other, so it never opens what policy forbids, and it
/// ends for good with its time, its run, its rule, or by a person.
/// </summary>
public sealed partial class ApprovalDesk
{
    private readonly StandingApprovals _standing = new();

    /// <summary>Reads at the start what stood before.</summary>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var approval in await store.StandingAsync(options.MaxStanding, cancellationToken))
        {
            _standing.Add(approval);
        }
    }

    /// <summary>The standing approval that answers a rule's question about a command, or null. Counts as a use of it.</summary>
    /// <param name="requester">Whose command it is.</param>
    /// <param name="command">The command.</param>
    /// <param name="question">What the policy in force asks about it.</param>
    /// <param name="plan">As in <see cref="ApprovalQuestion.Plan"/>.</param>
    public Approval? UseStanding(Principal requester, Command command, Verdict.Ask question, ReadOnlySpan<byte> plan)
    {
        foreach (var standing in _standing.Of(requester.Id))
        {
            if (Stands(standing) && Answers(standing.Approval, question) && Covers(standing.Approval, requester, command, plan))
            {
                standing.Used();
                return standing.Approval;
            }
        }
        return null;
    }

    /// <summary>The policy in force forbids a command: what was approved about it before ends, also for a policy that would ask about it again.</summary>
    public void Forbidden(Principal requester, Command command, ReadOnlySpan<byte> plan)
    {
        foreach (var standing in _standing.Of(requester.Id))
        {
            if (Covers(standing.Approval, requester, command, plan))
            {
                // Recorded by the next sweep: a refusal has its own record, and must not wait for this one.
                standing.EndNow(StandingEnd.Denied);
            }
        }
    }

    /// <summary>How many other commands ran by a standing approval since the gateway started; null when it does not stand.</summary>
    public long? UsesOf(string id) => _standing.Find(id) is { } standing && Stands(standing) ? standing.Uses : null;

    /// <summary>Ends a standing approval before its time.</summary>
    /// <param name="id">The approval.</param>
    /// <param name="by">Who ends it: whoever may decide it, or an operator.</param>
    /// <param name="isOperator">Whether that person is one.</param>
    /// <param name="cancellationToken">Gives up before anything is recorded.</param>
    public async ValueTask<DecisionOutcome> RevokeAsync(string id, Principal by, bool isOperator, CancellationToken cancellationToken)
    {
        await _oneChangeAtATime.WaitAsync(cancellationToken);
        try
        {
            var approval = await store.FindAsync(id, cancellationToken);
            if (approval is null)
            {
                return new DecisionOutcome.NotFound();
            }
            if (by.Kind != PrincipalKind.Human || !(isOperator || MayDecide(approval, by)))
            {
                return new DecisionOutcome.Refused(DecisionOutcome.Refused.NotAnApprover, "Only those who may decide about a request, and operators, end its approval.");
            }
            if (_standing.Find(id) is not { } standing || !Stands(standing))
            {
                return new DecisionOutcome.Closed(approval);
            }
            standing.EndNow(StandingEnd.Revoked);
            return new DecisionOutcome.Recorded(await EndAsync(standing, by));
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    /// <summary>Ends what stands for a run.</summary>
    public Task EndRunAsync(string runId, Principal by) => EndAllAsync(approval => approval.Requester.RunId == runId, StandingEnd.RunEnded, by);

    /// <summary>Ends what another policy's rules no longer allow.</summary>
    public Task PolicyChangedAsync(PolicySnapshot policy) =>
        EndAllAsync(
            approval => !policy.Rules.Any(rule =>
                rule is { Decision: RuleDecision.Ask }
                && Answers(approval, new Verdict.Ask(rule.Name, rule.Approvers, rule.Hold, rule.Expires) { Widen = rule.Widen })),
            StandingEnd.RuleChanged,
            by: null);

    private bool Stands(StandingApproval standing) => standing.End is null && standing.Approval.StandsUntil > time.GetUtcNow();

    /// <summary>Whether it was given to the very question: same rule, same people, and no more time than the rule allows now.</summary>
    private static bool Answers(Approval approval, Verdict.Ask question) =>
        question.By == approval.Rule
        && approval.StandsUntil - approval.DecidedAt <= question.Widen.Longest(approval.Scope)
        && question.Approvers.ToHashSet(StringComparer.Ordinal).SetEquals(approval.Approvers);

    private bool Covers(Approval approval, Principal requester, Command command, ReadOnlySpan<byte> plan) =>
        approval.Requester.Id == requester.Id
        && approval.Requester.RunId == requester.RunId
        && approval.Target == command.Target
        && approval.Scope switch
        {
            ApprovalScope.Plan => !plan.IsEmpty && !approval.Plan.IsEmpty && identity.MatchesPlan(approval, identity.PlanDigest(requester, command, plan).AsSpan()),
            ApprovalScope.Run => ApprovalCover.HasSameClass(approval, command),
            _ => false,
        };

    /// <summary>Why an approval may not reach so far; null when it may.</summary>
    private string? ReachRefusal(Approval approval, ApprovalReach reach)
    {
        if (reach.Scope == ApprovalScope.Once)
        {
            return null;
        }
        var longest = approval.Widen.Longest(reach.Scope);
        var name = reach.Scope == ApprovalScope.Plan ? "this plan" : "this class in this run";
        if (longest == TimeSpan.Zero)
        {
            return $"Rule {approval.Rule} does not let anybody approve {name}; approve once.";
        }
        if (reach.For <= TimeSpan.Zero || reach.For > longest)
        {
            return $"Rule {approval.Rule} lets {name} be approved for at most {longest.TotalMinutes:0.#} minutes.";
        }
        if (reach.Scope == ApprovalScope.Plan ? approval.Plan.IsEmpty : !ApprovalCover.HasClass(approval))
        {
            return "It cannot be told which other commands would be like this one; approve once.";
        }
        if (reach.Scope == ApprovalScope.Run && approval.Requester.RunId.Length == 0)
        {
            return "The request belongs to no run; approve once, or this plan.";
        }
        return _standing.Of(approval.Requester.Id).Length >= options.MaxStandingPerRequester || _standing.Count >= options.MaxStanding
            ? "Too many approvals of more than one command stand already; revoke some, or approve once."
            : null;
    }

    private static Approval Reaching(Approval decided, ApprovalReach reach, DateTimeOffset now) =>
        reach.Scope == ApprovalScope.Once ? decided : decided with { Scope = reach.Scope, StandsUntil = now + reach.For };

    private void Stand(Approval decided)
    {
        if (decided.StandsUntil is not null)
        {
            _standing.Add(decided);
        }
    }

    /// <summary>Records the end of what has ended by itself. The caller holds the desk.</summary>
    private async ValueTask<int> EndOverAsync()
    {
        var over = _standing.All.Where(standing => !Stands(standing)).Take(options.MaxExpiredPerSweep).ToList();
        foreach (var standing in over)
        {
            standing.EndNow(StandingEnd.Expired);
            await EndAsync(standing, by: null);
        }
        return over.Count;
    }

    private async Task EndAllAsync(Func<Approval, bool> isMeant, string reason, Principal? by)
    {
        await _oneChangeAtATime.WaitAsync();
        try
        {
            var meant = _standing.All.Where(standing => isMeant(standing.Approval)).ToList();
            // In force for all of them first, whatever the record does.
            meant.ForEach(standing => standing.EndNow(reason));
            foreach (var standing in meant)
            {
                await EndAsync(standing, by);
            }
        }
        finally
        {
            _oneChangeAtATime.Release();
        }
    }

    private async ValueTask<Approval> EndAsync(StandingApproval standing, Principal? by)
    {
        var ended = standing.Approval with { StoodUntil = time.GetUtcNow(), EndReason = standing.End! };
        // Stored first: a crash between the two leaves an end without its record, never an approval that comes back.
        await store.TryEndStandingAsync(ended, CancellationToken.None);
        await journal.StandingEndedAsync(ended, standing.Uses, by);
        _standing.Remove(standing);
        return await store.FindAsync(ended.Id, CancellationToken.None) ?? ended;
    }
}
