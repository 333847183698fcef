using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>phi:</c>, and makes the facts about every target of them.</summary>
internal static partial class PhiBinder
{
    /// <summary>Stands in place of a tag for a column that holds nothing protected.</summary>
    private const string NoTag = "none";

    public static ImmutableArray<TargetPolicy> Bind(Section root, Binding binding)
    {
        var columns = new Dictionary<string, List<PhiColumn>>(StringComparer.Ordinal);
        foreach (var entry in root.Entries("phi"))
        {
            if (IsTarget(entry, binding))
            {
                columns[entry.Key] = Columns(entry, binding);
            }
        }
        var (masks, otherwise) = MasksBinder.Bind(root, binding);
        var functions = FunctionsBinder.Bind(root, binding);
        return
        [
            .. binding.Targets.Select(target => new TargetPolicy(
                target,
                columns.TryGetValue(target, out var all)
                    ? new PhiMap(all.Where(static c => c.Tag != NoTag), masks, otherwise) { Clean = [.. all.Where(static c => c.Tag == NoTag)] }
                    : PhiMap.Empty,
                functions.GetValueOrDefault(target, []))),
        ];
    }

    private static bool IsTarget(ConfigurationNode.Entry entry, Binding binding) =>
        binding.Exists(new ConfigurationNode.Text(entry.Key, entry.Line), binding.Targets, "target");

    private static List<PhiColumn> Columns(ConfigurationNode.Entry target, Binding binding)
    {
        var columns = new List<PhiColumn>();
        if (target.Value is not ConfigurationNode.Map map)
        {
            binding.Problems.Add(target.Line, $"phi.{target.Key} is not a map", "write schema.table.column: TAG entries below it");
            return columns;
        }
        var seen = new HashSet<(string, string, string)>();
        foreach (var entry in map.Entries)
        {
            if (!QualifiedName.TrySplit(entry.Key, 3, out var name))
            {
                binding.Problems.Add(entry.Line, $"{entry.Key} is not a column's name", "write schema.table.column");
            }
            else if (entry.Value is not ConfigurationNode.Text { Value: var tag } || (tag != NoTag && !TagForm.IsMatch(tag)))
            {
                binding.Problems.Add(entry.Line, $"the tag of {entry.Key} is not a tag's name", "write capital letters, digits and _, such as MRN, or none");
            }
            else if (!seen.Add((name[0], name[1], name[2])))
            {
                binding.Problems.Add(entry.Line, $"{entry.Key} is tagged a second time", "remove one");
            }
            else
            {
                if (tag != NoTag)
                {
                    binding.Tags.Add(tag);
                }
                columns.Add(new PhiColumn(name[0], name[1], name[2], tag));
            }
        }
        return columns;
    }

    [GeneratedRegex(@"\A[A-Z][A-Z0-9_]{0,31}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex TagForm { get; }
}
