using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Sallyport.Gateway.Identity;

namespace Sallyport.Gateway.Policy;

/// <summary>One version of the whole policy. Immutable: a reload makes a new one, and every verdict can name the version that gave it.</summary>
public sealed class PolicySnapshot
{
    private readonly FrozenDictionary<string, TargetPolicy> _targets;
    private readonly ImmutableArray<CompiledGrant> _grants;
    private ImmutableArray<CompiledGrant> _dynamicGrants = [];
    private readonly ImmutableArray<CompiledRule> _rules;
    private ConditionalWeakTable<Principal, PrincipalPolicies> _principals = [];

    /// <param name="hash">SHA-256 of the configuration this policy comes from, as 64 lower-case hexadecimal digits.</param>
    /// <param name="targets">Every target; a grant on any other name opens nothing.</param>
    /// <param name="grants">What is open.</param>
    /// <param name="rules">Read top to bottom.</param>
    public PolicySnapshot(string hash, IEnumerable<TargetPolicy> targets, IEnumerable<Grant> grants, IEnumerable<Rule> rules)
    {
        Hash = hash;
        Grants = [.. grants];
        Rules = [.. rules];
        _targets = targets.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);
        _grants = [.. Grants.Select(g => new CompiledGrant(g))];
        _rules = [.. Rules.Select(r => new CompiledRule(r))];
    }

    /// <summary>Names this version in the ledger. Grants that were asked for do not change it: they have records of their own.</summary>
    public string Hash { get; }

    /// <summary>The standing grants of the configuration.</summary>
    public ImmutableArray<Grant> Grants { get; }

    /// <summary>The grants somebody asked for, also those whose time is over and which nobody has taken out yet.</summary>
    public ImmutableArray<Grant> DynamicGrants { get; private set; } = [];

    public ImmutableArray<Rule> Rules { get; }

    /// <summary>How much permitted commands may tell about tagged columns.</summary>
    public InferencePolicy Inference { get; init; } = InferencePolicy.Default;

    /// <summary>Who may ask for more, and who decides.</summary>
    public AccessRules Access { get; init; } = AccessRules.None;

    /// <summary>How much principals, runs and sessions may use.</summary>
    public ImmutableArray<UsageBudget> Budgets { get; init; } = [];

    public IEnumerable<TargetPolicy> Targets => _targets.Values;

    /// <summary>The facts about a target, or null when there is no such target.</summary>
    public TargetPolicy? Target(string name) => _targets.GetValueOrDefault(name);

    /// <summary>The tagged columns of a target; empty when it has none.</summary>
    public PhiMap PhiOf(string target) => Target(target)?.Phi ?? PhiMap.Empty;

    /// <summary>The grants of a principal at an instant, for the ledger's "grants in force" and for the API.</summary>
    public IEnumerable<Grant> GrantsOf(Principal principal, DateTimeOffset instant) =>
        _grants.Concat(_dynamicGrants).Where(g => g.IsFor(principal) && g.Grant.HoldsAt(instant)).Select(g => g.Grant);

    /// <summary>The same policy with other grants that were asked for.</summary>
    public PolicySnapshot With(ImmutableArray<Grant> dynamicGrants)
    {
        // A clone, so that whatever else a policy says goes along without being listed here.
        var next = (PolicySnapshot)MemberwiseClone();
        next.DynamicGrants = dynamicGrants;
        next._dynamicGrants = [.. dynamicGrants.Select(g => new CompiledGrant(g))];
        next._principals = [];
        return next;
    }

    /// <summary>What of this policy concerns one principal at one target. Kept as long as the principal lives.</summary>
    internal PrincipalPolicy For(Principal principal, string target) =>
        // Looked up first without a factory, whose closure would be allocated for every verdict.
        (_principals.TryGetValue(principal, out var known) ? known : _principals.GetValue(principal, p => new PrincipalPolicies(this, p))).At(target);

    private PrincipalPolicy Select(Principal principal, string target) =>
        _targets.TryGetValue(target, out var facts)
            ? new PrincipalPolicy(
                facts.Phi,
                // The configuration's come first: what they open is no use of a grant that was asked for.
                [.. _grants.Concat(_dynamicGrants).Where(g => g.Grant.Target == target && g.IsFor(principal))],
                [.. _rules.Where(r => r.Concerns(principal, target))],
                Access)
            : PrincipalPolicy.Closed;

    /// <summary>The policies of one principal, by target. A principal sees few targets, so a short array is searched.</summary>
    private sealed class PrincipalPolicies(PolicySnapshot snapshot, Principal principal)
    {
        private const int MaxRemembered = 16;

        private volatile KeyValuePair<string, PrincipalPolicy>[] _known = [];

        public PrincipalPolicy At(string target)
        {
            var known = _known;
            foreach (var (name, policy) in known)
            {
                if (name == target)
                {
                    return policy;
                }
            }
            var selected = snapshot.Select(principal, target);
            if (known.Length < MaxRemembered)
            {
                // Two racing writers may drop one entry; it is then computed again.
                _known = [.. known, new(target, selected)];
            }
            return selected;
        }
    }
}

/// <summary>What concerns one principal at one target: enough to judge without looking at anybody else's grants.</summary>
internal sealed record PrincipalPolicy(PhiMap Phi, ImmutableArray<CompiledGrant> Grants, ImmutableArray<CompiledRule> Rules, AccessRules Access)
{
    public static readonly PrincipalPolicy Closed = new(PhiMap.Empty, [], [], AccessRules.None);

    private readonly ImmutableArray<CompiledGrant> _showing = [.. Grants.Where(static grant => grant.Unmasked.Length > 0 && grant.Allows(CommandClass.Read))];

    private volatile ShownFor? _shown;

    /// <summary>The tagged columns the principal gets as they are stored now. None for nearly everybody, which costs nothing.</summary>
    public UnmaskedColumns UnmaskedAt(DateTimeOffset now)
    {
        if (_showing.IsEmpty)
        {
            return UnmaskedColumns.None;
        }
        if (_shown is not { } known || now < known.From || now >= known.Until)
        {
            // A racing writer may put an older one here; it is then worked out again.
            _shown = known = Show(now);
        }
        return known.Columns;
    }

    private ShownFor Show(DateTimeOffset now)
    {
        var columns = _showing.Where(grant => grant.Grant.HoldsAt(now)).SelectMany(static grant => grant.Unmasked).Where(shown => Phi.TagOf(shown.Column) is not null);
        var changes = _showing.SelectMany(static grant => new[] { grant.Grant.From, grant.Grant.Until }).Where(instant => instant > now);
        return new ShownFor(new UnmaskedColumns(columns), now, changes.Min() ?? DateTimeOffset.MaxValue);
    }

    /// <summary>What is shown from one instant to before another, at which a grant begins or ends.</summary>
    private sealed record ShownFor(UnmaskedColumns Columns, DateTimeOffset From, DateTimeOffset Until);

    /// <summary>Whether the principal has an emergency grant now.</summary>
    public bool HasBreakGlass(DateTimeOffset now)
    {
        foreach (var grant in Grants)
        {
            if (grant.Grant.Origin == GrantOrigin.BreakGlass && grant.Grant.HoldsAt(now))
            {
                return true;
            }
        }
        return false;
    }
}
