using System.Collections.Immutable;

namespace Sallyport.Gateway.Policy;

/// <summary>What the policy knows about one target's database.</summary>
/// <param name="Name">The target's name.</param>
/// <param name="Phi">Its tagged columns.</param>
/// <param name="Functions">User functions the operator vouches for.</param>
public sealed record TargetPolicy(string Name, PhiMap Phi, ImmutableArray<DeclaredFunction> Functions)
{
    /// <summary>How far the columns of each tag may be used in conditions.</summary>
    public PredicateLevels Predicates { get; init; } = PredicateLevels.Standard;
}
