using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Configuration;

/// <summary>Reads <c>grants:</c>.</summary>
internal static class GrantBinder
{
    private static readonly string[] Grantable = ["read", "write", "ddl"];

    public static ImmutableArray<Grant> Bind(Section root, Binding binding, IReadOnlyCollection<TargetPolicy> facts)
    {
        var grants = ImmutableArray.CreateBuilder<Grant>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var section in root.Children("grants"))
        {
            var grant = BindOne(section, binding, facts, fallbackName: $"grant-{grants.Count + 1}");
            section.Finish();
            if (!names.Add(grant.Name))
            {
                section.Problem("name", $"grant {grant.Name} stands here a second time", "give each grant its own name");
            }
            grants.Add(grant);
        }
        return grants.ToImmutable();
    }

    /// <summary>Takes columns that have to be tagged at each of the targets.</summary>
    public static ImmutableArray<string> TaggedColumns(Section section, string key, ImmutableArray<string> targets, IReadOnlyCollection<TargetPolicy> facts)
    {
        var columns = ImmutableArray.CreateBuilder<string>();
        foreach (var text in section.Texts(key))
        {
            if (!QualifiedName.TrySplit(text.Value, 3, out var parts))
            {
                section.Problems.Add(text.Line, $"{text.Value} is not a column's name", "write schema.table.column");
                continue;
            }
            foreach (var target in targets.Where(target => facts.FirstOrDefault(known => known.Name == target)?.Phi.TagOf(parts[0], parts[1], parts[2]) is null))
            {
                section.Problems.Add(text.Line, $"{text.Value} has no tag at target {target}", "name a column that phi: lists there");
            }
            columns.Add(QualifiedName.Join(parts[0], parts[1], parts[2]));
        }
        return columns.ToImmutable();
    }

    private static Grant BindOne(Section section, Binding binding, IReadOnlyCollection<TargetPolicy> facts, string fallbackName)
    {
        var groups = section.Names("groups");
        var principals = binding.Principals(section, "principals");
        binding.Groups.UnionWith(groups);
        if (!section.Has("groups") && !section.Has("principals"))
        {
            section.Problems.Add(section.Line, "the grant is for nobody", "add groups: [...] or principals: [...]");
        }
        var target = Target(section, binding);
        var grant = new Grant
        {
            Name = RuleBinder.Name(section) ?? fallbackName,
            Target = target,
            Groups = groups,
            Principals = principals,
            Allow = Allow(section),
            Schemas = section.Names("schemas"),
            Tables = binding.Tables(section, "tables"),
            Never = target.Length == 0 ? section.Names("never") : TaggedColumns(section, "never", [target], facts),
            Unmasked = target.Length == 0 ? section.Names("unmasked") : TaggedColumns(section, "unmasked", [target], facts),
            From = section.Instant("from"),
            Until = section.Instant("until"),
        };
        CheckUnmasked(section, binding, new AccessScope { Allow = grant.Allow, Schemas = grant.Schemas, Tables = grant.Tables, Unmasked = grant.Unmasked, Never = grant.Never }, [target]);
        if (grant.From >= grant.Until)
        {
            section.Problem("until", "until is not after from", "give the grant some time");
        }
        return grant;
    }

    /// <summary>Notes what keeps columns from being shown as they are stored.</summary>
    public static void CheckUnmasked(Section section, Binding binding, AccessScope scope, ImmutableArray<string> targets)
    {
        if (scope.Unmasked.IsEmpty)
        {
            return;
        }
        if (scope.Unmasked.Length > AccessScope.MaxNames)
        {
            section.Problem("unmasked", $"more than {AccessScope.MaxNames} columns are to be unmasked", "show fewer");
        }
        if (!scope.Allow.Contains(CommandClass.Read))
        {
            section.Problem("unmasked", "columns are shown only to who may read", "add read to allow, or remove unmasked");
        }
        if (scope.Unmasked.FirstOrDefault(scope.Never.Contains) is { } both)
        {
            section.Problem("unmasked", $"{both} stands in unmasked and in never", "remove it from one of them");
        }
        if (scope.HiddenTable is { } table)
        {
            section.Problem("unmasked", $"a column of {table} is to be unmasked, and the table is not opened", "add it to tables or schemas");
        }
        if (targets.FirstOrDefault(binding.FloorTargets.Contains) is { } floor)
        {
            section.Problem("unmasked", $"target {floor} has mode: floor, so its database keeps tagged columns to itself", "remove unmasked, or use mode: lineage");
        }
    }

    private static string Target(Section section, Binding binding)
    {
        section.Require("target");
        var targets = section.Texts("target");
        if (targets.Length > 1)
        {
            section.Problem("target", "a grant is for one target", "write one grant for each");
        }
        return targets.Length > 0 && binding.Exists(targets[0], binding.Targets, "target") ? targets[0].Value : "";
    }

    /// <summary>Takes the classes a grant opens.</summary>
    public static ImmutableArray<CommandClass> Allow(Section section)
    {
        section.Require("allow");
        var allow = ImmutableArray.CreateBuilder<CommandClass>();
        foreach (var text in section.Texts("allow"))
        {
            if (Grantable.Contains(text.Value) && PolicyNames.TryParseClass(text.Value, out var commandClass))
            {
                allow.Add(commandClass);
            }
            else
            {
                var remedy = text.Value == "session" ? "remove it: any grant opens session control" : Spelling.Remedy(text.Value, Grantable);
                section.Problems.Add(text.Line, $"{text.Value} cannot be granted", remedy);
            }
        }
        return allow.ToImmutable();
    }
}
