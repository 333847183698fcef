using System.Collections.Frozen;

namespace Sallyport.Gateway.Policy;

/// <summary>The predicate level of each tag.</summary>
public sealed class PredicateLevels(IReadOnlyDictionary<string, PredicateLevel> levels, PredicateLevel otherwise)
{
    /// <summary>The level of tags without a line of their own, where the configuration names no default.</summary>
    public const PredicateLevel Default = PredicateLevel.Equality;

    /// <summary>The levels of a configuration without <c>predicates:</c>.</summary>
    public static readonly PredicateLevels Standard = new(FrozenDictionary<string, PredicateLevel>.Empty, Default);

    private readonly FrozenDictionary<string, PredicateLevel> _levels = levels.ToFrozenDictionary(StringComparer.Ordinal);

    public PredicateLevel For(string tag) => _levels.TryGetValue(tag, out var level) ? level : otherwise;
}
