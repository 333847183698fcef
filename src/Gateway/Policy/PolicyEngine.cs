using System.Collections.Immutable;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>
/// Judges commands by the policy in force: the configuration's, with the grants that were asked for. Thread-safe; a reload swaps the whole
/// policy between two verdicts, a decision about access all of those grants.
/// </summary>
public sealed class PolicyEngine(PolicySnapshot initial, TimeProvider time)
{
    private readonly Lock _oneChangeAtATime = new();
    private volatile PolicySnapshot _current = initial;

    /// <summary>The policy in force. Take it once per decision when the verdict and the policy's hash must agree.</summary>
    public PolicySnapshot Current => _current;

    /// <summary>The instant by which it judges.</summary>
    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Puts another configuration's policy in force, as a whole, for every verdict from now on. Grants that were asked for stay.</summary>
    public void Activate(PolicySnapshot next)
    {
        lock (_oneChangeAtATime)
        {
            _current = _current.DynamicGrants.IsEmpty ? next : next.With(_current.DynamicGrants);
        }
    }

    /// <summary>Puts other grants that were asked for in force, all at once, for every verdict from now on.</summary>
    public void Grant(ImmutableArray<Grant> dynamicGrants)
    {
        lock (_oneChangeAtATime)
        {
            _current = _current.With(dynamicGrants);
        }
    }

    /// <summary>Whether the principal may open a session at a target at all; null when it may.</summary>
    public Verdict.Deny? MayConnect(Principal principal, string target) =>
        GrantCheck.Connect(_current.For(principal, target), principal, target, time.GetUtcNow());

    /// <summary>Whether the principal has an emergency grant at a target now.</summary>
    public bool HasBreakGlass(Principal principal, string target) => _current.For(principal, target).HasBreakGlass(time.GetUtcNow());

    /// <summary>The tagged columns a principal gets as they are stored at a target now.</summary>
    public UnmaskedColumns UnmaskedOf(Principal principal, string target) => _current.For(principal, target).UnmaskedAt(time.GetUtcNow());

    /// <summary>Judges one command by the policy in force.</summary>
    public Verdict Judge(Principal principal, Command command) => Judge(_current, principal, command);

    /// <summary>
    /// Judges one command by a given policy. Grants come first: no rule opens what no grant opens. Then the first rule that matches
    /// decides; without one the grant does.
    /// </summary>
    public Verdict Judge(PolicySnapshot policy, Principal principal, Command command)
    {
        var own = policy.For(principal, command.Target);
        var now = time.GetUtcNow();
        var opened = GrantCheck.Cover(own, principal, command, now);
        var verdict = opened is Verdict.Deny ? opened : ByRules(own, command, opened);
        if (verdict.Grant != opened.Grant)
        {
            verdict = verdict with { Grant = opened.Grant };
        }
        return verdict.IsBreakGlass == own.HasBreakGlass(now) ? verdict : verdict with { IsBreakGlass = !verdict.IsBreakGlass };
    }

    /// <summary>
    /// Judges a statement list as one: the first denial beats everything, else the first question, else the first permission.
    /// Callers that run statements one by one still judge each of them for itself.
    /// </summary>
    public Verdict JudgeAll(Principal principal, IReadOnlyList<Command> commands)
    {
        ArgumentOutOfRangeException.ThrowIfZero(commands.Count);
        var policy = _current;
        Verdict? strictest = null;
        foreach (var command in commands)
        {
            var verdict = Judge(policy, principal, command);
            if (verdict is Verdict.Deny)
            {
                return verdict;
            }
            if (strictest is null || (verdict is Verdict.Ask && strictest is Verdict.Allow))
            {
                strictest = verdict;
            }
        }
        return strictest!;
    }

    private static Verdict ByRules(PrincipalPolicy own, Command command, Verdict otherwise)
    {
        foreach (var rule in own.Rules)
        {
            if (rule.Matches(command, own.Phi))
            {
                return rule.Fixed ?? RuleDenial.Of(rule.Rule, command);
            }
        }
        return otherwise;
    }
}
