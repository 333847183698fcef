using System.Collections.Frozen;
using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>predicates:</c>, which says how a tag's columns may be used in conditions, and adds it to the facts about every target.</summary>
internal static class PredicatesBinder
{
    private const string DefaultKey = "default";

    private static readonly FrozenDictionary<string, PredicateLevel> Levels =
        Enum.GetValues<PredicateLevel>().ToFrozenDictionary(level => PolicyNames.Kebab(level.ToString()), StringComparer.Ordinal);

    public static ImmutableArray<TargetPolicy> Bind(Section root, Binding binding, ImmutableArray<TargetPolicy> targets)
    {
        var levels = new Dictionary<string, PredicateLevel>(StringComparer.Ordinal);
        var otherwise = PredicateLevels.Default;
        foreach (var entry in root.Entries("predicates"))
        {
            if (entry.Value is not ConfigurationNode.Text { Value: var name } || !Levels.TryGetValue(name, out var level))
            {
                var written = entry.Value is ConfigurationNode.Text text ? text.Value : "";
                binding.Problems.Add(entry.Line, $"the predicate level of {entry.Key} does not exist", Spelling.Remedy(written, Levels.Keys.Order()));
            }
            else if (entry.Key == DefaultKey)
            {
                otherwise = level;
            }
            else if (binding.Exists(new ConfigurationNode.Text(entry.Key, entry.Line), binding.Tags, "tag"))
            {
                levels[entry.Key] = level;
            }
        }

        var bound = new PredicateLevels(levels, otherwise);
        return [.. targets.Select(target => target with { Predicates = bound })];
    }
}
